// Plain products of the columns of one plane, whose sums are exact.
#include "core/exact/gram_kernel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/exact/gram_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/exact/exponent-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trawl::core::exact::HWY_NAMESPACE {

// The lanes of the sum of products of columns i and j <= i.
HWY_INLINE double* pair_lanes(double* sums, std::size_t i, std::size_t j) {
  return sums + (i * (i + 1) / 2 + j) * max_lanes;
}

// Sums of R columns from i on by two from j on. Sums stay in registers for a whole chunk: eight and
// the columns are what 16 registers hold.
template <std::size_t R>
HWY_INLINE void multiply_tile(const double* HWY_RESTRICT columns, std::size_t i, std::size_t j,
                              double* HWY_RESTRICT sums) {
  const Lanes d;
  const double* a = columns + i * chunk_rows;
  const double* b = columns + j * chunk_rows;
  const auto at = [&](std::size_t r, std::size_t c) { return pair_lanes(sums, i + r, j + c); };
  const Vector zero = hn::Zero(d);
  Vector c00 = hn::Load(d, at(0, 0)), c01 = hn::Load(d, at(0, 1)), c10 = zero, c11 = zero,
         c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  if constexpr (R > 1) c10 = hn::Load(d, at(1, 0)), c11 = hn::Load(d, at(1, 1));
  if constexpr (R > 2) c20 = hn::Load(d, at(2, 0)), c21 = hn::Load(d, at(2, 1));
  if constexpr (R > 3) c30 = hn::Load(d, at(3, 0)), c31 = hn::Load(d, at(3, 1));
  for (std::size_t row = 0; row < chunk_rows; row += hn::Lanes(d)) {
    const Vector b0 = hn::Load(d, b + row), b1 = hn::Load(d, b + chunk_rows + row);
    const Vector a0 = hn::Load(d, a + row);
    c00 = hn::MulAdd(a0, b0, c00), c01 = hn::MulAdd(a0, b1, c01);
    if constexpr (R > 1) {
      const Vector a1 = hn::Load(d, a + chunk_rows + row);
      c10 = hn::MulAdd(a1, b0, c10), c11 = hn::MulAdd(a1, b1, c11);
    }
    if constexpr (R > 2) {
      const Vector a2 = hn::Load(d, a + 2 * chunk_rows + row);
      c20 = hn::MulAdd(a2, b0, c20), c21 = hn::MulAdd(a2, b1, c21);
    }
    if constexpr (R > 3) {
      const Vector a3 = hn::Load(d, a + 3 * chunk_rows + row);
      c30 = hn::MulAdd(a3, b0, c30), c31 = hn::MulAdd(a3, b1, c31);
    }
  }
  hn::Store(c00, d, at(0, 0)), hn::Store(c01, d, at(0, 1));
  if constexpr (R > 1) hn::Store(c10, d, at(1, 0)), hn::Store(c11, d, at(1, 1));
  if constexpr (R > 2) hn::Store(c20, d, at(2, 0)), hn::Store(c21, d, at(2, 1));
  if constexpr (R > 3) hn::Store(c30, d, at(3, 0)), hn::Store(c31, d, at(3, 1));
}

// Sums of R columns from i on by each other and themselves.
template <std::size_t R>
HWY_INLINE void multiply_triangle(const double* HWY_RESTRICT columns, std::size_t i,
                                  double* HWY_RESTRICT sums) {
  const Lanes d;
  const double* a = columns + i * chunk_rows;
  const auto at = [&](std::size_t r, std::size_t c) { return pair_lanes(sums, i + r, i + c); };
  const Vector zero = hn::Zero(d);
  Vector c00 = hn::Load(d, at(0, 0)), c10 = zero, c11 = zero, c20 = zero, c21 = zero, c22 = zero,
         c30 = zero, c31 = zero, c32 = zero, c33 = zero;
  if constexpr (R > 1) c10 = hn::Load(d, at(1, 0)), c11 = hn::Load(d, at(1, 1));
  if constexpr (R > 2) {
    c20 = hn::Load(d, at(2, 0)), c21 = hn::Load(d, at(2, 1)), c22 = hn::Load(d, at(2, 2));
  }
  if constexpr (R > 3) {
    c30 = hn::Load(d, at(3, 0)), c31 = hn::Load(d, at(3, 1)), c32 = hn::Load(d, at(3, 2)),
    c33 = hn::Load(d, at(3, 3));
  }
  for (std::size_t row = 0; row < chunk_rows; row += hn::Lanes(d)) {
    const Vector a0 = hn::Load(d, a + row);
    c00 = hn::MulAdd(a0, a0, c00);
    if constexpr (R > 1) {
      const Vector a1 = hn::Load(d, a + chunk_rows + row);
      c10 = hn::MulAdd(a1, a0, c10), c11 = hn::MulAdd(a1, a1, c11);
      if constexpr (R > 2) {
        const Vector a2 = hn::Load(d, a + 2 * chunk_rows + row);
        c20 = hn::MulAdd(a2, a0, c20), c21 = hn::MulAdd(a2, a1, c21);
        c22 = hn::MulAdd(a2, a2, c22);
        if constexpr (R > 3) {
          const Vector a3 = hn::Load(d, a + 3 * chunk_rows + row);
          c30 = hn::MulAdd(a3, a0, c30), c31 = hn::MulAdd(a3, a1, c31);
          c32 = hn::MulAdd(a3, a2, c32), c33 = hn::MulAdd(a3, a3, c33);
        }
      }
    }
  }
  hn::Store(c00, d, at(0, 0));
  if constexpr (R > 1) hn::Store(c10, d, at(1, 0)), hn::Store(c11, d, at(1, 1));
  if constexpr (R > 2) {
    hn::Store(c20, d, at(2, 0)), hn::Store(c21, d, at(2, 1)), hn::Store(c22, d, at(2, 2));
  }
  if constexpr (R > 3) {
    hn::Store(c30, d, at(3, 0)), hn::Store(c31, d, at(3, 1)), hn::Store(c32, d, at(3, 2)),
        hn::Store(c33, d, at(3, 3));
  }
}

