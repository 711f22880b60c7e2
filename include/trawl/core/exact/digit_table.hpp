// Many exact sums of similar magnitude, compactly: rows of digits that share a window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <trawl/core/exact/exact_sum.hpp>

namespace trawl::core {

// Rows of finite sums, each as ExactAccumulator<Range> would hold it, but only the digits that some
// row has used: typically 5 or 6 of 136 for products of doubles of ordinary size. The window grows
// when it must; results and bytes do not show it.
template <class Range>
class DigitTable {
 public:
  explicit DigitTable(std::size_t rows) : rows_(rows) {}
  std::size_t rows() const { return rows_; }

  // Adds (negated: subtracts) magnitude * 2^(lowest_bit + position) to a row.
  // Requires position < 32 * (digits - 3).
  void add(std::size_t row, std::uint64_t magnitude, std::uint32_t position, bool negative) {
    const Deposit deposit(position, negative);
    const std::uint64_t high = magnitude >> 1 >> (63 - deposit.shift);
    std::int64_t* out = digits_at(row, deposit.digit, 3);
    out[0] += deposit.part(magnitude << deposit.shift & 0xffffffff);
    out[1] += deposit.part(magnitude << deposit.shift >> 32);
    out[2] += deposit.part(high);
    if (++pending_ >= max_pending) normalise();
  }
  // The same of high * 2^64 + low, high < 2^63. Requires position < 32 * (digits - 5).
  void add(std::size_t row, std::uint64_t high, std::uint64_t low, std::uint32_t position,
           bool negative) {
    const Deposit deposit(position, negative);
    const std::uint64_t middle = high << deposit.shift | low >> 1 >> (63 - deposit.shift);
    std::int64_t* out = digits_at(row, deposit.digit, 5);
    out[0] += deposit.part(low << deposit.shift & 0xffffffff);
    out[1] += deposit.part(low << deposit.shift >> 32);
    out[2] += deposit.part(middle & 0xffffffff);
    out[3] += deposit.part(middle >> 32);
    out[4] += deposit.part(high >> 1 >> (63 - deposit.shift));
    if (++pending_ >= max_pending) normalise();
  }
  // Adds term * 2^exponent, as ExactAccumulator::add_scaled.
  void add_scaled(std::size_t row, std::int64_t term, int exponent) {
    const std::uint64_t bits = static_cast<std::uint64_t>(term);
    add(row, term < 0 ? 0 - bits : bits, static_cast<std::uint32_t>(exponent - Range::lowest_bit),
        term < 0);
  }

  // Asks for all digits, if this is one table of very many: their cache misses overlap.
  void prefetch() const {
    for (std::size_t i = 0; i < digits_.size(); i += 8) __builtin_prefetch(&digits_[i], 1);
  }

  // Requires equal rows(). O(rows * window).
  void merge(const DigitTable& other, bool negative);

  ScaledInteger exact_value(std::size_t row) const;

  // The canonical states of the rows, as ExactAccumulator writes them, one after the other.
  void append_bytes(std::vector<std::byte>& out) const;
  // Reads as many from the front of `bytes` and moves them behind; DataError.
  static DigitTable read(Bytes& bytes, std::size_t rows);

 private:
  // |digit| <= (pending_ + 1) * 2^32, as in ExactAccumulator.
  static constexpr std::uint32_t max_pending = std::uint32_t{1} << 29;

  struct Deposit {
    Deposit(std::uint32_t position, bool negative)
        : digit(position / 32), shift(position % 32), sign(-static_cast<std::int64_t>(negative)) {}
    std::int64_t part(std::uint64_t word) const {
      return (static_cast<std::int64_t>(word) ^ sign) - sign;
    }
    std::size_t digit;
    std::uint32_t shift;
    std::int64_t sign;
  };

  std::int64_t* digits_at(std::size_t row, std::size_t digit, std::size_t count) {
    if (digit < first_ || digit + count > first_ + width_) grow(digit, digit + count);
    return digits_.data() + row * width_ + (digit - first_);
  }
  std::span<const std::int64_t> row(std::size_t index) const {
    return std::span(digits_).subspan(index * width_, width_);
  }
  // Makes the window reach over digits [begin, end).
  void grow(std::size_t begin, std::size_t end);
  void normalise();

  std::size_t rows_;
  std::size_t first_ = 0, width_ = 0;  // the window [first_, first_ + width_) of digits
  std::vector<std::int64_t> digits_;   // [row][width_]
  std::uint32_t pending_ = 0;
};

extern template class DigitTable<SumRange>;
extern template class DigitTable<ProductRange>;

}  // namespace trawl::core
