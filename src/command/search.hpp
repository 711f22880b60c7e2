// `trawl search`: its options, and one whole run that `trawl replay` repeats.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <trawl/base/json.hpp>
#include <trawl/fold/search.hpp>

#include "command/command.hpp"

namespace trawl::command {

enum class MatchFormat { table, csv, jsonl };

// How rows are found, by every command that looks for them.
struct ScanParams {
  double audit = 0.001;
  double fpr = 0.001;
  bool zone_maps = true;
  bool index = true;
  bool filters = true;
  std::uint64_t threads = 0;
};
void describe(ScanParams& p, Options& visit);  // without a title
// Sets what they say in `request`, for this rank.
void apply(const ScanParams& params, const comm::Comm& comm, fold::SearchRequest& request);

// The names in lists separated by commas; empty ones stay, for whoever looks them up to refuse.
std::vector<std::string> names_in(const std::vector<std::string>& lists);

struct SearchParams {
  std::vector<std::string> inputs;
  std::string where;
  std::string table;
  std::vector<std::string> select;
  std::optional<std::uint64_t> limit;
  bool count = false;
  MatchFormat format = MatchFormat::table;
  bool json = false;
  bool explain = false;
  ScanParams scan;
  bool progress = true;
  std::optional<std::filesystem::path> run_dir;
  bool overwrite = false;
  bool resume = false;
  double price_per_node_hour = 0;
};

void describe(SearchParams& p, Options& visit);
extern const About search_about;

// What root knows at the end of a run; the exit code is everybody's.
struct SearchRun {
  ExitCode exit_code = ExitCode::complete;
  std::filesystem::path path;
  Json record;          // run_record.json
  std::string matches;  // bytes of matches.jsonl
  std::vector<std::string> failures;
};

// Collective. The seven steps of a search: open, plan, share, fold, merge, record; reporting is the
// caller's.
SearchRun run_search_job(const SearchParams& params, const Context& context);

// The request that `params` describe, for this rank.
fold::SearchRequest request_of(const SearchParams& params, const comm::Comm& comm);

// Root. One line for each dataset and run of row groups that failed.
std::vector<std::string> failures_of(const fold::SearchResult& result);
// Of a run that was not interrupted.
ExitCode exit_code_of(const fold::SearchResult& result);

// Root. Canonical match lines for people and programs.
std::string format_matches(std::string_view lines, MatchFormat format);

}  // namespace trawl::command
