// What the page of `trawl stats` shows, chosen from all lines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <trawl/base/json.hpp>
#include <trawl/fold/stats.hpp>

#include "command/html/plot.hpp"
#include "command/stats/lines.hpp"

namespace trawl::command {

constexpr std::size_t page_bins = 48;
constexpr std::size_t page_flagged = 100;  // entities, and as many records

using Bins = std::array<std::uint64_t, page_bins>;

struct PageFeature {
  double mean, sd, low, high, mean_of_means, sd_of_means;
  std::vector<double> percentiles;  // 5, 25, 50, 75, 95 of the rows' values; empty: not known
};

struct PageNode {
  std::string_view line;
  std::size_t parent = 0;  // of the root: itself
  std::size_t depth = 0;
  std::uint64_t records = 0;
  std::uint64_t flagged = 0;          // entities in and below it
  std::uint64_t flagged_records = 0;  // in and below it
  std::vector<std::size_t> children;  // by name
};

// An entity or a record.
struct PageFlagged {
  double log_p, squared_distance;
  std::string_view line;
};

// Counts of entities' means over a scale, one per feature.
struct MeanBins {
  std::vector<html::Scale> scales;
  std::vector<Bins> all, flagged;
  void add(const std::vector<double>& means, bool is_flagged);
};

class StatsPageData {
 public:
  StatsPageData(std::string_view lines, const fold::StatsRequest& request);

  const std::vector<PageNode>& nodes() const { return nodes_; }
  const std::vector<PageFlagged>& flagged() const { return flagged_; }  // most unusual first
  const std::vector<PageFlagged>& flagged_records() const { return records_; }  // likewise
  const MeanBins& root_bins() const { return root_bins_; }
  // The means of the entities of a baseline that a shown entity was compared with; null: none.
  const MeanBins* bins_of(std::size_t node) const;

  // The node of a path as it stands in a line (path_text), or in parsed JSON.
  std::size_t node_of(std::string_view path) const;
  std::size_t node_of(const Json& path) const;
  std::vector<PageFeature> features(std::size_t node) const;  // parses its line

 private:
  void read_nodes(std::string_view lines);
  void read_entities(std::string_view lines);
  void read_records(std::string_view lines);
  void add_up();
  void choose_baselines();
  void read_siblings(std::string_view lines);

  const fold::StatsRequest& request_;
  std::vector<PageNode> nodes_;
  std::unordered_map<std::string_view, std::size_t> by_path_;
  std::vector<PageFlagged> flagged_, records_;
  MeanBins root_bins_;
  std::unordered_map<std::size_t, MeanBins> baselines_;  // by node
};

}  // namespace trawl::command