template <std::size_t R>
HWY_INLINE void multiply_rows(const double* columns, std::size_t i, double* sums) {
  for (std::size_t j = 0; j < i; j += 2) multiply_tile<R>(columns, i, j, sums);
  multiply_triangle<R>(columns, i, sums);
}

void MultiplyAll(const double* columns, std::size_t count, double* sums) {
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) multiply_rows<4>(columns, i, sums);
  if (count - i == 3) multiply_rows<3>(columns, i, sums);
  if (count - i == 2) multiply_rows<2>(columns, i, sums);
  if (count - i == 1) multiply_rows<1>(columns, i, sums);
}

void MultiplyOwn(const double* HWY_RESTRICT columns, std::size_t count, double* HWY_RESTRICT sums) {
  const Lanes d;
  for (std::size_t i = 0; i < count; ++i) {
    Vector sum = hn::Load(d, sums + i * max_lanes);
    for (std::size_t row = 0; row < chunk_rows; row += hn::Lanes(d)) {
      const Vector a = hn::Load(d, columns + i * chunk_rows + row);
      sum = hn::MulAdd(a, a, sum);
    }
    hn::Store(sum, d, sums + i * max_lanes);
  }
}

void MultiplyFirst(const double* HWY_RESTRICT columns, double* HWY_RESTRICT sums) {
  const Lanes d;
  const std::size_t n = hn::Lanes(d);
  const double* a = columns;
  const double* b = columns + chunk_rows;
  const auto term = [&](std::size_t row, Vector sum) HWY_ATTR {
    return hn::MulAdd(hn::Load(d, a + row), hn::Load(d, b + row), sum);
  };
  Vector s0 = hn::Load(d, sums), s1 = hn::Zero(d), s2 = s1, s3 = s1;
  for (std::size_t row = 0; row < chunk_rows; row += 4 * n) {
    s0 = term(row, s0), s1 = term(row + n, s1);
    s2 = term(row + 2 * n, s2), s3 = term(row + 3 * n, s3);
  }
  hn::Store(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)), d, sums);
}

void AddColumns(const double* HWY_RESTRICT columns, std::size_t count, double* HWY_RESTRICT sums) {
  const Lanes d;
  for (std::size_t i = 0; i < count; ++i) {
    Vector sum = hn::Load(d, sums + i * max_lanes);
    for (std::size_t row = 0; row < chunk_rows; row += hn::Lanes(d)) {
      sum = hn::Add(sum, hn::Load(d, columns + i * chunk_rows + row));
    }
    hn::Store(sum, d, sums + i * max_lanes);
  }
}

void ReadLanes(double* HWY_RESTRICT sums, std::size_t count, std::int64_t* HWY_RESTRICT totals) {
  const Lanes d;
  const Words words;
  for (std::size_t k = 0; k < count; ++k) {
    const auto units = hn::ConvertTo(words, hn::Load(d, sums + k * max_lanes));
    totals[k] = hn::GetLane(hn::SumOfLanes(words, units));
    hn::Store(hn::Zero(d), d, sums + k * max_lanes);
  }
}

}  // namespace trawl::core::exact::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trawl::core::exact {

HWY_EXPORT(MultiplyAll);
HWY_EXPORT(MultiplyOwn);
HWY_EXPORT(MultiplyFirst);
HWY_EXPORT(AddColumns);
HWY_EXPORT(ReadLanes);

void multiply_all(const double* columns, std::size_t count, double* sums) {
  HWY_DYNAMIC_DISPATCH(MultiplyAll)(columns, count, sums);
}

void multiply_own(const double* columns, std::size_t count, double* sums) {
  HWY_DYNAMIC_DISPATCH(MultiplyOwn)(columns, count, sums);
}

void multiply_first(const double* columns, double* sums) {
  HWY_DYNAMIC_DISPATCH(MultiplyFirst)(columns, sums);
}

void add_columns(const double* columns, std::size_t count, double* sums) {
  HWY_DYNAMIC_DISPATCH(AddColumns)(columns, count, sums);
}

void read_lanes(double* sums, std::size_t count, std::int64_t* totals) {
  HWY_DYNAMIC_DISPATCH(ReadLanes)(sums, count, totals);
}

}  // namespace trawl::core::exact
#endif
