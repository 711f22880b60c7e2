// Evidence as its definitions say it, in rational numbers and without haste.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include <trawl/core/evidence/consensus.hpp>

#include "core/exact_support.hpp"
#include "core/rational_support.hpp"

namespace trawl::evidence {

using core::nearest;
using core::Rational;
using core::Rng;
using core::same;

inline double unit(Rng& rng) {
  return std::ldexp(static_cast<double>(rng() >> 11), -53);
}

struct RawRecord {
  Key type;
  double log_odds, weight;
};

// The sum of one source, group by group.
inline Rational slow_total(const std::vector<RawRecord>& records, double max_log_odds, double cap) {
  std::map<Key, std::pair<Rational, Rational>> groups;
  for (const RawRecord& r : records) {
    if (std::isnan(r.log_odds) || !(r.weight >= 0) || !(r.weight <= 1)) continue;
    auto& [sum, weight] = groups[r.type];
    sum += Rational(std::clamp(r.log_odds, -max_log_odds, max_log_odds) * r.weight);
    weight += Rational(r.weight);
  }
  Rational total = 0;
  for (const auto& [type, group] : groups) {
    const auto& [sum, weight] = group;
    if (!std::isinf(cap) && weight > Rational(cap)) {
      total += Rational(nearest(sum * Rational(cap) / weight));
    } else {
      total += sum;
    }
  }
  return total;
}

// One value for each vote, ascending.
inline std::vector<Rational> ballots(const std::vector<Opinion>& opinions) {
  std::vector<Rational> out;
  for (const Opinion& o : opinions) {
    for (std::uint32_t i = 0; i < o.votes; ++i) out.push_back(Rational(o.log_odds));
  }
  std::sort(out.begin(), out.end());
  return out;
}

inline double slow_median(const std::vector<Rational>& sorted) {
  const std::size_t n = sorted.size();
  return nearest((sorted[(n - 1) / 2] + sorted[n / 2]) / 2);
}

inline double slow_trimmed_mean(const std::vector<Rational>& sorted, std::size_t cut) {
  Rational sum = 0;
  for (std::size_t i = cut; i < sorted.size() - cut; ++i) sum += sorted[i];
  return nearest(sum / static_cast<long>(sorted.size() - 2 * cut));
}

}  // namespace trawl::evidence
