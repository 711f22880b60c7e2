#include "core/integrity/exact_form.hpp"

#include <algorithm>
#include <array>

namespace trawl::core::integrity {
namespace {

constexpr std::size_t header_bytes = 4, word_bytes = 4;
// Bytes before the first state: enough for moments of as many features as there may be.
constexpr std::size_t most_before = 2047;
constexpr std::size_t most_states = 0xffff;
// Of a sum, counted from its lowest possible bit.
constexpr std::size_t most_words = 0xff;

// Where the digits of a sum stand: bytes [begin, end) of a wide integer in two's complement, the
// lowest not zero, the highest needed for the sign. No bytes: zero.
struct Digits {
  std::uint8_t tag = 0;
  std::uint16_t begin = 0, end = 0;
  bool operator==(const Digits&) const = default;
};

// How these differ from those of the state before: by little, in half a byte (begin by -2 to 2, end
// by -1 to 1); by more, in that and a byte (each by -7 to 7); or they stand in full behind a byte.
struct Step {
  int begin, end;
};
constexpr int near_begin = 2, near_end = 1, near_ends = 2 * near_end + 1;
constexpr int far = 7, far_ends = 16;
constexpr std::uint8_t not_near = 15;
constexpr std::byte in_full{0xff};

bool within(const Step& step, int begin, int end) {
  return step.begin >= -begin && step.begin <= begin && step.end >= -end && step.end <= end;
}

Step step_of(const Digits& digits, const Digits& before) {
  constexpr int never = 1 << 20;
  if (digits.tag != before.tag || digits.begin == digits.end) return {never, never};
  return {digits.begin - before.begin, digits.end - before.end};
}

Digits moved(const Digits& before, const Step& step) {
  return {before.tag, static_cast<std::uint16_t>(before.begin + step.begin),
          static_cast<std::uint16_t>(before.end + step.end)};
}

// Returns the half byte, and appends what it does not say.
std::uint8_t append_digits(std::vector<std::byte>& out, const Digits& digits,
                           const Digits& before) {
  const Step step = step_of(digits, before);
  if (within(step, near_begin, near_end))
    return static_cast<std::uint8_t>((step.begin + near_begin) * near_ends + step.end + near_end);
  if (within(step, far, far)) {
    append(out, static_cast<std::uint8_t>((step.begin + far) * far_ends + step.end + far));
    return not_near;
  }
  out.push_back(in_full);
  append(out, digits.tag);
  append(out, digits.begin);
  append(out, digits.end);
  return not_near;
}

Digits take_digits(Reader& reader, std::uint8_t code, const Digits& before) {
  if (code != not_near)
    return moved(before, {code / near_ends - near_begin, code % near_ends - near_end});
  const std::byte byte = reader.take(1).front();
  const int number = std::to_integer<int>(byte);
  if (byte != in_full) return moved(before, {number / far_ends - far, number % far_ends - far});
  Digits digits;
  digits.tag = reader.number<std::uint8_t>();
  digits.begin = reader.number<std::uint16_t>();
  digits.end = reader.number<std::uint16_t>();
  return digits;
}

std::uint8_t number_at(Bytes bytes, std::size_t at) {
  return std::to_integer<std::uint8_t>(bytes[at]);
}

bool is_negative(std::byte byte) {
  return (byte & std::byte{0x80}) != std::byte{0};
}

// The state at the front of `bytes`, moved behind it, as digits and these; false when there is
// none.
bool take_state(Bytes& bytes, Digits& digits, Bytes& body) {
  if (bytes.size() < header_bytes) return false;
  const std::size_t first = number_at(bytes, 1), words = number_at(bytes, 2);
  digits.tag = number_at(bytes, 0);
  if ((digits.tag != 1 && digits.tag != 2) || number_at(bytes, 3) != 0) return false;
  if (bytes.size() < header_bytes + word_bytes * words || first + words > most_words ||
      (words == 0 && first != 0))
    return false;
  body = bytes.subspan(header_bytes, word_bytes * words);
  bytes = bytes.subspan(header_bytes + body.size());
  std::size_t zeros = 0;
  while (zeros < body.size() && body[zeros] == std::byte{0}) ++zeros;
  std::size_t end = body.size();
  while (end > zeros + 1 &&
         body[end - 1] == (is_negative(body[end - 2]) ? std::byte{0xff} : std::byte{0}))
    --end;
  // Else it is not canonical, and would come back as another one.
  if (zeros >= word_bytes || body.size() - end >= word_bytes) return false;
  body = body.subspan(zeros, end - zeros);
  digits.begin = static_cast<std::uint16_t>(word_bytes * first + zeros);
  digits.end = static_cast<std::uint16_t>(digits.begin + body.size());
  if (words == 0) digits.begin = digits.end = 0;
  return true;
}

void append_state(std::vector<std::byte>& out, const Digits& digits, Bytes body) {
  const std::size_t zeros = digits.begin % word_bytes;
  const std::size_t words = (zeros + body.size() + word_bytes - 1) / word_bytes;
  const std::byte sign = !body.empty() && is_negative(body.back()) ? std::byte{0xff} : std::byte{0};
  append(out, digits.tag);
  append(out, static_cast<std::uint8_t>(digits.begin / word_bytes));
  append(out, static_cast<std::uint8_t>(body.empty() ? 0 : words));
  append(out, std::uint8_t{0});
  if (body.empty()) return;
  out.insert(out.end(), zeros, std::byte{0});
  append_bytes(out, body);
  out.insert(out.end(), word_bytes * words - zeros - body.size(), sign);
}

struct State {
  Digits digits;
  Bytes body;
};

bool take_states(Bytes bytes, std::vector<State>& states) {
  states.clear();
  while (!bytes.empty()) {
    State& state = states.emplace_back();
    if (!take_state(bytes, state.digits, state.body) || states.size() > most_states) return false;
  }
  return !states.empty();
}

}  // namespace

std::optional<std::vector<std::byte>> pack_exact(Bytes sum) {
  std::vector<State> states;
  std::size_t before = 0;
  while (before < std::min(sum.size(), most_before + 1) &&
         !take_states(sum.subspan(before), states))
    ++before;
  if (before >= std::min(sum.size(), most_before + 1)) return std::nullopt;
  std::vector<std::byte> out;
  append(out, static_cast<std::uint16_t>(before));
  append(out, static_cast<std::uint16_t>(states.size()));
  append_bytes(out, pack(sum.first(before)));
  const std::size_t codes = out.size();
  out.resize(codes + (states.size() + 1) / 2);
  Digits last;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const Digits& digits = states[i].digits;
    const std::uint8_t code = append_digits(out, digits, last);
    out[codes + i / 2] |= static_cast<std::byte>(i % 2 == 0 ? code : code << 4);
    append_bytes(out, states[i].body);
    if (digits.begin != digits.end) last = digits;
  }
  return out;
}

std::vector<std::byte> unpack_exact(Reader& reader, std::size_t size) {
  const std::size_t before = reader.number<std::uint16_t>();
  const std::size_t count = reader.number<std::uint16_t>();
  std::vector<std::byte> sum = unpack(reader, before);
  const Bytes codes = reader.take((count + 1) / 2);
  Digits last;
  for (std::size_t i = 0; i < count; ++i) {
    const auto both = std::to_integer<std::uint8_t>(codes[i / 2]);
    const auto code = static_cast<std::uint8_t>(i % 2 == 0 ? both & 15 : both >> 4);
    const Digits digits = take_digits(reader, code, last);
    if (digits.end < digits.begin || digits.end > word_bytes * most_words)
      reader.fail("digits of no exact sum");
    append_state(sum, digits, reader.take(digits.end - digits.begin));
    if (sum.size() > size) reader.fail("a sum of another size");
    if (digits.begin != digits.end) last = digits;
  }
  if (sum.size() != size) reader.fail("a sum of another size");
  return sum;
}

}  // namespace trawl::core::integrity
