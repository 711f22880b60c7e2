// `trawl search`: its options, and one whole run that `trawl replay` repeats.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trawl/fold/search.hpp>

#include "command/command.hpp"
#include "command/recorded_run.hpp"

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
  RunParams run;
};

void describe(SearchParams& p, Options& visit);
extern const About search_about;

// Collective. The seven steps of a search: open, plan, share, fold, merge, record; reporting is the
// caller's.
Recorded run_search_job(const SearchParams& params, const Context& context);

// The request that `params` describe, for this rank.
fold::SearchRequest request_of(const SearchParams& params, const comm::Comm& comm);

// Root. Canonical match lines for people and programs.
std::string format_matches(std::string_view lines, MatchFormat format);

}  // namespace trawl::command
