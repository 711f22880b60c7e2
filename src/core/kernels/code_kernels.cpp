#include "core/kernels/kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/code_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/kernels/mask_bits-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trawl::core::kernels::HWY_NAMESPACE {

// Membership of a byte in any set of bytes by two 16-entry shuffles: `low` and `high` hold, for
// each low nibble, one bit per high nibble 0..7 and 8..15 (W. Mula, "SIMD-ized check which bytes
// are in a set", 2018).
void CodesU8(const std::uint8_t* codes, std::size_t rows, const std::uint8_t* low,
             const std::uint8_t* high, const std::uint64_t* select, std::uint64_t* out) {
#if HWY_TARGET == HWY_SCALAR  // a vector of one byte has no table to shuffle
  for (std::size_t w = 0; w < (rows + 63) / 64; ++w) out[w] = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::uint8_t set = (codes[i] < 128 ? low : high)[codes[i] % 16];
    out[i / 64] |=
        (select[i / 64] & (std::uint64_t{1} << i % 64)) * ((set >> (codes[i] / 16 % 8)) & 1u);
  }
#else
  const Lanes<std::uint8_t> d;
  HWY_ALIGN static constexpr std::uint8_t bit_of_nibble[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                                               1, 2, 4, 8, 16, 32, 64, 128};
  const auto low_rows = hn::LoadDup128(d, low);
  const auto high_rows = hn::LoadDup128(d, high);
  const auto bits = hn::LoadDup128(d, bit_of_nibble);
  const auto nibble = hn::Set(d, std::uint8_t{15});
  const auto half = hn::Set(d, std::uint8_t{128});
  select_where(codes, rows, select, out, [&](auto v) HWY_ATTR {
    const auto column = hn::And(v, nibble);
    const auto row = hn::And(hn::ShiftRight<4>(v), nibble);
    const auto set = hn::IfThenElse(hn::Lt(v, half), hn::TableLookupBytes(low_rows, column),
                                    hn::TableLookupBytes(high_rows, column));
    return hn::TestBit(set, hn::TableLookupBytes(bits, row));
  });
#endif
}

std::uint64_t CountBits(const std::uint64_t* words, std::size_t count) {
  const hn::ScalableTag<std::uint64_t> d;
  const std::size_t lanes = hn::Lanes(d);
  auto sum = hn::Zero(d);
  std::size_t w = 0;
  for (; w + lanes <= count; w += lanes)
    sum = hn::Add(sum, hn::PopulationCount(hn::LoadU(d, words + w)));
  std::uint64_t total = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; w < count; ++w) total += static_cast<std::uint64_t>(__builtin_popcountll(words[w]));
  return total;
}

}  // namespace trawl::core::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trawl::core::kernels {

HWY_EXPORT(CodesU8);
HWY_EXPORT(CountBits);

std::uint64_t count_bits(const std::uint64_t* words, std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(CountBits)(words, count);
}

template <>
void select_codes<std::uint8_t>(const std::uint8_t* codes, std::size_t rows,
                                const std::uint8_t* table, std::size_t table_size,
                                const std::uint64_t* select, std::uint64_t* out) {
  alignas(16) std::uint8_t low[16] = {}, high[16] = {};
  for (std::size_t code = 0; code < table_size && code < 256; ++code) {
    if (table[code] == 0) continue;
    std::uint8_t* half = code < 128 ? low : high;
    half[code % 16] = static_cast<std::uint8_t>(half[code % 16] | (1u << (code / 16 % 8)));
  }
  HWY_DYNAMIC_DISPATCH(CodesU8)(codes, rows, low, high, select, out);
}

// Tables too wide for shuffles: one load per row, which no vector instruction beats by much.
template <class T>
static void look_up(const T* codes, std::size_t rows, const std::uint8_t* table,
                    std::size_t table_size, const std::uint64_t* select, std::uint64_t* out) {
  for (std::size_t w = 0; w < (rows + 63) / 64; ++w) {
    out[w] = 0;
    if (select[w] == 0) continue;
    const std::size_t begin = w * 64;
    const std::size_t count = rows - begin < 64 ? rows - begin : 64;
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t code = codes[begin + i];
      const std::uint64_t found = code < table_size && table[code] != 0 ? 1 : 0;
      word |= found << i;
    }
    out[w] = word & select[w];
  }
}

template <>
void select_codes<std::uint16_t>(const std::uint16_t* codes, std::size_t rows,
                                 const std::uint8_t* table, std::size_t table_size,
                                 const std::uint64_t* select, std::uint64_t* out) {
  look_up(codes, rows, table, table_size, select, out);
}

template <>
void select_codes<std::uint32_t>(const std::uint32_t* codes, std::size_t rows,
                                 const std::uint8_t* table, std::size_t table_size,
                                 const std::uint64_t* select, std::uint64_t* out) {
  look_up(codes, rows, table, table_size, select, out);
}

}  // namespace trawl::core::kernels
#endif
