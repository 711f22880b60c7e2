#include "store/shuffle.hpp"

#include <cstdint>
#include <cstring>

// Compiled once per instruction set; the best one is chosen at run time. All give the same bytes.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "store/shuffle.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace trawl::store::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
// One lane per vector cannot interleave: the plain loops below do it all.
std::size_t unshuffle_2(const std::uint8_t*, std::size_t, std::uint8_t*) {
  return 0;
}
std::size_t unshuffle_4(const std::uint8_t*, std::size_t, std::uint8_t*) {
  return 0;
}
std::size_t unshuffle_8(const std::uint8_t*, std::size_t, std::uint8_t*) {
  return 0;
}
std::size_t shuffle_2(const std::uint8_t*, std::size_t, std::uint8_t*) {
  return 0;
}
std::size_t shuffle_4(const std::uint8_t*, std::size_t, std::uint8_t*) {
  return 0;
}
std::size_t shuffle_8(const std::uint8_t*, std::size_t, std::uint8_t*) {
  return 0;
}
#else

// Sixteen elements at a time in 128-bit vectors, because interleaving does not cross 128-bit
// blocks.
using Bytes16 = hn::CappedTag<std::uint8_t, 16>;
constexpr std::size_t step = 16;

std::size_t unshuffle_2(const std::uint8_t* from, std::size_t n, std::uint8_t* into) {
  const Bytes16 d;
  std::size_t i = 0;
  for (; i + step <= n; i += step) {
    hn::StoreInterleaved2(hn::LoadU(d, from + i), hn::LoadU(d, from + n + i), d, into + 2 * i);
  }
  return i;
}

std::size_t unshuffle_4(const std::uint8_t* from, std::size_t n, std::uint8_t* into) {
  const Bytes16 d;
  std::size_t i = 0;
  for (; i + step <= n; i += step) {
    hn::StoreInterleaved4(hn::LoadU(d, from + i), hn::LoadU(d, from + n + i),
                          hn::LoadU(d, from + 2 * n + i), hn::LoadU(d, from + 3 * n + i), d,
                          into + 4 * i);
  }
  return i;
}

// Pairs of planes become 16-bit lanes, four of which make an element.
std::size_t unshuffle_8(const std::uint8_t* from, std::size_t n, std::uint8_t* into) {
  const Bytes16 d;
  const hn::RepartitionToWide<Bytes16> dw;
  std::size_t i = 0;
  for (; i + step <= n; i += step) {
    const auto plane = [&](std::size_t b) { return hn::LoadU(d, from + b * n + i); };
    const auto a0 = plane(0), a1 = plane(1), a2 = plane(2), a3 = plane(3);
    const auto a4 = plane(4), a5 = plane(5), a6 = plane(6), a7 = plane(7);
    auto* out = reinterpret_cast<std::uint16_t*>(into + 8 * i);
    const auto low = [&](auto x, auto y) { return hn::BitCast(dw, hn::InterleaveLower(d, x, y)); };
    const auto high = [&](auto x, auto y) { return hn::BitCast(dw, hn::InterleaveUpper(d, x, y)); };
    hn::StoreInterleaved4(low(a0, a1), low(a2, a3), low(a4, a5), low(a6, a7), dw, out);
    hn::StoreInterleaved4(high(a0, a1), high(a2, a3), high(a4, a5), high(a6, a7), dw, out + 32);
  }
  return i;
}

std::size_t shuffle_2(const std::uint8_t* from, std::size_t n, std::uint8_t* into) {
  const Bytes16 d;
  std::size_t i = 0;
  for (; i + step <= n; i += step) {
    auto a = hn::Zero(d), b = a;
    hn::LoadInterleaved2(d, from + 2 * i, a, b);
    hn::StoreU(a, d, into + i);
    hn::StoreU(b, d, into + n + i);
  }
  return i;
}

std::size_t shuffle_4(const std::uint8_t* from, std::size_t n, std::uint8_t* into) {
  const Bytes16 d;
  std::size_t i = 0;
  for (; i + step <= n; i += step) {
    auto a = hn::Zero(d), b = a, c = a, e = a;
    hn::LoadInterleaved4(d, from + 4 * i, a, b, c, e);
    hn::StoreU(a, d, into + i);
    hn::StoreU(b, d, into + n + i);
    hn::StoreU(c, d, into + 2 * n + i);
    hn::StoreU(e, d, into + 3 * n + i);
  }
  return i;
}

// An 8-byte element is two 4-byte ones: de-interleave those first, in a block that stays in cache.
std::size_t shuffle_8(const std::uint8_t* from, std::size_t n, std::uint8_t* into) {
  const Bytes16 d;
  std::size_t i = 0;
  for (; i + step <= n; i += step) {
    std::uint32_t words[2][step];
    for (std::size_t k = 0; k < step; ++k) {
      std::memcpy(&words[0][k], from + 8 * (i + k), 4);
      std::memcpy(&words[1][k], from + 8 * (i + k) + 4, 4);
    }
    for (std::size_t half = 0; half < 2; ++half) {
      auto a = hn::Zero(d), b = a, c = a, e = a;
      hn::LoadInterleaved4(d, reinterpret_cast<const std::uint8_t*>(words[half]), a, b, c, e);
      std::uint8_t* out = into + 4 * half * n + i;
      hn::StoreU(a, d, out);
      hn::StoreU(b, d, out + n);
      hn::StoreU(c, d, out + 2 * n);
      hn::StoreU(e, d, out + 3 * n);
    }
  }
  return i;
}

#endif

void shuffle_bytes(const std::byte* from, std::size_t elements, std::size_t element_bytes,
                   std::byte* into) {
  const auto* in = reinterpret_cast<const std::uint8_t*>(from);
  auto* out = reinterpret_cast<std::uint8_t*>(into);
  std::size_t done = 0;
  if (element_bytes == 2) done = shuffle_2(in, elements, out);
  if (element_bytes == 4) done = shuffle_4(in, elements, out);
  if (element_bytes == 8) done = shuffle_8(in, elements, out);
  for (; done < elements; ++done) {
    for (std::size_t b = 0; b < element_bytes; ++b) {
      out[b * elements + done] = in[done * element_bytes + b];
    }
  }
}

void unshuffle_bytes(const std::byte* from, std::size_t elements, std::size_t element_bytes,
                     std::byte* into) {
  const auto* in = reinterpret_cast<const std::uint8_t*>(from);
  auto* out = reinterpret_cast<std::uint8_t*>(into);
  std::size_t done = 0;
  if (element_bytes == 2) done = unshuffle_2(in, elements, out);
  if (element_bytes == 4) done = unshuffle_4(in, elements, out);
  if (element_bytes == 8) done = unshuffle_8(in, elements, out);
  for (; done < elements; ++done) {
    for (std::size_t b = 0; b < element_bytes; ++b) {
      out[done * element_bytes + b] = in[b * elements + done];
    }
  }
}

}  // namespace trawl::store::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trawl::store {

HWY_EXPORT(shuffle_bytes);
HWY_EXPORT(unshuffle_bytes);

void shuffle(const std::byte* from, std::size_t elements, std::size_t element_bytes,
             std::byte* into) {
  HWY_DYNAMIC_DISPATCH(shuffle_bytes)(from, elements, element_bytes, into);
}

void unshuffle(const std::byte* from, std::size_t elements, std::size_t element_bytes,
               std::byte* into) {
  HWY_DYNAMIC_DISPATCH(unshuffle_bytes)(from, elements, element_bytes, into);
}

}  // namespace trawl::store
#endif
