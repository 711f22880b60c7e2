// Ranks of order statistics between which the median lies.
#pragma once

#include <cstdint>
#include <vector>

namespace trawl::evidence {

inline constexpr std::uint64_t most_exact_ranks = 1024;

// For h = 0 to most_exact_ranks draws, the greatest k with 2 P(Binomial(h, 1/2) < k) <= 1 -
// confidence, decided in integers. 0: none. (David and Nagaraja, "Order Statistics", 3rd ed.,
// section 7.1.)
std::vector<std::uint16_t> exact_interval_ranks(double confidence);

// A smaller k for any h, by Hoeffding's inequality (JASA 58, 1963): P(Binomial(h, 1/2) <= k - 1) <=
// exp(-2 (h/2 - k + 1)^2 / h).
std::uint64_t bounded_interval_rank(std::uint64_t draws, double confidence);

}  // namespace trawl::evidence
