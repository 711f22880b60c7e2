// Finished work on disk, so that a run that was killed can go on: one append-only file per rank.
//
// A record is one JSON line {"work":[dataset,begin,end,weight],"ledger":n,"summary":m,"xxh3":"..."}
// followed by n + m bytes. A torn last record (the process was killed while writing) fails its
// digest and is left out: that work is done again.
//
// Sums that are as large as the data they are made of are not written piece by piece. They are kept
// by checkpoints: files that appear whole, {"works":[[dataset,begin,end,weight],...],...} with all
// that a rank has finished, then {"works":[],...} with more of its sums, in place of the files that
// "replaces" of the first line names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <trawl/base/file.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/fold/checkpoint.hpp>
#include <trawl/fold/engine.hpp>

namespace trawl::fold {

class Journal {
 public:
  // Local. Makes `folder`/rank-NNNNN.<number>.journal. `head` is what the records depend on
  // (digest of options and inputs).
  Journal(const fs::path& folder, int rank, const std::string& head);
  // One write(2) per record: what was written before a kill is there after it. Synced to disk every
  // few seconds.
  void append(const FinishedWork& work);
  // Writes a checkpoint, synced, in place of what this rank and `earlier` attempts have written:
  // `part(i)` for 0 <= i < parts are bytes for RowSummary::merge. One part in memory at a time.
  void replace(const std::vector<Work>& works, const Ledger& ledger, std::size_t parts,
               const std::function<std::string(std::size_t)>& part,
               const std::vector<fs::path>& earlier);

 private:
  fs::path next_path();

  fs::path folder_;
  int rank_ = 0;
  std::string head_;
  std::int64_t number_ = 0;  // of the last file
  fs::path path_;
  Fd fd_;
  double synced_at_ = 0;
  Stopwatch watch_;
};

// All files of journals in `folder`.
std::vector<fs::path> journal_files(const fs::path& folder);

// Local. All whole records of all ranks' journals in `folder`, whatever the number of ranks was;
// duplicates once. InputError when a journal belongs to other options or other data (`head`
// differs).
std::vector<FinishedWork> read_journals(const fs::path& folder, const std::string& head);

}  // namespace trawl::fold
