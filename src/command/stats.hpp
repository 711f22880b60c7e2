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
  bool flagged = false;
};
void describe(AnomalyParams& p, Options& visit);  // with a title
void check_anomalies(const AnomalyParams& p, const std::string& group_by, Problems& problems);
std::optional<fold::AnomalyRequest> request_of(const AnomalyParams& p);

// Root. What --json says about anomalies, and what people are told.
Json to_json(const fold::AnomalyRequest& request, const fold::AnomalyCounts& counts);
std::string story_of(const fold::AnomalyRequest& request, const fold::AnomalyCounts& counts);

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
  AnomalyParams anomalies;
  MatchFormat format = MatchFormat::table;
  bool json = false;
  std::optional<std::filesystem::path> out;
  bool overwrite = false;
  ScanParams scan;
  bool progress = true;
};

void describe(StatsParams& p, Options& visit);

// Root. stats.jsonl for people and programs: one row per node or entity and feature.
std::string format_stats(std::string_view lines, MatchFormat format);
// Root. Only what is flagged, the most unusual first: one row each.
std::string format_flagged(std::string_view lines, MatchFormat format);

}  // namespace trawl::command
