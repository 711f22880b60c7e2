// Bits of vector comparisons as mask words. Included once per Highway target, so the guard toggles.
#if defined(TRAWL_CORE_KERNELS_MASK_BITS) == defined(HWY_TARGET_TOGGLE)
#ifdef TRAWL_CORE_KERNELS_MASK_BITS
#undef TRAWL_CORE_KERNELS_MASK_BITS
#else
#define TRAWL_CORE_KERNELS_MASK_BITS
#endif

#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace trawl::core::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Never more lanes than a mask word has bits (SVE may have).
template <class T>
using Lanes = hn::CappedTag<T, 64>;

// Lane i of the mask in bit i. Reads exactly the bytes that were stored: a wider load would stall
// on them.
template <class D, class M>
HWY_INLINE std::uint64_t bits_of(D d, M mask) {
  constexpr std::size_t bytes = (hn::MaxLanes(D()) + 7) / 8;
  alignas(8) std::uint8_t stored[8] = {};
  hn::StoreMaskBits(d, mask, stored);
  if constexpr (bytes == 1) {
    return stored[0];
  } else if constexpr (bytes == 2) {
    std::uint16_t bits;
    std::memcpy(&bits, stored, sizeof(bits));
    return bits;
  } else if constexpr (bytes == 4) {
    std::uint32_t bits;
    std::memcpy(&bits, stored, sizeof(bits));
    return bits;
  } else {
    std::uint64_t bits;
    std::memcpy(&bits, stored, sizeof(bits));
    return bits;
  }
}

// The mask word of 64 values under `test`: vector -> mask.
template <class D, class T, class Test>
HWY_INLINE std::uint64_t word_of(D d, const T* HWY_RESTRICT values, const Test& test) {
  const std::size_t lanes = hn::Lanes(d);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 64; i += lanes) {
    word |= bits_of(d, test(hn::LoadU(d, values + i))) << i;
  }
  return word;
}

// out = select AND test, for all rows; words without a selected row are not read.
template <class T, class Test>
HWY_INLINE void select_where(const T* HWY_RESTRICT values, std::size_t rows,
                             const std::uint64_t* HWY_RESTRICT select,
                             std::uint64_t* HWY_RESTRICT out, const Test& test) {
  const Lanes<T> d;
  const std::size_t full = rows / 64;
  for (std::size_t w = 0; w < full; ++w) {
    const std::uint64_t wanted = select[w];
    out[w] = wanted == 0 ? 0 : wanted & word_of(d, values + w * 64, test);
  }
  if (rows % 64 != 0) {
    alignas(64) T padded[64] = {};
    std::memcpy(padded, values + full * 64, (rows % 64) * sizeof(T));
    out[full] = select[full] & word_of(d, padded, test);
  }
}

}  // namespace trawl::core::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
