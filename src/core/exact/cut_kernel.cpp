// Cutting columns into slices.
#include "core/exact/gram_kernel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/exact/cut_kernel.cpp"
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

// One slice: sigma that rounds to its unit, and the factor that makes the unit 1.
struct Slice {
  Slice(Cut cut, std::size_t slice) {
    const int unit = cut.exponent - static_cast<int>(slice + 1) * cut.bits + 1;
    start = sigma(unit + 52);
    const Words words;
    scale = hn::BitCast(Lanes(), hn::Set(words, static_cast<std::int64_t>(1023 - unit) << 52));
  }
  // Takes the nearest multiple of the unit out of x; exact, for sigma's binade has room.
  HWY_INLINE Vector take(Vector& x) const {
    const Vector units = hn::Sub(hn::Add(x, start), start);
    x = hn::Sub(x, units);
    return hn::Mul(units, scale);
  }
  Vector start, scale;
};

// All planes of up to three slices in one pass. `left` gets what is left of each value.
template <std::size_t S>
HWY_INLINE bool cut_few(const double* values, Cut cut, double* HWY_RESTRICT planes,
                        std::size_t stride, double* HWY_RESTRICT left) {
  const Lanes d;
  const Slice first(cut, 0), second(cut, 1), third(cut, 2);
  Vector any = hn::Zero(d);
  for (std::size_t i = 0; i < chunk_rows; i += hn::Lanes(d)) {
    Vector x = hn::LoadU(d, values + i);
    const Vector s0 = first.take(x);
    hn::Store(s0, d, planes + i);
    if constexpr (S > 1) {
      const Vector s1 = second.take(x);
      hn::Store(hn::Add(s0, s1), d, planes + stride + i);
      hn::Store(s1, d, planes + 2 * stride + i);
      if constexpr (S > 2) {
        const Vector s2 = third.take(x);
        hn::Store(hn::Add(s0, s2), d, planes + 3 * stride + i);
        hn::Store(hn::Add(s1, s2), d, planes + 4 * stride + i);
        hn::Store(s2, d, planes + 5 * stride + i);
      }
    }
    any = hn::Or(any, x);
    hn::Store(x, d, left + i);
  }
  return !all_zero(any);
}

// Any number of slices, from the values left behind the first three.
HWY_INLINE bool cut_more(Cut cut, double* HWY_RESTRICT planes, std::size_t stride,
                         double* HWY_RESTRICT left) {
  const Lanes d;
  Vector any = hn::Zero(d);
  for (std::size_t t = 3; t < cut.slices; ++t) {
    const Slice slice(cut, t);
    double* row = planes + t * (t + 1) / 2 * stride;  // planes (0, t) to (t, t)
    any = hn::Zero(d);
    for (std::size_t i = 0; i < chunk_rows; i += hn::Lanes(d)) {
      Vector x = hn::Load(d, left + i);
      const Vector units = slice.take(x);
      for (std::size_t s = 0; s < t; ++s) {
        const Vector other = hn::Load(d, planes + (s * (s + 1) / 2 + s) * stride + i);
        hn::Store(hn::Add(other, units), d, row + s * stride + i);
      }
      hn::Store(units, d, row + t * stride + i);
      any = hn::Or(any, x);
      hn::Store(x, d, left + i);
    }
  }
  return !all_zero(any);
}

// A whole chunk, with zeros behind the last row.
HWY_INLINE const double* padded(const double* values, std::size_t rows, double* room) {
  if (rows == chunk_rows) return values;
  std::memcpy(room, values, rows * sizeof(double));
  std::fill(room + rows, room + chunk_rows, 0.0);
  return room;
}

void CutColumnRounded(const double* values, std::size_t rows, Cut cut, double* HWY_RESTRICT planes,
                      std::size_t stride) {
  const Lanes d;
  HWY_ALIGN double room[chunk_rows];
  values = padded(values, rows, room);
  const Slice first(cut, 0), second(cut, 1);
  for (std::size_t i = 0; i < chunk_rows; i += hn::Lanes(d)) {
    Vector x = hn::LoadU(d, values + i);
    const Vector s0 = first.take(x), s1 = second.take(x);
    hn::Store(s0, d, planes + i);
    hn::Store(hn::Add(s0, s1), d, planes + stride + i);
    hn::Store(s1, d, planes + 2 * stride + i);
  }
}

std::uint64_t CutColumn(const double* values, std::size_t rows, Cut cut, double* planes,
                        std::size_t stride) {
  HWY_ALIGN double room[chunk_rows], left[chunk_rows];
  values = padded(values, rows, room);
  const bool any = cut.slices == 1   ? cut_few<1>(values, cut, planes, stride, left)
                   : cut.slices == 2 ? cut_few<2>(values, cut, planes, stride, left)
                   : cut.slices == 3 ? cut_few<3>(values, cut, planes, stride, left)
                                     : (cut_few<3>(values, cut, planes, stride, left),
                                        cut_more(cut, planes, stride, left));
  std::uint64_t mask = 0;
  if (any) {
    for (std::size_t i = 0; i < chunk_rows; ++i) {
      mask |= static_cast<std::uint64_t>(left[i] != 0) << i;
    }
  }
  return mask;
}

}  // namespace trawl::core::exact::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trawl::core::exact {

HWY_EXPORT(LaneCount);
HWY_EXPORT(ExponentAbove);
HWY_EXPORT(CutColumn);
HWY_EXPORT(CutColumnRounded);

std::size_t lanes() {
  return HWY_DYNAMIC_DISPATCH(LaneCount)();
}

int exponent_above(const double* values, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(ExponentAbove)(values, count);
}

std::uint64_t cut_column(const double* values, std::size_t rows, Cut cut, double* planes,
                         std::size_t stride) {
  return HWY_DYNAMIC_DISPATCH(CutColumn)(values, rows, cut, planes, stride);
}

void cut_column_rounded(const double* values, std::size_t rows, Cut cut, double* planes,
                        std::size_t stride) {
  HWY_DYNAMIC_DISPATCH(CutColumnRounded)(values, rows, cut, planes, stride);
}

}  // namespace trawl::core::exact
#endif
