// `trawl stats`: its options, and how its result is printed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/fold/stats.hpp>

#include "command/command.hpp"
#include "command/search.hpp"

namespace trawl::command {

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

}  // namespace trawl::command
