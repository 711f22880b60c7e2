// Finished work on disk, so that a run that was killed can go on: one append-only file per rank.
//
// A record is one JSON line {"work":[dataset,begin,end,weight],"ledger":n,"summary":m,"xxh3":"..."}
// followed by n + m bytes. A torn last record (the process was killed while writing) fails its
// digest and is left out: that work is done again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <trawl/base/file.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/fold/engine.hpp>

namespace trawl::fold {

class Journal {
 public:
  // Local. Makes `folder`/rank-NNNNN.<attempt>.journal. `head` is what the records depend on
  // (digest of options and inputs).
  Journal(const fs::path& folder, int rank, const std::string& head);
  // One write(2) per record: what was written before a kill is there after it. Synced to disk every
  // few seconds.
  void append(const FinishedWork& work);

 private:
  fs::path path_;
  Fd fd_;
  double synced_at_ = 0;
  Stopwatch watch_;
};

// Local. All whole records of all ranks' journals in `folder`, whatever the number of ranks was;
// duplicates once. InputError when a journal belongs to other options or other data (`head`
// differs).
std::vector<FinishedWork> read_journals(const fs::path& folder, const std::string& head);

}  // namespace trawl::fold
