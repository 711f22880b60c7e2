#include <algorithm>
#include <cstdlib>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/digit_table.hpp>

#include "core/exact/words.hpp"

namespace trawl::core {

template <class Range>
void DigitTable<Range>::grow(std::size_t begin, std::size_t end) {
  if (width_ != 0) {
    begin = std::min(begin, first_);
    end = std::max(end, first_ + width_);
  }
  const std::size_t width = end - begin;
  std::vector<std::int64_t> digits(rows_ * width);
  for (std::size_t r = 0; r < rows_; ++r) {
    std::copy_n(digits_.data() + r * width_, width_, digits.data() + r * width + (first_ - begin));
  }
  first_ = begin;
  width_ = width;
  digits_ = std::move(digits);
}

template <class Range>
void DigitTable<Range>::normalise() {
  const auto carry_all = [&] {
    bool full = false;
    for (std::size_t r = 0; r < rows_; ++r) {
      std::int64_t* digits = digits_.data() + r * width_;
      for (std::size_t i = 0; i + 1 < width_; ++i) {
        digits[i + 1] += digits[i] >> 32;
        digits[i] &= 0xffffffff;
      }
      full |= std::abs(digits[width_ - 1]) >= std::int64_t{1} << 31;
    }
    return full;
  };
  if (carry_all()) {
    if (first_ + width_ == Range::digits) {
      throw InputError("an exact sum is beyond its capacity of 2^77 terms: merged with itself?");
    }
    grow(first_, first_ + width_ + 1);
    carry_all();
  }
  pending_ = 0;
}

template <class Range>
void DigitTable<Range>::merge(const DigitTable& other, bool negative) {
  if (other.width_ == 0) return;
  if (width_ == 0 || other.first_ < first_ || other.first_ + other.width_ > first_ + width_) {
    grow(other.first_, other.first_ + other.width_);
  }
  for (std::size_t r = 0; r < rows_; ++r) {
    std::int64_t* mine = digits_.data() + r * width_ + (other.first_ - first_);
    const std::int64_t* others = other.digits_.data() + r * other.width_;
    for (std::size_t i = 0; i < other.width_; ++i) {
      mine[i] = negative ? mine[i] - others[i] : mine[i] + others[i];
    }
  }
  pending_ += other.pending_ + 1;
  if (pending_ >= max_pending) normalise();
}

template <class Range>
ScaledInteger DigitTable<Range>::exact_value(std::size_t index) const {
  return exact::scaled(exact::canonical_words(row(index), first_), Range::lowest_bit);
}

template <class Range>
void DigitTable<Range>::append_bytes(std::vector<std::byte>& out) const {
  for (std::size_t r = 0; r < rows_; ++r) {
    const exact::Words words = exact::canonical_words(row(r), first_);
    if (words.first + words.count > Range::digits) {
      throw InputError("an exact sum is beyond its capacity of 2^77 terms: merged with itself?");
    }
    exact::append_words(out, Range::tag, words, false);
  }
}

template <class Range>
DigitTable<Range> DigitTable<Range>::read(Bytes& bytes, std::size_t rows) {
  exact::ByteReader reader(bytes, "moments");
  DigitTable out(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    const auto [words, counts] = exact::read_words(reader, Range::tag, Range::digits);
    if (counts) throw DataError("damaged bytes of moments: a sum of values that are not finite");
    if (words.count == 0) continue;
    const std::size_t end = words.first + words.count;
    if (out.width_ == 0 || words.first < out.first_ || end > out.first_ + out.width_) {
      out.grow(words.first, end);
    }
    exact::to_digits(words, std::span(out.digits_).subspan(r * out.width_, out.width_), out.first_);
  }
  bytes = reader.rest();
  return out;
}

template class DigitTable<SumRange>;
template class DigitTable<ProductRange>;

}  // namespace trawl::core
