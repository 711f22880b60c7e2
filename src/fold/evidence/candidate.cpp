#include "fold/evidence/candidate.hpp"

#include <bit>
#include <cstring>

#include <trawl/base/error.hpp>

namespace trawl::fold {
namespace {

constexpr std::size_t place_bytes = 16;
constexpr std::uint64_t sign = std::uint64_t{1} << 63;
constexpr char nothing = 0, something = 1;
constexpr char number = 0, text = 1;  // as the kinds of Keys are ordered

[[noreturn]] void damaged() {
  throw Error("evidence: the bytes of a record are damaged");
}

// The most significant byte first.
std::uint64_t ordered(std::uint64_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

void put_ordered(std::string& out, std::uint64_t value) {
  value = ordered(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::uint64_t take_ordered(std::string_view& bytes) {
  std::uint64_t value = 0;
  if (bytes.size() < sizeof value) damaged();
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return ordered(value);
}

char take_char(std::string_view& bytes) {
  if (bytes.empty()) damaged();
  const char c = bytes.front();
  bytes.remove_prefix(1);
  return c;
}

// Texts end with two zeros, and a zero within is followed by a one: no text is the beginning of
// another, and the order is that of the texts.
void put_key(std::string& out, const evidence::Key& key) {
  if (const auto* whole = std::get_if<std::int64_t>(&key)) {
    out += number;
    put_ordered(out, static_cast<std::uint64_t>(*whole) ^ sign);
    return;
  }
  out += text;
  for (const char c : std::get<std::string>(key)) {
    out += c;
    if (c == '\0') out += '\1';
  }
  out += '\0';
  out += '\0';
}

evidence::Key take_key(std::string_view& bytes) {
  const char kind = take_char(bytes);
  if (kind == number) return static_cast<std::int64_t>(take_ordered(bytes) ^ sign);
  if (kind != text) damaged();
  std::string name;
  for (;;) {
    const char c = take_char(bytes);
    if (c == '\0') {
      const char next = take_char(bytes);
      if (next == '\0') return name;
      if (next != '\1') damaged();
    }
    name += c;
  }
}

// Without making one of it.
void skip_key(std::string_view& bytes) {
  if (bytes.size() > sizeof(std::uint64_t) && bytes.front() == number) {
    bytes.remove_prefix(1 + sizeof(std::uint64_t));
  } else {
    take_key(bytes);
  }
}

}  // namespace

evidence::Contribution contribution_of(const RecordContent& content, const evidence::Rules& rules) {
  return evidence::normalise(std::bit_cast<double>(content.log_odds),
                             std::bit_cast<double>(content.weight), rules.max_log_odds);
}

void append_identity(std::string& out, const Identity& identity) {
  put_key(out, identity.entity);
  put_key(out, identity.source);
  put_key(out, identity.id);
}

void append_candidate(std::string& out, const Candidate& candidate) {
  append_identity(out, {candidate.entity, candidate.source, candidate.id});
  const RecordContent& content = candidate.content;
  out += content.type ? something : nothing;
  if (content.type) put_key(out, *content.type);
  out += content.time ? something : nothing;
  if (content.time) {
    put_ordered(out, static_cast<std::uint64_t>(*content.time) ^ sign);
    out += static_cast<char>(content.time_type);
  }
  put_ordered(out, content.log_odds);
  put_ordered(out, content.weight);
  put_ordered(out, candidate.place.dataset);
  put_ordered(out, candidate.place.row);
}

CandidateBytes split_candidate(std::string_view bytes) {
  std::string_view rest = bytes;
  for (int key = 0; key < 3; ++key) skip_key(rest);
  if (rest.size() < place_bytes) damaged();
  const std::size_t identity = bytes.size() - rest.size();
  return {bytes.substr(0, identity), rest.substr(0, rest.size() - place_bytes),
          rest.substr(rest.size() - place_bytes)};
}

Identity read_identity(std::string_view bytes) {
  Identity out;
  out.entity = take_key(bytes);
  out.source = take_key(bytes);
  out.id = take_key(bytes);
  if (!bytes.empty()) damaged();
  return out;
}

RecordContent read_content(std::string_view bytes) {
  RecordContent out;
  if (take_char(bytes) == something) out.type = take_key(bytes);
  if (take_char(bytes) == something) {
    out.time = static_cast<std::int64_t>(take_ordered(bytes) ^ sign);
    out.time_type = static_cast<Type>(take_char(bytes));
  }
  out.log_odds = take_ordered(bytes);
  out.weight = take_ordered(bytes);
  if (!bytes.empty()) damaged();
  return out;
}

Candidate read_candidate(const CandidateBytes& bytes) {
  Identity identity = read_identity(bytes.identity);
  std::string_view place = bytes.place;
  Candidate out{std::move(identity.entity),
                std::move(identity.source),
                std::move(identity.id),
                read_content(bytes.content),
                {}};
  out.place.dataset = take_ordered(place);
  out.place.row = take_ordered(place);
  return out;
}

}  // namespace trawl::fold
