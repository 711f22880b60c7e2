#include "core/evidence/interval_ranks.hpp"

#include <cmath>

#include <trawl/core/evidence/rules.hpp>
#include <trawl/core/exact/elementary.hpp>

#include "core/exact/wide.hpp"

namespace trawl::evidence {
namespace {

constexpr std::uint64_t billion = 1'000'000'000;

std::uint64_t miss_parts(double confidence) {
  return billion - share_of(billion, confidence);
}

}  // namespace

std::vector<std::uint16_t> exact_interval_ranks(double confidence) {
  using core::exact::BigInt;
  const BigInt misses = miss_parts(confidence);
  std::vector<std::uint16_t> ranks{0};
  BigInt next = 1, below = 0;  // binomial(h, k), and the sum of binomial(h, i) for i < k
  std::uint64_t k = 0;
  for (std::uint64_t h = 1; h <= most_exact_ranks; ++h) {
    // By Pascal's rule, from h - 1 draws; k never falls.
    const BigInt last = next * k / (h - k);  // binomial(h - 1, k - 1)
    below = 2 * below - last;
    next += last;
    const BigInt room = misses << static_cast<unsigned>(h);
    while (2 * billion * (below + next) <= room) {
      below += next;
      next = next * (h - k) / (k + 1);
      ++k;
    }
    ranks.push_back(static_cast<std::uint16_t>(k));
  }
  return ranks;
}

std::uint64_t bounded_interval_rank(std::uint64_t draws, double confidence) {
  const double h = static_cast<double>(draws);
  const double half_misses = static_cast<double>(miss_parts(confidence)) / 2e9;
  const double reach = std::sqrt(-0.5 * h * core::rounded::log(half_misses));
  const double k = h / 2 - reach;  // one less than the inequality would allow, against rounding
  return k < 1 ? 0 : static_cast<std::uint64_t>(k);
}

}  // namespace trawl::evidence
