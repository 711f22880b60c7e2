// Which columns statistics are made of, and what keeps rows from being counted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/stats.hpp>

namespace trawl::fold {

// Where the columns of a request stand among the selected ones, each of which is read once.
struct StatsColumns {
  explicit StatsColumns(const StatsRequest& request);

  std::vector<std::string> select;
  std::vector<std::size_t> features, keys;  // positions in `select`; keys: entity, then levels
  bool has_entities = false;
  bool distributions = false;
  std::vector<double> limits;  // of features: a value of this magnitude, or NaN, refuses its record
};

// Rows that some column keeps from being counted: features, then keys, as StatsColumns has them.
// A summary.
struct RefusalCounts {
  explicit RefusalCounts(std::size_t columns) : nulls(columns), inexact(columns) {}
  void merge(const RefusalCounts& other);
  // Collective. Of all ranks, on all ranks.
  void share(const comm::Comm& comm);

  std::vector<std::uint64_t> nulls, inexact;
  std::uint64_t without_key = 0;
};

}  // namespace trawl::fold
