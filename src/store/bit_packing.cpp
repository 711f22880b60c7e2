#include "store/bit_packing.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

// Compiled once per instruction set; the best one is chosen at run time. All give the same bytes.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "store/bit_packing.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace trawl::store::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Groups of eight values begin on a byte, so where their bytes lie and how far they are shifted is
// the same in every group: four tables for four pairs. Returns how many values were unpacked; the
// last few, where 16 bytes may not be loaded, are left.
std::size_t UnpackPairs(const std::uint8_t* packed, std::size_t bytes, std::size_t count,
                        unsigned width, std::uint64_t* values) {
#if HWY_TARGET == HWY_SCALAR
  (void)packed, (void)bytes, (void)count, (void)width, (void)values;
  return 0;
#else
  const hn::FixedTag<std::uint8_t, 16> d8;
  const hn::FixedTag<std::uint64_t, 2> d64;
  alignas(16) std::uint8_t order[4][16];
  alignas(16) std::uint64_t left[4][2];
  std::size_t begin[4];
  for (std::size_t pair = 0; pair < 4; ++pair) {
    begin[pair] = 2 * pair * width / 8;
    for (std::size_t lane = 0; lane < 2; ++lane) {
      const std::size_t bit = (2 * pair + lane) * width;
      const std::size_t first = bit / 8 - begin[pair];
      left[pair][lane] = bit % 8;
      for (std::size_t i = 0; i < 8; ++i)
        order[pair][lane * 8 + i] = static_cast<std::uint8_t>(first + 7 - i);
    }
  }
  const auto order0 = hn::Load(d8, order[0]), order1 = hn::Load(d8, order[1]);
  const auto order2 = hn::Load(d8, order[2]), order3 = hn::Load(d8, order[3]);
  const auto left0 = hn::Load(d64, left[0]), left1 = hn::Load(d64, left[1]);
  const auto left2 = hn::Load(d64, left[2]), left3 = hn::Load(d64, left[3]);
  const int right = static_cast<int>(64 - width);
  const auto one = [&](const std::uint8_t* from, auto bytes_in_order, auto shift,
                       std::uint64_t* into) HWY_ATTR {
    const auto window = hn::BitCast(d64, hn::TableLookupBytes(hn::LoadU(d8, from), bytes_in_order));
    hn::StoreU(hn::ShiftRightSame(hn::Shl(window, shift), right), d64, into);
  };
  std::size_t done = 0;
  for (; done + 8 <= count && done / 8 * width + begin[3] + 16 <= bytes; done += 8) {
    const std::uint8_t* from = packed + done / 8 * width;
    one(from + begin[0], order0, left0, values + done);
    one(from + begin[1], order1, left1, values + done + 2);
    one(from + begin[2], order2, left2, values + done + 4);
    one(from + begin[3], order3, left3, values + done + 6);
  }
  return done;
#endif
}

// Adds the least value and narrows, in place for 8-byte elements.
template <class T>
HWY_INLINE void add_least(const std::uint64_t* values, std::size_t count, std::uint64_t least,
                          T* into) {
  const hn::CappedTag<std::uint64_t, 8> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto offset = hn::Set(d, least);
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  for (; i + lanes <= count; i += lanes) {
    const auto sum = hn::Add(hn::LoadU(d, values + i), offset);
    if constexpr (sizeof(T) == 8) {
      hn::StoreU(sum, d, into + i);
    } else {
      const hn::Rebind<T, decltype(d)> narrow;
      hn::StoreU(hn::TruncateTo(narrow, sum), narrow, into + i);
    }
  }
#else
  (void)d, (void)lanes, (void)offset;
#endif
  for (; i < count; ++i) into[i] = static_cast<T>(values[i] + least);
}

void AddLeast8(const std::uint64_t* values, std::size_t count, std::uint64_t least,
               std::uint8_t* into) {
  add_least(values, count, least, into);
}
void AddLeast16(const std::uint64_t* values, std::size_t count, std::uint64_t least,
                std::uint16_t* into) {
  add_least(values, count, least, into);
}
void AddLeast32(const std::uint64_t* values, std::size_t count, std::uint64_t least,
                std::uint32_t* into) {
  add_least(values, count, least, into);
}
void AddLeast64(const std::uint64_t* values, std::size_t count, std::uint64_t least,
                std::uint64_t* into) {
  add_least(values, count, least, into);
}

