#include <algorithm>
#include <bit>
#include <cstring>

#include "core/exact/kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/exact/sum_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace trawl::core::exact::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::CappedTag<double, 8>;
using Words = hn::RebindToSigned<Lanes>;
using Vector = hn::Vec<Lanes>;

// One step takes four vectors: enough chains of additions to hide their latency. A block is 64
// steps, so that 64 values of one lane stay within the room that sigma leaves (see below).
constexpr std::size_t steps = 64;

// Calls f(v0, v1, v2, v3, first) for every 4 vectors; zeros behind the end.
template <class F>
HWY_INLINE void each_step(const double* values, std::size_t count, const F& f) {
  const Lanes d;
  const std::size_t n = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + 4 * n <= count; i += 4 * n) {
    f(hn::LoadU(d, values + i), hn::LoadU(d, values + i + n), hn::LoadU(d, values + i + 2 * n),
      hn::LoadU(d, values + i + 3 * n), i);
  }
  if (i == count) return;
  HWY_ALIGN double last[4 * 8] = {};
  std::memcpy(last, values + i, (count - i) * sizeof(double));
  f(hn::Load(d, last), hn::Load(d, last + n), hn::Load(d, last + 2 * n), hn::Load(d, last + 3 * n),
    i);
}

// The largest exponent field (0 to 0x7ff). By the upper halves as 32-bit integers, for which every
// target has a maximum, and NaN is as large as it should be.
HWY_INLINE int top_exponent(const double* values, std::size_t count) {
#if HWY_TARGET == HWY_SCALAR
  std::uint64_t top = 0;
  for (std::size_t i = 0; i < count; ++i) {
    top = std::max(top, std::bit_cast<std::uint64_t>(values[i]) >> 52 & 0x7ff);
  }
  return static_cast<int>(top);
#else
  const hn::RebindToUnsigned<Lanes> words;
  const hn::Repartition<std::int32_t, Lanes> halves;
  const auto field = hn::Set(words, std::uint64_t{0x7ff} << 52);
  const auto half = [&](Vector v) HWY_ATTR {
    return hn::BitCast(halves, hn::And(hn::BitCast(words, v), field));
  };
  auto a = hn::Zero(halves), b = a;
  each_step(values, count, [&](Vector v0, Vector v1, Vector v2, Vector v3, std::size_t) HWY_ATTR {
    a = hn::Max(a, hn::Max(half(v0), half(v1)));
    b = hn::Max(b, hn::Max(half(v2), half(v3)));
  });
  return hn::GetLane(hn::MaxOfLanes(halves, hn::Max(a, b))) >> 20;
#endif
}

// 1.5 * 2^exponent: x + sigma rounds x to a multiple of 2^(exponent - 52), and sums of such stay in
// sigma's binade, thus exact, while they are at most 2^(exponent - 1) from sigma.
HWY_INLINE Vector sigma(int exponent) {
  const Words words;
  const auto field = static_cast<std::int64_t>(exponent + 1023);
  return hn::BitCast(Lanes(), hn::Set(words, field << 52 | std::int64_t{1} << 51));
}

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
  each_step(values, block.count,
            [&](Vector v0, Vector v1, Vector v2, Vector v3, std::size_t at) HWY_ATTR {
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
  block.rest = !hn::AllTrue(d, hn::Eq(left, hn::Zero(d)));
}

BlockSum SumBlock(const double* values, std::size_t count, double* rest) {
  BlockSum block;
  block.count = std::min(count, steps * 4 * hn::Lanes(Lanes()));
  const int exponent = top_exponent(values, block.count) - 1022;
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
