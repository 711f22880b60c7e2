// Records of entities, some of them unusual, spread over ranks; and the plain way to judge: all in
// one place.
#pragma once

#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <trawl/core/stats/tree.hpp>

#include "fold/stats/anomalies.hpp"
#include "support/ranks.hpp"

namespace trawl::fold::test {

struct Record {
  EntityKey key;
  std::vector<double> values;
};

// Entities of three features and 1 to 4 records, at "a" (many), "b" (27, too few for three
// directions), "c" (40, two directions), "d" (40 times the same). One entity has no finite record.
inline std::vector<Record> unusual_records(std::uint64_t seed, bool levels) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<Record> records;
  const auto add = [&](std::int64_t id, const char* level, std::vector<double> centre) {
    EntityKey key{stats::EntityId(id), {}};
    if (id % 3 == 0) key.id = "agent " + std::to_string(id);
    if (levels) key.path = {level};
    for (std::uint64_t i = 0; i <= random() % 4; ++i) records.push_back({key, centre});
  };
  std::int64_t id = 0;
  for (int i = 0; i < 300; ++i) {
    std::vector<double> centre = {normal(random), 5 * normal(random), 1e6 + normal(random)};
    if (i % 50 == 0) centre[0] += 9;
    add(id++, "a", std::move(centre));
  }
  for (int i = 0; i < 27; ++i)
    add(id++, "b", {normal(random), normal(random), i == 5 ? 1e9 : normal(random)});
  for (int i = 0; i < 40; ++i) {
    const double x = normal(random) + (i == 3 ? 20 : 0);
    add(id++, "c", {x, normal(random), 0.25});
  }
  for (int i = 0; i < 40; ++i) add(id++, "d", {1, 2, 3});
  add(id++, "a", {1, HUGE_VAL, 2});
  std::ranges::shuffle(records, random);
  return records;
}

template <class Sums>
void add_share(EntityTable<Sums>& table, const std::vector<Record>& records) {
  const comm::Comm& comm = trawl::test::world();
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (static_cast<int>(i * 7 % 11) % comm.size() != comm.rank()) continue;
    EntityBatch batch{
        {records[i].key.to_bytes()}, {stats::hash_of(*records[i].key.id)}, {0}, records[i].values};
    table.add(batch);
  }
  table.exchange(comm);
}

template <class Sums>
stats::BasicTree<Sums> tree_of(const std::vector<Record>& records,
                               typename Sums::Configuration configuration, bool levels,
                               std::size_t fanout) {
  stats::TreeShape shape{{}, fanout};
  if (levels) shape.levels = {"level"};
  stats::BasicTree<Sums> tree(configuration, shape);
  for (const Record& record : records) tree.add(*record.key.id, record.key.path, record.values);
  return tree;
}

inline StatsRequest anomaly_request(double fdr, core::FdrMethod method, int threads) {
  StatsRequest request;
  request.features = {"x", "y", "z"};
  request.group_by = "agent";
  request.anomalies = AnomalyRequest{fdr, method};
  request.search.threads = threads;
  return request;
}

}  // namespace trawl::fold::test
