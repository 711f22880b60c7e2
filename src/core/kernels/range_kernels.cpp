#include <type_traits>

#include "core/kernels/integer_lanes.hpp"
#include "core/kernels/kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/range_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/mask_bits-inl.h"

// Calls M(name suffix, C++ type) for every lane type.
#define TRAWL_FOR_EACH_LANE(M)   \
  TRAWL_FOR_EACH_INTEGER_LANE(M) \
  M(F32, float)                  \
  M(F64, double)

HWY_BEFORE_NAMESPACE();
namespace trawl::core::kernels::HWY_NAMESPACE {

// Integer lanes have no cheap <= on every target: narrow ones are in range when clamping leaves
// them as they are, 64-bit ones (no min and max before AVX-512) when they are not outside. Real
// lanes need both comparisons, which NaN fails.
template <class T>
HWY_INLINE void range(const T* values, std::size_t rows, T lo, T hi, const std::uint64_t* select,
                      std::uint64_t* out) {
  const Lanes<T> d;
  const auto low = hn::Set(d, lo);
  const auto high = hn::Set(d, hi);
  select_where(values, rows, select, out, [&](auto v) HWY_ATTR {
    if constexpr (std::is_floating_point_v<T>) {
      return hn::And(hn::Ge(v, low), hn::Le(v, high));
    } else if constexpr (sizeof(T) < 8) {
      return hn::Eq(hn::Min(hn::Max(v, low), high), v);
    } else {
      return hn::Not(hn::Or(hn::Lt(v, low), hn::Lt(high, v)));
    }
  });
}

template <class T>
HWY_INLINE void one_value(const T* values, std::size_t rows, T value, const std::uint64_t* select,
                          std::uint64_t* out) {
  const Lanes<T> d;
  const auto wanted = hn::Set(d, value);
  select_where(values, rows, select, out, [&](auto v) HWY_ATTR { return hn::Eq(v, wanted); });
}

template <class T>
HWY_INLINE void list(const T* values, std::size_t rows, const T* HWY_RESTRICT wanted,
                     std::size_t count, const std::uint64_t* select, std::uint64_t* out) {
  const Lanes<T> d;
  select_where(values, rows, select, out, [&](auto v) HWY_ATTR {
    auto found = hn::Eq(v, hn::Set(d, wanted[0]));
    for (std::size_t k = 1; k < count; ++k) {
      found = hn::Or(found, hn::Eq(v, hn::Set(d, wanted[k])));
    }
    return found;
  });
}

#define TRAWL_KERNELS(NAME, T)                                                                 \
  void Range##NAME(const T* values, std::size_t rows, T lo, T hi, const std::uint64_t* select, \
                   std::uint64_t* out) {                                                       \
    if (lo == hi) return one_value(values, rows, lo, select, out);                             \
    range(values, rows, lo, hi, select, out);                                                  \
  }                                                                                            \
  void List##NAME(const T* values, std::size_t rows, const T* wanted, std::size_t count,       \
                  const std::uint64_t* select, std::uint64_t* out) {                           \
    list(values, rows, wanted, count, select, out);                                            \
  }
TRAWL_FOR_EACH_LANE(TRAWL_KERNELS)
#undef TRAWL_KERNELS

}  // namespace trawl::core::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trawl::core::kernels {

#define TRAWL_KERNELS(NAME, T)                                                                     \
  HWY_EXPORT(Range##NAME);                                                                         \
  HWY_EXPORT(List##NAME);                                                                          \
  template <>                                                                                      \
  void select_range<T>(const T* values, std::size_t rows, T lo, T hi, const std::uint64_t* select, \
                       std::uint64_t* out) {                                                       \
    if (!(lo <= hi)) { /* the clamping kernels would take an empty range for a full one */         \
      for (std::size_t w = 0; w < (rows + 63) / 64; ++w) out[w] = 0;                               \
      return;                                                                                      \
    }                                                                                              \
    HWY_DYNAMIC_DISPATCH(Range##NAME)(values, rows, lo, hi, select, out);                          \
  }                                                                                                \
  template <>                                                                                      \
  void select_list<T>(const T* values, std::size_t rows, const T* list, std::size_t count,         \
                      const std::uint64_t* select, std::uint64_t* out) {                           \
    if (count == 0) {                                                                              \
      for (std::size_t w = 0; w < (rows + 63) / 64; ++w) out[w] = 0;                               \
      return;                                                                                      \
    }                                                                                              \
    HWY_DYNAMIC_DISPATCH(List##NAME)(values, rows, list, count, select, out);                      \
  }
TRAWL_FOR_EACH_LANE(TRAWL_KERNELS)
#undef TRAWL_KERNELS

}  // namespace trawl::core::kernels
#endif
