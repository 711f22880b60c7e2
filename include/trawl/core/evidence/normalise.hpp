// From a record's log-odds and weight to what it contributes: one rule, the same on every host, for
// each record alone, so that no order and no partition can show.
#pragma once

#include <cmath>
#include <cstdint>

namespace trawl::evidence {

enum class Refusal : std::uint8_t { none, nan_log_odds, bad_weight };

struct Contribution {
  double value = 0;   // clamped log-odds times weight, rounded once to nearest
  double weight = 0;  // in [0, 1]
  bool clamped = false;
  Refusal refusal = Refusal::none;  // otherwise all else is 0
};

// Refuses log-odds that are NaN; then weights that are NaN, negative or above 1. Clamps log-odds
// to [-max_log_odds, max_log_odds], infinite ones too.
//
// The product is rounded once: then a contribution is a double that everybody can compute, and
// sums of them fit the range of doubles, half of what exact products need. Of weights 0 and 1, and
// of powers of two, it is exact. Requires rounding to nearest, and subnormal numbers.
inline Contribution normalise(double log_odds, double weight, double max_log_odds) {
  if (std::isnan(log_odds)) return {.refusal = Refusal::nan_log_odds};
  if (!(weight >= 0 && weight <= 1)) return {.refusal = Refusal::bad_weight};
  const bool clamped = log_odds > max_log_odds || log_odds < -max_log_odds;
  if (clamped) log_odds = log_odds > 0 ? max_log_odds : -max_log_odds;
  return {log_odds * weight, weight, clamped, Refusal::none};
}

// Refused records, by reason.
struct Refused {
  std::int64_t nan_log_odds = 0, bad_weight = 0;
  void count(Refusal refusal) {
    nan_log_odds += refusal == Refusal::nan_log_odds;
    bad_weight += refusal == Refusal::bad_weight;
  }
  void merge(const Refused& other) {
    nan_log_odds += other.nan_log_odds;
    bad_weight += other.bad_weight;
  }
  bool operator==(const Refused&) const = default;
};

}  // namespace trawl::evidence
