// Loops over whole columns, compiled once per instruction set and chosen at run time (Highway).
// Every target gives the same bits. Masks hold row i in bit i % 64 of word i / 64; bits from `rows`
// on are 0 in `select` and stay 0 in `out`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trawl::core::kernels {

// out = select AND lo <= values[i] <= hi; NaN is in no range. T: u8, i8, u16, i16, u32, i32, i64,
// float, double.
template <class T>
void select_range(const T* values, std::size_t rows, T lo, T hi, const std::uint64_t* select,
                  std::uint64_t* out);

inline constexpr std::size_t max_list = 16;

// out = select AND values[i] equals one of list[0, count); count <= max_list. NaN equals nothing. T
// as above.
template <class T>
void select_list(const T* values, std::size_t rows, const T* list, std::size_t count,
                 const std::uint64_t* select, std::uint64_t* out);

// out = select AND table[codes[i]] != 0. Codes >= table_size are not selected. T: u8, u16, u32.
template <class T>
void select_codes(const T* codes, std::size_t rows, const std::uint8_t* table,
                  std::size_t table_size, const std::uint64_t* select, std::uint64_t* out);

// What to look for, and three of its bytes to look for first: the rarest ones in a sample of the
// text (its first 8 KiB are looked at). Which they are never changes what is found.
struct Needle {
  Needle(std::string_view needle, std::string_view sample);
  std::string_view text;
  std::array<std::size_t, 3> probes{};  // places in it
};

// The first place at or behind `from` where `needle` begins in `text`; text.size() when there is
// none.
std::size_t find_substring(std::string_view text, const Needle& needle, std::size_t from);

// How many bits are set in words[0, count).
std::uint64_t count_bits(const std::uint64_t* words, std::size_t count);

// Six comparisons come from these two: a op b, for op in {<, =}; bit i of out for i < rows. T: i64,
// double.
template <class T>
void less(const T* a, const T* b, std::size_t rows, std::uint64_t* out);
template <class T>
void equal(const T* a, const T* b, std::size_t rows, std::uint64_t* out);

// Bit i: the blocked Bloom filter of `blocks` blocks may hold hashes[i]; count <= 64. See
// membership_filter.hpp.
std::uint64_t probe(const std::uint64_t* words, std::uint64_t blocks, const std::uint64_t* hashes,
                    std::size_t count);

// Sets the bits of hashes[0, count) in such a filter. Not for blocks that another thread changes.
void fill(std::uint64_t* words, std::uint64_t blocks, const std::uint64_t* hashes,
          std::size_t count);

// hashes[i] = hash_key(keys[i]), widened to 64 bits first. T: u8, i8, u16, i16, u32, i32, i64.
template <class T>
void hash_integers(const T* keys, std::size_t count, std::uint64_t* hashes);

// Clears the bit of every row in `candidates` whose key is not in the filter of `size` words that
// word_filter.hpp describes. T as above.
template <class T>
void probe_words(const std::uint64_t* words, std::uint64_t size, std::uint64_t multiplier,
                 const T* keys, std::size_t rows, std::uint64_t* candidates);

// Adds keys[0, count) to such a filter, but only where that changes words [begin, end).
void fill_words(std::uint64_t* words, std::uint64_t size, std::uint64_t multiplier,
                std::uint64_t begin, std::uint64_t end, const std::int64_t* keys,
                std::size_t count);

}  // namespace trawl::core::kernels
