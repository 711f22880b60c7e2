// One line of JSON per node and entity: the canonical result of `trawl stats`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include <trawl/core/stats/node.hpp>
#include <trawl/core/stats/tree.hpp>
#include <trawl/fold/stats.hpp>

#include "fold/stats/distributions.hpp"
#include "fold/stats/entity_key.hpp"

namespace trawl::fold {

// Numbers are the shortest that read back as the same double, so that equal text is equal bits;
// null where a number does not exist (too few records).
class LineWriter {
 public:
  explicit LineWriter(const StatsRequest& request) : request_(request) {}

  // {"path":[...],"entities":n,"effective_entities":x,"records":n,"refused":n,"features":[...]}
  // Intervals hold for records that depend on each other within an entity; without entities they
  // suppose independent records. Those from "joint_low" to "joint_high" hold for the means of all
  // features at once: the shadows of the region of the mean vector that Hotelling's T^2 gives
  // (Anderson, 3rd ed., 5.3).
  // With distributions, features also have
  // "min","max","quantiles":{"0.01":x,...},"distinct","nulls".
  template <class Sums>
  std::string node(const stats::Path& path, const stats::Node<Sums>& node,
                   const std::vector<DistributionSummary>* distributions = nullptr);

  // {"path":[...],"entity":id,"records":n,"refused":n,"features":[...]}: intervals suppose that an
  // entity's records are independent. `more` is what else is to be said, as ,"name":value.
  template <class Sums>
  std::string entity(const EntityKey& key, const core::Moments<Sums>& moments,
                     std::string_view more = {});

 private:
  void begin_feature(std::string& out, std::size_t i, double mean, double sd,
                     const stats::Interval& interval) const;
  double quantile(std::int64_t degrees_of_freedom);
  double joint_quantile(std::int64_t samples);
  template <class Sums>
  void append_relations(std::string& out, const core::Moments<Sums>& moments) const;

  const StatsRequest& request_;
  std::unordered_map<std::int64_t, double> quantiles_, joint_quantiles_;  // 50 to 100 us each
};

}  // namespace trawl::fold
