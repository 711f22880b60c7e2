#include "core/integrity/exact_form.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "core/integrity/bit_stream.hpp"

namespace trawl::core::integrity {
namespace {

using Place = ExactMemory::Place;

constexpr std::size_t header_bytes = 4, word_bytes = 4, word_bits = 32;
// Bytes before the first state: enough for moments of as many features as there may be.
constexpr std::size_t most_before = 2047;
constexpr std::size_t most_states = 0xffff;
constexpr std::size_t most_words = 0xff;  // of a sum, counted from its lowest possible bit
constexpr std::size_t most_bits = word_bits * most_words;
constexpr int first_tag = 1;  // or the next one

// The lowest digits of sums of doubles wander more than the highest.
constexpr StepCode begin_code{2}, end_code{1};
// A sibling has twice as many leaves as the one below: its sums are half a bit to one bit longer.
constexpr int growth = 1;

// A state: its words in two's complement, from that of place.begin on, and where the bits of its
// magnitude stand: [begin, end), both ends set. No bits: zero.
struct State {
  int tag = first_tag;
  bool negative = false;
  Place place;
  Bytes words;

  std::size_t first_word() const { return place.begin / word_bits; }
  // Word i of the magnitude. Nothing is carried beyond the first, which is not zero.
  std::uint32_t word(std::size_t i) const {
    std::uint32_t word = 0;
    std::memcpy(&word, words.data() + word_bytes * i, word_bytes);
    return negated(word, i, negative);
  }
  static std::uint32_t negated(std::uint32_t word, std::size_t i, bool negative) {
    if (!negative) return word;
    return i == 0 ? 0 - word : ~word;
  }
};

std::size_t number_at(Bytes bytes, std::size_t at) {
  return std::to_integer<std::size_t>(bytes[at]);
}

// As ExactAccumulator::to_bytes writes them: the first word is not zero, the last says more than
// the sign.
bool are_canonical(Bytes words) {
  if (words.empty()) return true;
  const auto word = [&](std::size_t i) {
    std::uint32_t value = 0;
    std::memcpy(&value, words.data() + word_bytes * i, word_bytes);
    return value;
  };
  const std::size_t last = words.size() / word_bytes - 1;
  return word(0) != 0 &&
         (last == 0 || word(last) != (word(last - 1) >> 31 != 0 ? ~std::uint32_t{0} : 0));
}

// The state at the front of `bytes`, moved behind it; false when there is none.
bool take_state(Bytes& bytes, State& state) {
  if (bytes.size() < header_bytes) return false;
  const std::size_t tag = number_at(bytes, 0), first = number_at(bytes, 1);
  const std::size_t count = number_at(bytes, 2), size = header_bytes + word_bytes * count;
  if ((tag != first_tag && tag != first_tag + 1) || number_at(bytes, 3) != 0 ||
      bytes.size() < size || first + count > most_words || (count == 0 && first != 0))
    return false;
  state.tag = static_cast<int>(tag);
  state.words = bytes.subspan(header_bytes, word_bytes * count);
  if (!are_canonical(state.words)) return false;
  bytes = bytes.subspan(size);
  state.negative = count > 0 && number_at(state.words, state.words.size() - 1) >= 0x80;
  state.place = {};
  if (count == 0) return true;
  std::size_t last = count - 1;  // of the magnitude: the word of a sign alone is none of it
  if (state.word(last) == 0) --last;
  const auto zeros_below = static_cast<std::size_t>(std::countr_zero(state.word(0)));
  const auto bits_above = static_cast<std::size_t>(std::bit_width(state.word(last)));
  state.place = {word_bits * first + zeros_below, word_bits * (first + last) + bits_above};
  return true;
}

bool take_states(Bytes bytes, std::vector<State>& states) {
  states.clear();
  while (!bytes.empty()) {
    if (states.size() == most_states || !take_state(bytes, states.emplace_back())) return false;
  }
  return !states.empty();
}

// What is expected of state after state, and remembered for the next sum.
class Expectation {
 public:
  explicit Expectation(ExactMemory& memory) : memory_(memory) {
    memory_.places.resize(memory_.tags.size());
  }

  // Of the next one: where it was in the sums before; in the first of them where the last one of
  // its kind was.
  Place next() {
    Place& place = memory_.places[at_];
    if (!memory_.known) place = last_[tag() - first_tag];
    return place;
  }
  int tag() const { return memory_.tags[at_]; }
  void found(const Place& place) {
    Place& expected = memory_.places[at_];
    const bool zero = place.begin == place.end;
    if (memory_.known && !zero && expected.begin != expected.end)
      expected = {(expected.begin + place.begin) / 2, (expected.end + place.end) / 2};
    else
      expected = place;
    if (!zero) last_[tag() - first_tag] = place;
    ++at_;
  }

