#include "core/exact/gram_kernel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/exact/gram_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/exact/exponent-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trawl::core::exact::HWY_NAMESPACE {

std::size_t LaneCount() {
  return hn::Lanes(Lanes());
}

int ExponentAbove(const double* values, std::size_t count) {
  return exponent_above(values, count);
}

// A whole chunk, with zeros behind the last row.
HWY_INLINE const double* padded(const double* values, std::size_t rows, double* room) {
  if (rows == chunk_rows) return values;
  std::memcpy(room, values, rows * sizeof(double));
  std::fill(room + rows, room + chunk_rows, 0.0);
  return room;
}

// Takes the multiple of a slice's unit that is nearest out of x; exact, for sigma's binade has
// room.
HWY_INLINE Vector take(Vector& x, Vector start) {
  const Vector slice = hn::Sub(hn::Add(x, start), start);
  x = hn::Sub(x, slice);
  return slice;
}

HWY_INLINE Vector slice_sigma(Cut cut, std::size_t slice) {
  return sigma(cut.exponent - static_cast<int>(slice + 1) * cut.bits + 1 + 52);
}

std::size_t CutColumn(const double* values, std::size_t rows, Cut cut,
                      double* HWY_RESTRICT slices) {
  const Lanes d;
  const std::size_t n = hn::Lanes(d);
  HWY_ALIGN double room[chunk_rows];
  values = padded(values, rows, room);
  const Vector s0 = slice_sigma(cut, 0), s1 = slice_sigma(cut, 1), s2 = slice_sigma(cut, 2);
  Vector all = hn::Zero(d), left0 = all, left1 = all, left2 = all;
  for (std::size_t i = 0; i < chunk_rows; i += n) {
    Vector x = hn::LoadU(d, values + i);
    all = hn::Or(all, x);
    hn::Store(take(x, s0), d, slices + i);
    left0 = hn::Or(left0, x);
    hn::Store(take(x, s1), d, slices + chunk_rows + i);
    left1 = hn::Or(left1, x);
    hn::Store(take(x, s2), d, slices + 2 * chunk_rows + i);
    left2 = hn::Or(left2, x);
    hn::Store(x, d, slices + 3 * chunk_rows + i);
  }
  if (all_zero(left2)) {
    return all_zero(all) ? 0 : all_zero(left0) ? 1 : all_zero(left1) ? 2 : 3;
  }
  for (std::size_t s = 3; s < max_slices; ++s) {
    const Vector start = slice_sigma(cut, s);
    Vector left = hn::Zero(d);
    for (std::size_t i = 0; i < chunk_rows; i += n) {
      Vector x = hn::Load(d, slices + s * chunk_rows + i);
      hn::Store(take(x, start), d, slices + s * chunk_rows + i);
      left = hn::Or(left, x);
      if (s + 1 < max_slices) hn::Store(x, d, slices + (s + 1) * chunk_rows + i);
    }
    if (all_zero(left)) return s + 1;
  }
  return max_slices + 1;
}

void CutColumnRounded(const double* values, std::size_t rows, Cut cut,
                      double* HWY_RESTRICT slices) {
  const Lanes d;
  HWY_ALIGN double room[chunk_rows];
  values = padded(values, rows, room);
  const Vector s0 = slice_sigma(cut, 0), s1 = slice_sigma(cut, 1);
  for (std::size_t i = 0; i < chunk_rows; i += hn::Lanes(d)) {
    Vector x = hn::LoadU(d, values + i);
    hn::Store(take(x, s0), d, slices + i);
    hn::Store(take(x, s1), d, slices + chunk_rows + i);
  }
}

HWY_INLINE void add_to(double* sum, Vector term) {
  const Lanes d;
  hn::Store(hn::Add(hn::Load(d, sum), term), d, sum);
}

