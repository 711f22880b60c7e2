#include "core/kernels/kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/compare_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/mask_bits-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trawl::core::kernels::HWY_NAMESPACE {

// Mask words of test(a, b) for all rows.
template <class T, class Test>
HWY_INLINE void compare(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, std::size_t rows,
                        std::uint64_t* HWY_RESTRICT out, const Test& test) {
  const Lanes<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t full = rows / 64;
  for (std::size_t w = 0; w < full; ++w) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < 64; i += lanes) {
      const std::size_t at = w * 64 + i;
      word |= bits_of(d, test(hn::LoadU(d, a + at), hn::LoadU(d, b + at))) << i;
    }
    out[w] = word;
  }
  if (rows % 64 == 0) return;
  alignas(64) T left[64] = {}, right[64] = {};
  std::memcpy(left, a + full * 64, (rows % 64) * sizeof(T));
  std::memcpy(right, b + full * 64, (rows % 64) * sizeof(T));
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 64; i += lanes) {
    word |= bits_of(d, test(hn::LoadU(d, left + i), hn::LoadU(d, right + i))) << i;
  }
  out[full] = word & ((std::uint64_t{1} << rows % 64) - 1);
}

#define TRAWL_KERNELS(NAME, T)                                                      \
  void Less##NAME(const T* a, const T* b, std::size_t rows, std::uint64_t* out) {   \
    compare(a, b, rows, out, [](auto x, auto y) HWY_ATTR { return hn::Lt(x, y); }); \
  }                                                                                 \
  void Equal##NAME(const T* a, const T* b, std::size_t rows, std::uint64_t* out) {  \
    compare(a, b, rows, out, [](auto x, auto y) HWY_ATTR { return hn::Eq(x, y); }); \
  }
TRAWL_KERNELS(I64, std::int64_t)
TRAWL_KERNELS(F64, double)
#undef TRAWL_KERNELS

}  // namespace trawl::core::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trawl::core::kernels {

#define TRAWL_KERNELS(NAME, T)                                                  \
  HWY_EXPORT(Less##NAME);                                                       \
  HWY_EXPORT(Equal##NAME);                                                      \
  template <>                                                                   \
  void less<T>(const T* a, const T* b, std::size_t rows, std::uint64_t* out) {  \
    HWY_DYNAMIC_DISPATCH(Less##NAME)(a, b, rows, out);                          \
  }                                                                             \
  template <>                                                                   \
  void equal<T>(const T* a, const T* b, std::size_t rows, std::uint64_t* out) { \
    HWY_DYNAMIC_DISPATCH(Equal##NAME)(a, b, rows, out);                         \
  }
TRAWL_KERNELS(I64, std::int64_t)
TRAWL_KERNELS(F64, double)
#undef TRAWL_KERNELS

}  // namespace trawl::core::kernels
#endif