 private:
  ExactMemory& memory_;
  std::size_t at_ = 0;
  std::array<Place, 2> last_{};
};

// Calls with each word that has some of bits [begin, end): its number from that of `from` on, the
// first of the bits in it, and their number.
template <class Function>
void each_part(std::size_t begin, std::size_t end, std::size_t from, const Function& function) {
  for (std::size_t at = begin; at < end;) {
    const std::size_t in_word = at % word_bits;
    const std::size_t count = std::min(word_bits - in_word, end - at);
    function((at - word_bits * from) / word_bits, in_word, static_cast<int>(count));
    at += count;
  }
}

void put_state(BitWriter& bits, const State& state, const Place& expected) {
  Place place = state.place;
  if (place.begin == place.end) place = {expected.begin, expected.begin};
  bits.put_step(static_cast<int>(place.begin) - static_cast<int>(expected.begin), begin_code);
  bits.put_step(static_cast<int>(place.end) - static_cast<int>(expected.end) - growth, end_code);
  if (place.begin == place.end) return;
  bits.put(state.negative ? 1 : 0, 1);
  // Both ends are known to be set.
  each_part(place.begin + 1, place.end - 1, state.first_word(),
            [&](std::size_t word, std::size_t in_word, int count) {
              bits.put(state.word(word) >> in_word, count);
            });
}

// Appends a state as ExactAccumulator::to_bytes does; returns where its bits stand.
Place take_state(BitReader& bits, int tag, const Place& expected, const Reader& reader,
                 std::vector<std::byte>& out) {
  const int low = static_cast<int>(expected.begin) + bits.take_step(begin_code);
  const int high = static_cast<int>(expected.end) + growth + bits.take_step(end_code);
  // The sign may need a word of its own.
  if (low < 0 || high < low || high >= static_cast<int>(most_bits))
    reader.fail("digits of no exact sum");
  const Place place{static_cast<std::size_t>(low), static_cast<std::size_t>(high)};
  const std::size_t first = place.begin / word_bits;
  std::array<std::uint32_t, most_words> words{};
  std::size_t count = 0;
  if (place.begin != place.end) {
    const bool negative = bits.take(1) == 1;
    for (const std::size_t at : {place.begin, place.end - 1})
      words[at / word_bits - first] |= std::uint32_t{1} << at % word_bits;
    each_part(place.begin + 1, place.end - 1, first,
              [&](std::size_t word, std::size_t in_word, int size) {
                words[word] |= static_cast<std::uint32_t>(bits.take(size) << in_word);
              });
    // One bit for the sign; a negative power of two needs none.
    const bool power = place.begin + 1 == place.end;
    const std::size_t last = place.end + (negative && power ? 0 : 1);
    count = (last + word_bits - 1) / word_bits - first;
    for (std::size_t i = 0; i < count; ++i) words[i] = State::negated(words[i], i, negative);
  }
  append(out, static_cast<std::uint8_t>(tag));
  append(out, static_cast<std::uint8_t>(count == 0 ? 0 : first));
  append(out, static_cast<std::uint8_t>(count));
  append(out, std::uint8_t{0});
  append_bytes(out, std::as_bytes(std::span(words).first(count)));
  return place;
}

// u16 bytes before the first state, u16 states, one bit for each: 1 for the second kind.
void append_layout(std::vector<std::byte>& out, const ExactMemory& memory) {
  append(out, static_cast<std::uint16_t>(memory.before));
  append(out, static_cast<std::uint16_t>(memory.tags.size()));
  BitWriter bits(out);
  for (const std::uint8_t tag : memory.tags) bits.put(tag - unsigned{first_tag}, 1);
  bits.finish();
}

ExactMemory take_layout(Reader& reader) {
  ExactMemory memory;
  memory.before = reader.number<std::uint16_t>();
  const auto states = reader.number<std::uint16_t>();
  BitReader bits(reader);
  for (unsigned i = 0; i < states; ++i)
    memory.tags.push_back(static_cast<std::uint8_t>(first_tag + bits.take(1)));
  return memory;
}

}  // namespace

std::optional<PackedExact> pack_exact(Bytes sum, const ExactMemory& memory) {
  std::vector<State> states;
  ExactMemory layout;
  std::size_t& before = layout.before;
  while (before < std::min(sum.size(), most_before + 1) &&
         !take_states(sum.subspan(before), states))
    ++before;
  if (before >= std::min(sum.size(), most_before + 1)) return std::nullopt;
  for (const State& state : states) layout.tags.push_back(static_cast<std::uint8_t>(state.tag));
  PackedExact packed;
  packed.as_before = memory.known && memory.before == before && memory.tags == layout.tags;
  packed.memory = packed.as_before ? memory : std::move(layout);
  if (!packed.as_before) append_layout(packed.bytes, packed.memory);
  packed.bytes.reserve(sum.size());
  append_bytes(packed.bytes, pack(sum.first(packed.memory.before)));
  BitWriter bits(packed.bytes);
  Expectation expectation(packed.memory);
  for (const State& state : states) {
    const Place expected = expectation.next();
    put_state(bits, state, expected);
    const bool zero = state.place.begin == state.place.end;
    expectation.found(zero ? Place{expected.begin, expected.begin} : state.place);
  }
  bits.finish();
  packed.memory.known = true;
  return packed;
}

std::vector<std::byte> unpack_exact(Reader& reader, bool as_before, ExactMemory& memory) {
  if (!as_before) memory = take_layout(reader);
  std::vector<std::byte> sum = unpack(reader, memory.before);
  BitReader bits(reader);
  Expectation expectation(memory);
  for (std::size_t i = 0; i < memory.tags.size(); ++i) {
    const Place expected = expectation.next();
    expectation.found(take_state(bits, expectation.tag(), expected, reader, sum));
  }
  memory.known = true;
  return sum;
}

}  // namespace trawl::core::integrity
