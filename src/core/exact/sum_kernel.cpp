#include <algorithm>

#include "core/exact/kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/exact/sum_kernel.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/exact/exponent-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trawl::core::exact::HWY_NAMESPACE {

// One step takes four vectors. A block is 64 steps, so that 64 values of one lane stay within the
// room that sigma leaves (see below).
constexpr std::size_t steps = 64;

// How many units of its last place a lane is away from where it began, over all lanes.
HWY_INLINE std::int64_t units(Vector v0, Vector v1, Vector v2, Vector v3, Vector start) {
  const Words words;
  const auto away = [&](Vector v) HWY_ATTR {
    return hn::Sub(hn::BitCast(words, v), hn::BitCast(words, start));
  };
  const auto sum = hn::Add(hn::Add(away(v0), away(v1)), hn::Add(away(v2), away(v3)));
  return hn::GetLane(hn::SumOfLanes(words, sum));
}

// Adds x to `sum` as far as its grid reaches; returns the part of x below it. Both exact.
HWY_INLINE Vector extract(Vector& sum, Vector x) {
  const Vector next = hn::Add(sum, x);
  const Vector left = hn::Sub(x, hn::Sub(next, sum));
  sum = next;
  return left;
}

template <bool keep>
HWY_INLINE void sum_values(const double* values, int exponent, double* rest, BlockSum& block) {
  const Lanes d;
  const std::size_t n = hn::Lanes(d);
  // 2^exponent bounds the values, so 64 of them need sigma 7 binades up. What is left of each is at
  // most half a unit, 2^(exponent - 46), and again 64 of them need 7 binades. Neither sigma may be
  // subnormal; a larger one only leaves more.
  const int high = std::max(exponent + 7, -1022 + 46);
  const int low = high - 46;
  const Vector high_start = sigma(high), low_start = sigma(low);
  Vector h0 = high_start, h1 = h0, h2 = h0, h3 = h0;
  Vector l0 = low_start, l1 = l0, l2 = l0, l3 = l0;
  Vector left = hn::Zero(d);
  const std::uintptr_t next = reinterpret_cast<std::uintptr_t>(values + block.count);
  each_step(values, block.count,
            [&](Vector v0, Vector v1, Vector v2, Vector v3, std::size_t at) HWY_ATTR {
              // The next block: its first pass would wait for memory while this one computes.
              const std::uintptr_t ahead = next + at * sizeof(double);
              for (std::size_t k = 0; k < 4; ++k) {
                hwy::Prefetch(reinterpret_cast<const double*>(ahead + k * n * sizeof(double)));
              }
              v0 = extract(l0, extract(h0, v0));
              v1 = extract(l1, extract(h1, v1));
              v2 = extract(l2, extract(h2, v2));
              v3 = extract(l3, extract(h3, v3));
              left = hn::Or(left, hn::Or(hn::Or(v0, v1), hn::Or(v2, v3)));
              if constexpr (keep) {
                hn::StoreU(v0, d, rest + at);
                hn::StoreU(v1, d, rest + at + n);
                hn::StoreU(v2, d, rest + at + 2 * n);
                hn::StoreU(v3, d, rest + at + 3 * n);
              }
            });
  block.high = units(h0, h1, h2, h3, high_start);
  block.low = units(l0, l1, l2, l3, low_start);
  block.high_exponent = high - 52;
  block.low_exponent = low - 52;
  block.rest = !all_zero(left);
}

BlockSum SumBlock(const double* values, std::size_t count, double* rest) {
  BlockSum block;
  block.count = std::min(count, steps * 4 * hn::Lanes(Lanes()));
  const int exponent = exponent_above(values, block.count);
  block.summable = exponent + 7 <= 1022;
  if (!block.summable) return block;
  if (rest == nullptr) {
    sum_values<false>(values, exponent, rest, block);
  } else {
    sum_values<true>(values, exponent, rest, block);
  }
  return block;
}

}  // namespace trawl::core::exact::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trawl::core::exact {

HWY_EXPORT(SumBlock);

BlockSum sum_block(const double* values, std::size_t count, double* rest) {
  return HWY_DYNAMIC_DISPATCH(SumBlock)(values, count, rest);
}

}  // namespace trawl::core::exact
#endif
