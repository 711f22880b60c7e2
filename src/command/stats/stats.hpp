// `trawl stats`: its options, and how its result is printed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/json.hpp>
#include <trawl/fold/stats.hpp>

#include "command/command.hpp"
#include "command/search.hpp"

namespace trawl::command {

// What is unusual.
struct AnomalyParams {
  std::optional<double> fdr;
  core::FdrMethod method = core::FdrMethod::benjamini_hochberg;
  bool robust = false;
  bool records = false;
  bool flagged = false;
};
void describe(AnomalyParams& p, Options& visit);  // with a title
void check_anomalies(const AnomalyParams& p, const std::string& group_by, Problems& problems);
std::optional<fold::AnomalyRequest> request_of(const AnomalyParams& p);

// Root. What people are told about the counts of anomalies, as certificates have them.
std::string story_of(const Json& anomalies);

// Who behaves alike.
struct PairParams {
  std::uint64_t similar = 0;
  std::optional<std::filesystem::path> pairs;
  bool only = false;
};
void describe(PairParams& p, Options& visit);  // with a title
// Collective. Reads the file of pairs.
std::optional<fold::PairRequest> request_of(const PairParams& p, const comm::Comm& comm);
// Root. What people are told about the counts of pairs, as certificates have them.
std::string story_of_pairs(const Json& pairs);

struct StatsParams {
  std::vector<std::string> inputs;
  std::string where = "TRUE";
  std::string table;
  std::vector<std::string> features;
  std::string group_by;
  std::vector<std::string> levels;
  std::uint64_t fanout = 10;
  std::vector<std::string> fixed_point;
  double confidence = 0.95;
  bool correlate = false;
  bool distributions = true;
  AnomalyParams anomalies;
  PairParams pairs;
  MatchFormat format = MatchFormat::table;
  bool json = false;
  std::optional<std::filesystem::path> out;
  std::optional<std::filesystem::path> gold;
  std::optional<std::filesystem::path> html;
  std::optional<std::filesystem::path> state;
  std::vector<std::filesystem::path> from_state;
  ScanParams scan;
  RunParams run;
  double checkpoint = 300;
};

void check_pairs(const StatsParams& p, Problems& problems);

void describe(StatsParams& p, Options& visit);
extern const About stats_about;

// Collective. One whole run, as `trawl replay` repeats it; reporting is the caller's. No state is
// written; its root is certified.
Recorded run_stats_job(const StatsParams& params, const Context& context);

// Collective. `trawl stats --from-state`: the report of states instead of data.
ExitCode report_states(const StatsParams& params, const Context& context);
// What contradicts --from-state, which must be given.
void check_from_state(const StatsParams& params, Problems& problems);

// What results from data and from states have in common.
fold::StatsRequest report_request(const StatsParams& params);  // how to report; no named pairs
void check_outputs(const StatsParams& params);                 // root, before any work
// Root. Writes --gold: what was computed is as `request` says. JSON of its files, or null.
Json deliver_gold(const StatsParams& params, const fold::StatsRequest& request,
                  const std::string& lines);
// Root. What people are told about fold::counts_of: anomalies, and rows that are not counted.
void tell_counts(const Json& counts);
// Root. Writes --html from the lines and what --json prints.
void deliver_page(const StatsParams& params, const fold::StatsRequest& request,
                  const std::string& lines, const Json& json);
// Root. Writes --out; returns what is to be printed: `json` with --json.
std::string deliver(const StatsParams& params, const std::string& lines, const Json& json);

// Root. stats.jsonl for people and programs: one row per node or entity and feature, or per pair.
std::string format_stats(std::string_view lines, MatchFormat format);
// Root. Only pairs, in their order: one row each.
std::string format_pairs(std::string_view lines, MatchFormat format);
// Root. Only what is flagged, the most unusual first: one row each.
std::string format_flagged(std::string_view lines, MatchFormat format);

}  // namespace trawl::command
