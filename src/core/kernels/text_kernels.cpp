#include <cstring>

#include "core/kernels/kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/text_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/mask_bits-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trawl::core::kernels::HWY_NAMESPACE {

// Compares the first and the last byte of the needle at a vector of places at once, and the rest
// only where both agree (W. Mula, "SIMD-friendly algorithms for substring searching", 2016, the
// generic algorithm).
std::size_t FindSubstring(const std::uint8_t* text, std::size_t size, const std::uint8_t* needle,
                          std::size_t length, std::size_t from) {
  const Lanes<std::uint8_t> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto first = hn::Set(d, needle[0]);
  const auto last = hn::Set(d, needle[length - 1]);
  std::size_t at = from;
  for (; at + length - 1 + lanes <= size; at += lanes) {
    const auto both = hn::And(hn::Eq(hn::LoadU(d, text + at), first),
                              hn::Eq(hn::LoadU(d, text + at + length - 1), last));
    if (hn::AllFalse(d, both)) continue;
    for (std::uint64_t bits = bits_of(d, both); bits != 0; bits &= bits - 1) {
      const std::size_t place = at + static_cast<std::size_t>(__builtin_ctzll(bits));
      if (std::memcmp(text + place, needle, length) == 0) return place;
    }
  }
  for (; at + length <= size; ++at) {
    if (std::memcmp(text + at, needle, length) == 0) return at;
  }
  return size;
}

}  // namespace trawl::core::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trawl::core::kernels {

HWY_EXPORT(FindSubstring);

std::size_t find_substring(std::string_view text, std::string_view needle, std::size_t from) {
  if (needle.empty()) return from < text.size() ? from : text.size();
  return HWY_DYNAMIC_DISPATCH(FindSubstring)(
      reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
      reinterpret_cast<const std::uint8_t*>(needle.data()), needle.size(), from);
}

}  // namespace trawl::core::kernels
#endif
