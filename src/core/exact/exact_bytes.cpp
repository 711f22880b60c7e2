// The canonical byte form of exact sums.
#include <trawl/base/error.hpp>
#include <trawl/core/exact/exact_sum.hpp>

#include "core/exact/words.hpp"

namespace trawl::core {
namespace {

using exact::append;
using exact::ByteReader;

[[noreturn]] void damaged(const char* why) {
  throw DataError(std::string("damaged bytes of an exact sum: ") + why);
}

}  // namespace

template <class Range>
ScaledInteger ExactAccumulator<Range>::exact_value() const {
  return exact::scaled(exact::canonical_words(normalised().digits_, 0), Range::lowest_bit);
}

template <class Range>
void ExactAccumulator<Range>::append_bytes(std::vector<std::byte>& out) const {
  const bool counts = nan_ != 0 || positive_infinity_ != 0 || negative_infinity_ != 0;
  exact::append_words(out, Range::tag, exact::canonical_words(normalised().digits_, 0), counts);
  if (!counts) return;
  append(out, nan_);
  append(out, positive_infinity_);
  append(out, negative_infinity_);
}

template <class Range>
std::vector<std::byte> ExactAccumulator<Range>::to_bytes() const {
  std::vector<std::byte> out;
  append_bytes(out);
  return out;
}

template <class Range>
ExactAccumulator<Range> ExactAccumulator<Range>::read(Bytes& bytes) {
  ByteReader reader(bytes, "an exact sum");
  const auto [words, counts] = exact::read_words(reader, Range::tag, Range::digits);
  ExactAccumulator out;
  exact::to_digits(words, out.digits_, 0);
  if (counts) {
    out.nan_ = reader.template next<std::int64_t>();
    out.positive_infinity_ = reader.template next<std::int64_t>();
    out.negative_infinity_ = reader.template next<std::int64_t>();
    if (out.nan_ == 0 && out.positive_infinity_ == 0 && out.negative_infinity_ == 0) {
      damaged("not the shortest form");
    }
  }
  bytes = reader.rest();
  return out;
}

template <class Range>
ExactAccumulator<Range> ExactAccumulator<Range>::from_bytes(Bytes bytes) {
  ExactAccumulator out = read(bytes);
  if (!bytes.empty()) damaged("more bytes than one state has");
  return out;
}

template class ExactAccumulator<SumRange>;
template class ExactAccumulator<ProductRange>;

}  // namespace trawl::core