// A slices by B slices, 1 to 3 each; with a sum for every product, since additions to one sum would
// wait for each other.
template <std::size_t A, std::size_t B>
HWY_INLINE void multiply(const double* HWY_RESTRICT a, const double* HWY_RESTRICT b,
                         double* HWY_RESTRICT sums) {
  const Lanes d;
  const Vector zero = hn::Zero(d);
  Vector p00 = zero, p01 = zero, p02 = zero, p10 = zero, p11 = zero, p12 = zero, p20 = zero,
         p21 = zero, p22 = zero;
  for (std::size_t i = 0; i < chunk_rows; i += hn::Lanes(d)) {
    const Vector b0 = hn::Load(d, b + i);
    const Vector b1 = B > 1 ? hn::Load(d, b + chunk_rows + i) : zero;
    const Vector b2 = B > 2 ? hn::Load(d, b + 2 * chunk_rows + i) : zero;
    const Vector a0 = hn::Load(d, a + i);
    p00 = hn::MulAdd(a0, b0, p00);
    if constexpr (B > 1) p01 = hn::MulAdd(a0, b1, p01);
    if constexpr (B > 2) p02 = hn::MulAdd(a0, b2, p02);
    if constexpr (A > 1) {
      const Vector a1 = hn::Load(d, a + chunk_rows + i);
      p10 = hn::MulAdd(a1, b0, p10);
      if constexpr (B > 1) p11 = hn::MulAdd(a1, b1, p11);
      if constexpr (B > 2) p12 = hn::MulAdd(a1, b2, p12);
    }
    if constexpr (A > 2) {
      const Vector a2 = hn::Load(d, a + 2 * chunk_rows + i);
      p20 = hn::MulAdd(a2, b0, p20);
      if constexpr (B > 1) p21 = hn::MulAdd(a2, b1, p21);
      if constexpr (B > 2) p22 = hn::MulAdd(a2, b2, p22);
    }
  }
  add_to(sums, p00);
  if constexpr (A + B > 2) add_to(sums + max_lanes, hn::Add(p01, p10));
  if constexpr (A + B > 3) add_to(sums + 2 * max_lanes, hn::Add(p02, hn::Add(p11, p20)));
  if constexpr (A + B > 4) add_to(sums + 3 * max_lanes, hn::Add(p12, p21));
  if constexpr (A + B > 5) add_to(sums + 4 * max_lanes, p22);
}

template <std::size_t A>
HWY_INLINE void multiply_group(const double* a, const double* b, std::size_t b_count,
                               double* sums) {
  if (b_count == 1) return multiply<A, 1>(a, b, sums);
  if (b_count == 2) return multiply<A, 2>(a, b, sums);
  multiply<A, 3>(a, b, sums);
}

// Groups of at most three slices: 6 = 3 + 3, 5 = 3 + 2, 4 = 2 + 2.
HWY_INLINE std::size_t group(std::size_t slices) {
  return slices <= 3 ? slices : slices == 4 ? 2 : 3;
}

void MultiplyPairs(std::span<const ColumnPair> pairs, const std::uint8_t* counts,
                   const double* slices, double* sums) {
  for (const ColumnPair pair : pairs) {
    for (std::size_t s = 0, a; s < counts[pair.a]; s += a) {
      a = group(counts[pair.a] - s);
      const double* a_slices = slices + pair.a * column_stride + s * chunk_rows;
      for (std::size_t t = 0, b; t < counts[pair.b]; t += b) {
        b = group(counts[pair.b] - t);
        const double* b_slices = slices + pair.b * column_stride + t * chunk_rows;
        double* out = sums + (s + t) * max_lanes;
        if (a == 1) {
          multiply_group<1>(a_slices, b_slices, b, out);
        } else if (a == 2) {
          multiply_group<2>(a_slices, b_slices, b, out);
        } else {
          multiply_group<3>(a_slices, b_slices, b, out);
        }
      }
    }
    sums += pair_stride;
  }
}

void ReadLanes(double* sums, std::size_t count, int exponent, int bits, std::int64_t* totals) {
  const Lanes d;
  const Words words;
  for (std::size_t k = 0; k < count; ++k, exponent -= bits) {
    // 2^-exponent: then the lanes count units.
    const Vector scale =
        hn::BitCast(d, hn::Set(words, static_cast<std::int64_t>(1023 - exponent) << 52));
    double* lanes = sums + k * max_lanes;
    const auto units = hn::ConvertTo(words, hn::Mul(hn::Load(d, lanes), scale));
    totals[k] = hn::GetLane(hn::SumOfLanes(words, units));
    hn::Store(hn::Zero(d), d, lanes);
  }
}

}  // namespace trawl::core::exact::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trawl::core::exact {

HWY_EXPORT(LaneCount);
HWY_EXPORT(ExponentAbove);
HWY_EXPORT(CutColumn);
HWY_EXPORT(CutColumnRounded);
HWY_EXPORT(MultiplyPairs);
HWY_EXPORT(ReadLanes);

std::size_t lanes() {
  return HWY_DYNAMIC_DISPATCH(LaneCount)();
}

int exponent_above(const double* values, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(ExponentAbove)(values, count);
}

std::size_t cut_column(const double* values, std::size_t rows, Cut cut, double* slices) {
  return HWY_DYNAMIC_DISPATCH(CutColumn)(values, rows, cut, slices);
}

void cut_column_rounded(const double* values, std::size_t rows, Cut cut, double* slices) {
  HWY_DYNAMIC_DISPATCH(CutColumnRounded)(values, rows, cut, slices);
}

void multiply_pairs(std::span<const ColumnPair> pairs, const std::uint8_t* counts,
                    const double* slices, double* sums) {
  HWY_DYNAMIC_DISPATCH(MultiplyPairs)(pairs, counts, slices, sums);
}

void read_lanes(double* sums, std::size_t count, int exponent, int bits, std::int64_t* totals) {
  HWY_DYNAMIC_DISPATCH(ReadLanes)(sums, count, exponent, bits, totals);
}

}  // namespace trawl::core::exact
#endif
