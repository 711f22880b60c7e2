#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "core/kernels/kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/text_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/mask_bits-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trawl::core::kernels::HWY_NAMESPACE {

// Compares three bytes of the needle at a vector of places at once, and the rest only where all
// agree (W. Mula, "SIMD-friendly algorithms for substring searching", 2016, the generic algorithm,
// with the rarest bytes instead of the first and the last).
std::size_t FindSubstring(const std::uint8_t* text, std::size_t size, const std::uint8_t* needle,
                          std::size_t length, const std::size_t* probes, std::size_t from) {
  const Lanes<std::uint8_t> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t a = probes[0], b = probes[1], c = probes[2];
  const auto byte_a = hn::Set(d, needle[a]);
  const auto byte_b = hn::Set(d, needle[b]);
  const auto byte_c = hn::Set(d, needle[c]);
  std::size_t at = from;
  for (; at + length - 1 + lanes <= size; at += lanes) {
    const auto two = hn::And(hn::Eq(hn::LoadU(d, text + at + a), byte_a),
                             hn::Eq(hn::LoadU(d, text + at + b), byte_b));
    const auto all = hn::And(two, hn::Eq(hn::LoadU(d, text + at + c), byte_c));
    if (hn::AllFalse(d, all)) continue;
    for (std::uint64_t bits = bits_of(d, all); bits != 0; bits &= bits - 1) {
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

Needle::Needle(std::string_view needle, std::string_view sample) : text(needle) {
  std::array<std::uint32_t, 256> count{};
  for (const char c : sample.substr(0, 8192)) ++count[static_cast<std::uint8_t>(c)];
  std::vector<std::size_t> places(needle.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  const std::size_t wanted = std::min(places.size(), probes.size());
  std::partial_sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(wanted),
                    places.end(), [&](std::size_t a, std::size_t b) {
                      return std::pair(count[static_cast<std::uint8_t>(needle[a])], a) <
                             std::pair(count[static_cast<std::uint8_t>(needle[b])], b);
                    });
  for (std::size_t i = 0; i < probes.size() && wanted > 0; ++i)
    probes[i] = places[std::min(i, wanted - 1)];
}

std::size_t find_substring(std::string_view text, const Needle& needle, std::size_t from) {
  if (needle.text.empty()) return from < text.size() ? from : text.size();
  return HWY_DYNAMIC_DISPATCH(FindSubstring)(
      reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
      reinterpret_cast<const std::uint8_t*>(needle.text.data()), needle.text.size(),
      needle.probes.data(), from);
}

}  // namespace trawl::core::kernels
#endif
