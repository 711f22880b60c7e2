// The thresholds t_k of step-up procedures; see fdr.hpp.
#pragma once

#include <cstdint>

#include <trawl/core/stats/fdr.hpp>

#include "core/stats/double_double.hpp"

namespace trawl::core {

class Thresholds {
 public:
  // m >= 1
  Thresholds(double alpha, std::uint64_t m, FdrMethod method);
  // t_k for 1 <= k <= m; never falls with k
  double operator()(std::uint64_t k) const;
  // The smallest k with log_p <= t_k, given that there is one.
  std::uint64_t level(double log_p) const;

 private:
  DoubleDouble first_;  // t_1 before rounding
  std::uint64_t m_;
};

// log of the factor by which alpha is divided.
DoubleDouble log_penalty(std::uint64_t m, FdrMethod method);

// 0 < alpha <= 1, or InputError.
void check_alpha(double alpha);
// Whether log p is at most 0, or -log e any number.
bool is_log_value(double value, FdrMethod method);
[[noreturn]] void refuse_log_values(std::uint64_t count);

}  // namespace trawl::core
