// Distributions of the features on the paths that rows name, and on all nodes above them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/core/stats/distribution.hpp>
#include <trawl/core/stats/tree.hpp>

#include "fold/stats/columns.hpp"
#include "fold/stats/entity_table.hpp"

namespace trawl::fold {

// One for each feature.
using Distributions = std::vector<core::Distribution>;

// Of as many features.
void add_to(Distributions& sum, const Distributions& more);

// By EntityKey::to_bytes of the path alone.
using PathDistributions = std::unordered_map<std::string, Distributions>;

// A value that is NULL: its row among those of a piece, and its feature.
struct NullCell {
  std::uint32_t row, feature;
};

// Local. Of the records of a batch that count, that is, whose values are all below
// `columns.limits`. Of NULLs all: nulls[f] of entity e is at e * features + f. Empty when the
// request wants none.
PathDistributions distributions_of(const StatsColumns& columns, const EntityBatch& batch,
                                   std::span<const std::uint64_t> nulls);

// A record: u32 size, key; u32 size, distributions one after the other.
void put_record(std::string& out, std::string_view key, const Distributions& distributions);
// DataError for other bytes, or another number of features.
Distributions take_distributions(std::string_view bytes, std::size_t features);

// Those of one rank, filled by many threads.
class DistributionTable {
 public:
  explicit DistributionTable(std::size_t features) : features_(features) {}

  // Of the path of this key.
  static int owner_of(std::string_view key, int ranks);

  // Thread-safe.
  void add(const PathDistributions& more);
  void merge(const std::string& key, const Distributions& more);
  void merge_records(std::string_view records);
  // Collective. Distributions of one path on several ranks are merged on the rank that owns it;
  // every rank keeps its own paths only. Ranks own ranges of hashes, as of entities.
  void exchange(const comm::Comm& comm);

  // Not while others add.
  const std::map<std::string, Distributions>& all() const { return paths_; }
  std::size_t features() const { return features_; }

 private:
  std::size_t features_;
  std::mutex mutex_;
  std::map<std::string, Distributions> paths_;
};

// What is said of a feature of a node.
struct DistributionSummary {
  static constexpr std::array<unsigned, 7> percents = {1, 5, 25, 50, 75, 95, 99};

  double min, max;
  std::array<double, percents.size()> quantiles;
  std::uint64_t distinct, nulls;
};
using NodeDistributions = std::map<stats::Path, std::vector<DistributionSummary>>;

DistributionSummary summary_of(const core::Distribution& distribution);

// Collective. Of the paths of `table`, which was exchanged, and of all nodes above them: level by
// level from below, each node on the rank that owns it, so that no rank holds the distributions of
// all. Root only; elsewhere empty. The root node is always there.
NodeDistributions node_distributions(const DistributionTable& table, std::size_t levels,
                                     const comm::Comm& comm);

}  // namespace trawl::fold
