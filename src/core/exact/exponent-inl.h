// Exponents of doubles in vectors. Included once per Highway target, so the guard toggles.
#if defined(TRAWL_CORE_EXACT_EXPONENT) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAWL_CORE_EXACT_EXPONENT
#undef TRAWL_CORE_EXACT_EXPONENT
#else
#define TRAWL_CORE_EXACT_EXPONENT
#endif

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace trawl::core::exact::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::CappedTag<double, 8>;
using Words = hn::RebindToSigned<Lanes>;
using Vector = hn::Vec<Lanes>;

// Calls f(v0, v1, v2, v3, first) for every 4 vectors, enough independent chains of operations to
// hide their latency; zeros behind the end.
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

// All values are below 2^(returned) in magnitude; 1025 when one is infinite or NaN. By the upper
// halves as 32-bit integers, for which every target has a maximum, and where NaN is as large as it
// should be.
HWY_INLINE int exponent_above(const double* values, std::size_t count) {
#if HWY_TARGET == HWY_SCALAR
  std::uint64_t top = 0;
  for (std::size_t i = 0; i < count; ++i) {
    top = std::max(top, std::bit_cast<std::uint64_t>(values[i]) >> 52 & 0x7ff);
  }
  return static_cast<int>(top) - 1022;
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
  return (hn::GetLane(hn::MaxOfLanes(halves, hn::Max(a, b))) >> 20) - 1022;
#endif
}

// 1.5 * 2^exponent: x + sigma rounds x to a multiple of 2^(exponent - 52), and sums of such stay in
// sigma's binade, thus exact, while they are at most 2^(exponent - 1) from sigma.
HWY_INLINE Vector sigma(int exponent) {
  const Words words;
  const auto field = static_cast<std::int64_t>(exponent + 1023);
  return hn::BitCast(Lanes(), hn::Set(words, field << 52 | std::int64_t{1} << 51));
}

HWY_INLINE bool all_zero(Vector v) {
  const Lanes d;
  return hn::AllTrue(d, hn::Eq(v, hn::Zero(d)));
}

}  // namespace trawl::core::exact::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // TRAWL_CORE_EXACT_EXPONENT
