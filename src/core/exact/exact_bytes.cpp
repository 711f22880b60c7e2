// The canonical byte form of exact sums.
#include <algorithm>
#include <string>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/exact_sum.hpp>

#include "core/exact/byte_stream.hpp"

namespace trawl::core {
namespace {

using exact::append;
using exact::ByteReader;

// The word that only repeats the sign of the one below.
std::uint32_t sign_word(std::uint32_t word) {
  return word >> 31 != 0 ? 0xffffffff : 0;
}

[[noreturn]] void damaged(const std::string& why) {
  throw DataError("damaged bytes of an exact sum: " + why);
}

}  // namespace

template <class Range>
typename ExactAccumulator<Range>::Words ExactAccumulator<Range>::words() const {
  const ExactAccumulator sum = normalised();
  Words out;
  for (const std::int64_t digit : sum.digits_)
    out.words.push_back(static_cast<std::uint32_t>(digit));
  auto& words = out.words;
  while (words.size() > 1 && words.back() == sign_word(words[words.size() - 2])) words.pop_back();
  const auto first =
      std::find_if(words.begin(), words.end(), [](std::uint32_t word) { return word != 0; });
  out.first_word = first == words.end() ? 0 : static_cast<std::size_t>(first - words.begin());
  words.erase(words.begin(), first);
  return out;
}

template <class Range>
void ExactAccumulator<Range>::append_bytes(std::vector<std::byte>& out) const {
  const Words sum = words();
  const bool counts = nan_ != 0 || positive_infinity_ != 0 || negative_infinity_ != 0;
  append(out, Range::tag);
  append(out, static_cast<std::uint8_t>(sum.first_word));
  append(out, static_cast<std::uint8_t>(sum.words.size()));
  append(out, static_cast<std::uint8_t>(counts));
  for (const std::uint32_t word : sum.words) append(out, word);
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
  if (reader.template next<std::uint8_t>() != Range::tag) damaged("wrong tag");
  const std::size_t first = reader.template next<std::uint8_t>();
  const std::size_t count = reader.template next<std::uint8_t>();
  const auto counts = reader.template next<std::uint8_t>();
  if (first + count > Range::digits || (count == 0 && first != 0)) damaged("words out of range");
  if (counts > 1) damaged("unknown flag");
  ExactAccumulator out;
  std::uint32_t below = 0, word = 0;
  for (std::size_t i = 0; i < count; ++i) {
    below = word;
    word = reader.template next<std::uint32_t>();
    if (i == 0 && word == 0) damaged("not the shortest form");
    out.digits_[first + i] = word;
  }
  // With zero words below the only one, 0 would repeat their sign, and was refused above.
  if (count > 1 && word == sign_word(below)) damaged("not the shortest form");
  if (sign_word(word) != 0) {  // the rest of the digits, in one: -1 in the last, or the last itself
    std::fill(out.digits_.begin() + static_cast<std::ptrdiff_t>(first + count), out.digits_.end(),
              0xffffffff);
    out.digits_.back() -= std::int64_t{1} << 32;
    if (out.digits_.back() == INT32_MIN) damaged("beyond the capacity");
  }
  if (counts == 1) {
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
