#include <algorithm>
#include <cmath>
#include <limits>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/exact_sum.hpp>

#include "core/exact/kernels.hpp"
#include "core/exact/round.hpp"

namespace trawl::core {
namespace {

// Below it, the fixed cost of a block (about 30 ns) is more than adding one by one.
constexpr std::size_t min_block = 16;
// Each round takes at least 45 bits more from values far apart; then adding one by one is cheaper.
constexpr int max_rounds = 6;

}  // namespace

template <class Range>
void ExactAccumulator<Range>::count_special(double value, bool negative) {
  const std::int64_t one = negative ? -1 : 1;
  if (std::isnan(value)) {
    nan_ += one;
  } else {
    (value > 0 ? positive_infinity_ : negative_infinity_) += one;
  }
}

template <class Range>
void ExactAccumulator<Range>::add_all(std::span<const double> values, bool negative) {
  if (values.size() < min_block || !exact::default_float_environment()) {
    for (const double value : values) add_signed(value, negative);
    return;
  }
  while (!values.empty()) {
    const exact::BlockSum block = exact::sum_block(values.data(), values.size(), nullptr);
    if (block.summable && !block.rest) {
      add_scaled(negative ? -block.high : block.high, block.high_exponent);
      add_scaled(negative ? -block.low : block.low, block.low_exponent);
    } else {
      add_block(values.first(block.count), negative);
    }
    values = values.subspan(block.count);
  }
}

// A block whose values are too far apart for one round, or not all finite.
template <class Range>
void ExactAccumulator<Range>::add_block(std::span<const double> block, bool negative) {
  alignas(64) std::array<double, exact::max_sum_block> rest;
  for (int round = 0; round < max_rounds; ++round) {
    const exact::BlockSum sum = exact::sum_block(block.data(), block.size(), rest.data());
    if (!sum.summable) break;
    add_scaled(negative ? -sum.high : sum.high, sum.high_exponent);
    add_scaled(negative ? -sum.low : sum.low, sum.low_exponent);
    if (!sum.rest) return;
    block = std::span(rest).first(block.size());
  }
  for (const double value : block) add_signed(value, negative);
}

template <class Range>
void ExactAccumulator<Range>::merge(const ExactAccumulator& other) {
  for (std::size_t i = 0; i < digits_.size(); ++i) digits_[i] += other.digits_[i];
  nan_ += other.nan_;
  positive_infinity_ += other.positive_infinity_;
  negative_infinity_ += other.negative_infinity_;
  pending_ += other.pending_ + 1;
  if (pending_ >= max_pending) normalise();
}

template <class Range>
void ExactAccumulator<Range>::subtract(const ExactAccumulator& other) {
  for (std::size_t i = 0; i < digits_.size(); ++i) digits_[i] -= other.digits_[i];
  nan_ -= other.nan_;
  positive_infinity_ -= other.positive_infinity_;
  negative_infinity_ -= other.negative_infinity_;
  pending_ += other.pending_ + 1;
  if (pending_ >= max_pending) normalise();
}

template <class Range>
void ExactAccumulator<Range>::negate() {
  for (std::int64_t& digit : digits_) digit = -digit;
  nan_ = -nan_;
  positive_infinity_ = -positive_infinity_;
  negative_infinity_ = -negative_infinity_;
}

template <class Range>
void ExactAccumulator<Range>::normalise() {
  std::int64_t carry = 0;
  for (std::size_t i = 0; i + 1 < digits_.size(); ++i) {
    const std::int64_t digit = digits_[i] + carry;
    carry = digit >> 32;
    digits_[i] = digit & 0xffffffff;
  }
  digits_.back() += carry;
  pending_ = 0;
  // Above this bound 2^29 further merges could wrap around.
  if (std::abs(digits_.back()) >= std::int64_t{1} << 31) {
    throw InputError("an exact sum is beyond its capacity of 2^77 terms: merged with itself?");
  }
}

template <class Range>
ExactAccumulator<Range> ExactAccumulator<Range>::normalised() const {
  ExactAccumulator copy = *this;
  copy.normalise();
  return copy;
}

template <class Range>
double ExactAccumulator<Range>::value() const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (nan_ != 0 || positive_infinity_ < 0 || negative_infinity_ < 0) return nan;
  if (positive_infinity_ != 0) return negative_infinity_ != 0 ? nan : infinity;
  if (negative_infinity_ != 0) return -infinity;
  ExactAccumulator magnitude = normalised();
  const bool negative = magnitude.digits_.back() < 0;
  if (negative) {
    magnitude.negate();
    magnitude.normalise();
  }
  std::array<std::uint32_t, Range::digits> words;
  std::transform(magnitude.digits_.begin(), magnitude.digits_.end(), words.begin(),
                 [](std::int64_t digit) { return static_cast<std::uint32_t>(digit); });
  return exact::round_words(words, Range::lowest_bit, negative);
}

template <class Range>
int ExactAccumulator<Range>::sign() const {
  const ExactAccumulator sum = normalised();
  if (sum.digits_.back() < 0) return -1;
  const auto is_zero_digit = [](std::int64_t digit) { return digit == 0; };
  return std::all_of(sum.digits_.begin(), sum.digits_.end(), is_zero_digit) ? 0 : 1;
}

template <class Range>
bool ExactAccumulator<Range>::is_zero() const {
  return nan_ == 0 && positive_infinity_ == 0 && negative_infinity_ == 0 && sign() == 0;
}

template <class Range>
bool ExactAccumulator<Range>::operator==(const ExactAccumulator& other) const {
  return nan_ == other.nan_ && positive_infinity_ == other.positive_infinity_ &&
         negative_infinity_ == other.negative_infinity_ &&
         normalised().digits_ == other.normalised().digits_;
}

template class ExactAccumulator<SumRange>;
template class ExactAccumulator<ProductRange>;

}  // namespace trawl::core
