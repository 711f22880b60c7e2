// What is known of a set of entities: one node of a hierarchy, from a few entities to the root.
//
// A summary and a group, as the moments are that it consists of: nodes of disjoint sets merge in
// any order to the same bytes, and what was merged can be subtracted without a trace.
//
// Records of one entity resemble each other, so that n records of few entities say less about a
// mean than n independent ones. Therefore moments over the entities' own means are kept beside
// those over all records, and intervals are taken from the wider of the two (Liang and Zeger,
// Biometrika 73, 1986, on clusters; Kish, "Survey Sampling", 1965, section 8.2, on unequal ones).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <trawl/core/exact/moments.hpp>

namespace trawl::stats {

// [low, high]; both NaN where there is no interval.
struct Interval {
  double low, high;
};

// One feature of a node. Errors are standard errors, of means. NaN: too few records or entities.
struct FeatureSummary {
  double mean, sd;  // of all records
  // sd / sqrt(records): right only when records are independent. Printed to be compared.
  double independent_error;
  // sd_of_means / sqrt(effective_entities): holds for records that depend on each other within an
  // entity in any way. Supposes that entities are independent, and that an entity's mean does not
  // depend on how many records it has. With equal numbers of records it is the cluster-robust
  // error with its correction for few clusters (CR1).
  double clustered_error;
  double mean_of_means, sd_of_means;  // of the entities' means, each counted once
  double error_of_means;              // sd_of_means / sqrt(entities with records)
  std::int64_t refused_nan, refused_too_low, refused_too_high;  // values, see core::RefusedValues
};

struct NodeSummary {
  std::int64_t entities = 0;
  std::int64_t entities_with_records = 0;
  std::int64_t records = 0;
  std::int64_t refused = 0;  // records
  // records^2 / (sum of squared records of each entity): as many entities with equal numbers of
  // records would say as much. At most entities_with_records.
  double effective_entities = 0;
  // entities_with_records - 1: of the law of t for all that is taken from sd_of_means.
  std::int64_t degrees_of_freedom = 0;
  std::vector<FeatureSummary> features;

  // Of the mean of a feature over all records: mean +- quantile * the larger error. For 95 %,
  // `quantile` is core::upper_t_quantile(0.025, degrees_of_freedom), or for all of d features at
  // once sqrt(core::upper_hotelling_quantile(0.05, entities_with_records, d)).
  // NaN with fewer than two entities: one tells nothing about others.
  Interval mean_interval(std::size_t feature, double quantile) const;
  // Of the mean over entities, each counted once: mean_of_means +- quantile * error_of_means.
  Interval mean_of_means_interval(std::size_t feature, double quantile) const;
};

// Sums: core::ExactSums or core::FixedSums, the form of the records' moments. Local.
template <class Sums>
struct Node {
  using Moments = core::Moments<Sums>;
  __extension__ using Wide = __int128;

  // No entities. InputError for a configuration that cannot be.
  explicit Node(typename Sums::Configuration configuration);

  std::int64_t entities = 0;  // also those without records
  // All records of all entities together; their number is within.count(), what was refused is
  // within.refused() and within.refused_values(i).
  Moments within;
  // The mean vectors of the entities that have records, each counted once, each mean rounded once
  // to double. Of the doubles themselves also in fixed point, where means lie between the units.
  core::ExactMoments between;
  // Sum over entities of the squared number of their records.
  Wide squared_records = 0;

  // Counts the mean of an entity's `records` records, or takes it back.
  void add_mean(const std::vector<double>& mean, std::int64_t records);
  void subtract_mean(const std::vector<double>& mean, std::int64_t records);

  // Requires the same configuration (InputError) and, for results that mean something, disjoint
  // sets of entities. O(d^2).
  void merge(const Node& other);
  void subtract(const Node& other);

  // O(d) wide divisions and roots, about 30 us for 10 features. The last steps from exactly
  // rounded means and standard deviations are +, *, / and sqrt: the same bits on every host.
  NodeSummary summary() const;

  // Canonical: equal nodes, and only those, have equal bytes. Layout, little-endian:
  //   u8 tag 5, i64 entities, i128 squared records, within, between (core::Moments::to_bytes)
  std::vector<std::byte> to_bytes() const;
  void append_bytes(std::vector<std::byte>& out) const;
  // DataError for everything that to_bytes would not have written.
  static Node from_bytes(Bytes bytes);
  static Node read(Bytes& bytes);

  bool operator==(const Node& other) const { return to_bytes() == other.to_bytes(); }
};

extern template struct Node<core::ExactSums>;
extern template struct Node<core::FixedSums>;

}  // namespace trawl::stats
