// A run that reads data and answers for it: its directory, journal, signals, progress and records.
// What search and stats share; trawl replay repeats it, and trawl verify checks it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <trawl/base/json.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/fold/journal.hpp>
#include <trawl/fold/run_directory.hpp>
#include <trawl/fold/run_record.hpp>
#include <trawl/fold/search.hpp>

#include "command/command.hpp"
#include "command/progress.hpp"

namespace trawl::command {

// How a run is recorded.
struct RunParams {
  std::optional<std::filesystem::path> run_dir;
  bool overwrite = false;
  bool resume = false;
  bool progress = true;
  double price_per_node_hour = 0;
};
void describe(RunParams& p, Options& visit);  // with a title
void check_run(const RunParams& p, Problems& problems);

// What root knows at the end of a run; the exit code is everybody's.
struct Recorded {
  ExitCode exit_code = ExitCode::complete;  // interrupted: the rest is empty
  std::filesystem::path path;
  Json record;         // run_record.json
  std::string result;  // bytes of fold::result_file(command)
  std::vector<std::string> failures;
};

// What the command says of its result.
struct Answer {
  std::string text;  // root: bytes of the result file
  Json counts;       // root: certified beside the coverage; null: nothing
};

class RecordedRun {
 public:
  // Collective. InputError (as CollectiveError): see fold::RunDirectory::create. All arguments must
  // live as long.
  RecordedRun(const RunParams& params, const Context& context, const fold::SearchRequest& request);

  // For fold::search or what is built on it. The caller may add to them.
  fold::SearchHooks& hooks() { return hooks_; }
  PhaseTimer& timer() { return timer_; }
  // Where files can be that do not last.
  fs::path scratch() const { return directory_.partial(); }
  // For summaries that are kept in one place (SearchHooks::checkpoint): they are written so often,
  // instead of each piece of work. Before the search.
  void keep_checkpoints(double seconds_between);

  // Collective. Certificate and files, or, after an interruption, how to go on. `answer` is called
  // on root.
  Recorded record(const fold::SearchResult& result, const std::function<Answer()>& answer);

 private:
  fs::path run_path() const;
  void plan(const fold::Opened& opened, const std::vector<fold::KeyListFacts>& key_lists,
            const std::vector<fold::Work>& work);
  void finish(const fold::FinishedWork& work, const fold::RowSummary& summary);
  Recorded interrupted() const;
  void write_files(const Recorded& run, const fold::MadeCertificate& certificate,
                   const std::vector<fold::RankReport>& reports) const;

  const RunParams& params_;
  const Context& context_;
  const comm::Comm& comm_;
  const fold::SearchRequest& request_;
  fold::RunDirectory directory_;
  Progress progress_;
  fold::SearchHooks hooks_;
  std::vector<fold::FinishedWork> resumed_;  // root, once the plan is made
  PhaseTimer timer_;
  std::optional<fold::Journal> journal_;
  std::optional<fold::Checkpoint> checkpoint_;
};

// Root. What --json prints of any run: coverage, speed, digests, failures. The caller adds to it.
Json common_report(const Recorded& run);
// Root. The lines about any run on standard error, behind `headline`.
void tell_story(const Recorded& run, const std::string& headline);

}  // namespace trawl::command