// value / power + least, as HDF5 computes it.
void Scale(const std::uint64_t* values, std::size_t count, double power, double least,
           double* into) {
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<double> d;
  const hn::RebindToSigned<decltype(d)> di;
  const auto by = hn::Set(d, power);
  const auto offset = hn::Set(d, least);
  const std::size_t lanes = hn::Lanes(d);
  for (; i + lanes <= count; i += lanes) {
    const auto integers = hn::LoadU(di, reinterpret_cast<const std::int64_t*>(values + i));
    hn::StoreU(hn::Add(hn::Div(hn::ConvertTo(d, integers), by), offset), d, into + i);
  }
#endif
  for (; i < count; ++i)
    into[i] = static_cast<double>(static_cast<std::int64_t>(values[i])) / power + least;
}

}  // namespace trawl::store::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trawl::store {
namespace {

HWY_EXPORT(UnpackPairs);
HWY_EXPORT(AddLeast8);
HWY_EXPORT(AddLeast16);
HWY_EXPORT(AddLeast32);
HWY_EXPORT(AddLeast64);
HWY_EXPORT(Scale);

constexpr std::size_t header_bytes = 21;
constexpr unsigned widest_in_pairs = 56;  // with up to 7 bits before it, a value lies in 8 bytes
constexpr unsigned widest_decimal = 53;   // integers that doubles hold exactly
constexpr std::size_t block_values = 512;

__extension__ typedef unsigned __int128 uint128;

constexpr std::array<double, Packing::max_scale + 1> powers = {1e0, 1e1, 1e2, 1e3, 1e4,
                                                               1e5, 1e6, 1e7, 1e8, 1e9};

std::size_t stored_bytes(std::size_t elements, unsigned width) {
  return header_bytes + elements * width / 8 + 1;  // as HDF5 counts: one byte more than needed
}

// The integer whose scaled form is exactly this double; nothing when there is none.
std::optional<std::uint64_t> as_decimal(double value, double power) {
  const double scaled = value * power;
  if (!(scaled >= 0.0 && scaled <= 9007199254740992.0)) return std::nullopt;  // 2^53; not NaN
  const auto integer = static_cast<std::uint64_t>(std::nearbyint(scaled));
  // By bits: -0.0 equals 0.0, but is not what the formula gives.
  const double back = static_cast<double>(integer) / power;
  if (std::bit_cast<std::uint64_t>(back) != std::bit_cast<std::uint64_t>(value))
    return std::nullopt;
  return integer;
}

template <class T>
std::uint64_t load_element(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
}

// Elements widened to 64 bits, with their sign.
void widen(Bytes raw, std::size_t element_bytes, bool is_signed, std::uint64_t* values) {
  const std::size_t count = raw.size() / element_bytes;
  const auto all = [&]<class T>(T) {
    for (std::size_t i = 0; i < count; ++i) values[i] = load_element<T>(raw.data() + i * sizeof(T));
  };
  switch (element_bytes) {
    case 1:
      return is_signed ? all(std::int8_t{}) : all(std::uint8_t{});
    case 2:
      return is_signed ? all(std::int16_t{}) : all(std::uint16_t{});
    case 4:
      return is_signed ? all(std::int32_t{}) : all(std::uint32_t{});
    default:
      return all(std::int64_t{});
  }
}

void pack_bits(std::span<const std::uint64_t> values, unsigned width, std::byte* into) {
  uint128 pending = 0;
  unsigned bits = 0;
  for (const std::uint64_t value : values) {
    pending = pending << width | value;
    bits += width;
    while (bits >= 8) {
      bits -= 8;
      *into++ = static_cast<std::byte>(pending >> bits);
    }
  }
  if (bits > 0) *into = static_cast<std::byte>(pending << (8 - bits));
}

void write_header(std::vector<std::byte>& stored, unsigned width, std::uint64_t least) {
  const std::uint32_t bits = width;
  std::memcpy(stored.data(), &bits, sizeof bits);
  stored[4] = std::byte{sizeof least};
  std::memcpy(stored.data() + 5, &least, sizeof least);
}

std::uint64_t read_bits(Bytes packed, std::size_t bit, unsigned width) {
  uint128 window = 0;
  const std::size_t first = bit / 8;
  for (std::size_t i = 0; i < 9; ++i) {
    const std::size_t at = first + i;
    window = window << 8 | (at < packed.size() ? std::to_integer<std::uint64_t>(packed[at]) : 0);
  }
  const auto value = static_cast<std::uint64_t>(window >> (72 - bit % 8 - width));
  return width == 64 ? value : value & ((std::uint64_t{1} << width) - 1);
}

// Values [begin, begin + count), begin a multiple of 8.
void unpack_block(Bytes packed, std::size_t begin, std::size_t count, unsigned width,
                  std::uint64_t* values) {
  const Bytes from = packed.subspan(begin / 8 * width);
  std::size_t done = 0;
  if (width <= widest_in_pairs) {
    done = HWY_DYNAMIC_DISPATCH(UnpackPairs)(reinterpret_cast<const std::uint8_t*>(from.data()),
                                             from.size(), count, width, values);
  }
  for (; done < count; ++done) values[done] = read_bits(from, done * width, width);
}

void finish_block(const Packing& packing, std::size_t element_bytes, const std::uint64_t* values,
                  std::size_t count, std::uint64_t least, std::byte* into) {
  if (packing.kind == Packing::Kind::decimals) {
    HWY_DYNAMIC_DISPATCH(Scale)
    (values, count, powers[static_cast<std::size_t>(packing.scale)], std::bit_cast<double>(least),
     reinterpret_cast<double*>(into));
    return;
  }
  switch (element_bytes) {
    case 1:
      return HWY_DYNAMIC_DISPATCH(AddLeast8)(values, count, least,
                                             reinterpret_cast<std::uint8_t*>(into));
    case 2:
      return HWY_DYNAMIC_DISPATCH(AddLeast16)(values, count, least,
                                              reinterpret_cast<std::uint16_t*>(into));
    case 4:
      return HWY_DYNAMIC_DISPATCH(AddLeast32)(values, count, least,
                                              reinterpret_cast<std::uint32_t*>(into));
    default:
      return HWY_DYNAMIC_DISPATCH(AddLeast64)(values, count, least,
                                              reinterpret_cast<std::uint64_t*>(into));
  }
}

}  // namespace

