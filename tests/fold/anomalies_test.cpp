// Entities without anything unusual: how often something is flagged.
#include "fold/stats/anomalies.hpp"

#include <random>

#include <gtest/gtest.h>

namespace trawl::fold {
namespace {

// Means of normal entities under one root; how many of them are flagged.
std::uint64_t flagged_of_nothing(std::mt19937_64& random, std::size_t entities,
                                 const StatsRequest& request) {
  std::normal_distribution<double> normal;
  EntityTable<core::ExactSums> table(request.features.size());
  for (std::size_t e = 0; e < entities; ++e) {
    EntityKey key{stats::EntityId(static_cast<std::int64_t>(e)), {}};
    std::vector<double> values(request.features.size());
    for (double& value : values) value = normal(random);
    table.add({{key.to_bytes()}, {stats::hash_of(*key.id)}, {0}, values});
  }
  const Hang hang{false, 10, 0};
  const comm::Comm solo = comm::Comm::solo();
  const auto nodes = nodes_above(table, hang);
  return EntityAnomalies<core::ExactSums>(request, table, nodes, hang, solo).counts().flagged;
}

// When nothing is unusual every discovery is false, so that the false discovery rate is the share
// of data sets with any. 1000 sets at 0.1: 100 are expected, with a standard deviation of 9.5.
TEST(EntityAnomalies, FlagNothingWhereNothingIsUnusual) {
  StatsRequest request;
  request.features = {"x", "y", "z"};
  request.anomalies = AnomalyRequest{.fdr = 0.1};
  std::mt19937_64 random(11);
  int sets = 0;
  for (int i = 0; i < 1000; ++i) sets += flagged_of_nothing(random, 40, request) > 0 ? 1 : 0;
  EXPECT_GT(sets, 62);
  EXPECT_LT(sets, 138);
}

// The law of robust distances is approximate. 500 sets at 0.1: 50 would be right, with a standard
// deviation of 6.7.
TEST(EntityAnomalies, RobustFlagLittleWhereNothingIsUnusual) {
  StatsRequest request;
  request.features = {"x", "y", "z"};
  request.anomalies = AnomalyRequest{.fdr = 0.1, .robust = true};
  std::mt19937_64 random(12);
  int sets = 0;
  for (int i = 0; i < 500; ++i) sets += flagged_of_nothing(random, 60, request) > 0 ? 1 : 0;
  EXPECT_GT(sets, 23);
  EXPECT_LT(sets, 77);
}

}  // namespace
}  // namespace trawl::fold
