#include "fold/stats/columns.hpp"

#include <cmath>
#include <limits>

#include <trawl/core/exact/moments.hpp>

#include "fold/select.hpp"

namespace trawl::fold {

StatsColumns::StatsColumns(const StatsRequest& request) : has_entities(!request.group_by.empty()) {
  for (const std::string& name : request.features) features.push_back(position_of(select, name));
  if (has_entities) keys.push_back(position_of(select, request.group_by));
  for (const std::string& name : request.levels) keys.push_back(position_of(select, name));
  distributions = request.distributions;
  limits.resize(features.size(), std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < request.unit_exponents.size(); ++i)
    limits[i] = std::ldexp(1.0, request.unit_exponents[i] + core::FixedSums::range_bits);
}

void RefusalCounts::merge(const RefusalCounts& other) {
  for (std::size_t i = 0; i < nulls.size(); ++i) {
    nulls[i] += other.nulls[i];
    inexact[i] += other.inexact[i];
  }
  without_key += other.without_key;
}

void RefusalCounts::share(const comm::Comm& comm) {
  comm.all_sum(nulls);
  comm.all_sum(inexact);
  without_key = comm.sum(without_key);
}

}  // namespace trawl::fold