std::optional<int> decimal_scale(std::span<const double> values) {
  constexpr std::size_t sample = 1024;
  const std::size_t step = std::max<std::size_t>(1, values.size() / sample);
  for (int scale = 0; scale <= Packing::max_scale; ++scale) {
    bool all = !values.empty();
    for (std::size_t i = 0; all && i < values.size(); i += step)
      all = as_decimal(values[i], powers[static_cast<std::size_t>(scale)]).has_value();
    if (all) return scale;
  }
  return std::nullopt;
}

bool pack(const Packing& packing, std::size_t element_bytes, Bytes raw,
          std::vector<std::byte>& stored) {
  const std::size_t count = raw.size() / element_bytes;
  if (packing.kind == Packing::Kind::none || count == 0) return false;
  thread_local std::vector<std::uint64_t> values;
  values.resize(count);
  std::uint64_t least = 0;
  std::uint64_t range = 0;
  if (packing.kind == Packing::Kind::decimals) {
    const double power = powers[static_cast<std::size_t>(packing.scale)];
    for (std::size_t i = 0; i < count; ++i) {
      double value = 0;
      std::memcpy(&value, raw.data() + i * sizeof value, sizeof value);
      const auto integer = as_decimal(value, power);
      if (!integer) return false;
      values[i] = *integer;
      range = std::max(range, *integer);
    }
    // Least value 0.0: adding it changes nothing.
  } else {
    widen(raw, element_bytes, packing.is_signed, values.data());
    const auto [min, max] =
        std::minmax_element(values.begin(), values.end(), [](std::uint64_t a, std::uint64_t b) {
          return static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b);
        });
    least = *min;
    range = *max - least;
    for (std::uint64_t& value : values) value -= least;
  }
  const auto width = static_cast<unsigned>(std::bit_width(range));
  if (width >= element_bytes * 8) return false;  // HDF5 then stores values as they are
  if (packing.kind == Packing::Kind::decimals && width > widest_decimal) return false;
  stored.assign(stored_bytes(count, width), std::byte{0});
  write_header(stored, width, least);
  if (width > 0) pack_bits(values, width, stored.data() + header_bytes);
  return true;
}

const char* unpack(const Packing& packing, std::size_t element_bytes, Bytes stored, std::byte* into,
                   std::size_t elements) {
  if (packing.kind == Packing::Kind::none) return "its column is not packed";
  if (stored.size() < header_bytes) return "its header is cut off";
  std::uint32_t width = 0;
  std::uint64_t least = 0;
  std::memcpy(&width, stored.data(), sizeof width);
  std::memcpy(&least, stored.data() + 5, sizeof least);
  if (width >= element_bytes * 8 || stored[4] != std::byte{sizeof least})
    return "its header is damaged";
  if (stored.size() != stored_bytes(elements, width)) return "it has the wrong size";
  const Bytes packed = stored.subspan(header_bytes);
  std::array<std::uint64_t, block_values> values{};
  for (std::size_t begin = 0; begin < elements; begin += block_values) {
    const std::size_t count = std::min(block_values, elements - begin);
    if (width > 0) unpack_block(packed, begin, count, width, values.data());
    finish_block(packing, element_bytes, values.data(), count, least, into + begin * element_bytes);
  }
  return nullptr;
}

void unpack_bits_reference(Bytes packed, std::size_t count, unsigned width, std::uint64_t* values) {
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = 0;
    for (std::size_t bit = i * width; bit < (i + 1) * width; ++bit) {
      const unsigned byte = std::to_integer<unsigned>(packed[bit / 8]);
      values[i] = values[i] << 1 | (byte >> (7 - bit % 8) & 1);
    }
  }
}

void unpack_bits(Bytes packed, std::size_t count, unsigned width, std::uint64_t* values) {
  if (width == 0) {
    std::fill_n(values, count, 0);
  } else {
    unpack_block(packed, 0, count, width, values);
  }
}

}  // namespace trawl::store
#endif
