#include <algorithm>
#include <bit>

#include <trawl/base/error.hpp>
#include <trawl/core/evidence/consensus.hpp>

#include "core/exact/byte_stream.hpp"

namespace trawl::evidence {
namespace {

using core::exact::append;

constexpr std::uint8_t tag = 7;
constexpr const char* what = "evidence";

[[noreturn]] void damaged(const std::string& why) {
  throw DataError("damaged bytes of evidence: " + why);
}

void append_content(std::vector<std::byte>& out, const Content& content) {
  stats::append_bytes(out, content.type);
  append(out, content.time);
  append(out, content.log_odds);
  append(out, content.weight);
}

template <class T>
T read_number(Bytes& bytes) {
  core::exact::ByteReader reader(bytes, what);
  const T value = reader.next<T>();
  bytes = reader.rest();
  return value;
}

Content read_content(Bytes& bytes) {
  Content content;
  content.type = stats::read_entity_id(bytes);
  content.time = read_number<std::int64_t>(bytes);
  content.log_odds = read_number<std::uint64_t>(bytes);
  content.weight = read_number<std::uint64_t>(bytes);
  return content;
}

// Keys of a map without an order of its own, ascending.
template <class Map>
std::vector<const typename Map::value_type*> sorted(const Map& map) {
  std::vector<const typename Map::value_type*> out;
  out.reserve(map.size());
  for (const auto& item : map) out.push_back(&item);
  std::sort(out.begin(), out.end(), [](auto* a, auto* b) { return a->first < b->first; });
  return out;
}

}  // namespace

void Consensus::append_source(std::vector<std::byte>& out, const Source& source) const {
  append(out, static_cast<std::uint64_t>(source.records.size()));
  for (const auto* item : sorted(source.records)) {
    stats::append_bytes(out, item->first);
    const Stored& stored = item->second;
    append(out, stored.deliveries);
    append(out, static_cast<std::uint8_t>(stored.second ? 2 : 1));
    append_content(out, stored.first);
    if (stored.second) append_content(out, *stored.second);
  }
}

std::vector<std::byte> Consensus::to_bytes() const {
  std::vector<std::byte> out;
  append(out, tag);
  rules().append_bytes(out);
  append(out, static_cast<std::uint64_t>(registry_.size()));
  for (const auto& [source, votes] : registry_) {
    stats::append_bytes(out, source);
    append(out, votes);
  }
  append(out, refused_.nan_log_odds);
  append(out, refused_.bad_weight);
  append(out, static_cast<std::uint64_t>(entities_.size()));
  for (const auto* item : sorted(entities_)) {
    stats::append_bytes(out, item->first);
    append(out, static_cast<std::uint64_t>(item->second.size()));
    for (const auto& [key, source] : item->second) {
      stats::append_bytes(out, key);
      append_source(out, source);
    }
  }
  return out;
}

// Reads what looks like a state and writes it again: whatever is not canonical shows.
Consensus Consensus::from_bytes(Bytes bytes) {
  const Bytes all = bytes;
  if (read_number<std::uint8_t>(bytes) != tag) damaged("they are something else");
  Consensus out(Rules::read(bytes));
  for (auto n = read_number<std::uint64_t>(bytes); n > 0; --n) {
    const Key source = stats::read_entity_id(bytes);
    const auto votes = read_number<std::uint32_t>(bytes);
    if (votes == 0 || !out.registry_.emplace(source, votes).second) damaged("a registration");
  }
  out.refused_.nan_log_odds = read_number<std::int64_t>(bytes);
  out.refused_.bad_weight = read_number<std::int64_t>(bytes);
  if (out.refused_.nan_log_odds < 0 || out.refused_.bad_weight < 0) damaged("negative counts");
  for (auto n = read_number<std::uint64_t>(bytes); n > 0; --n) {
    const Key entity = stats::read_entity_id(bytes);
    for (auto m = read_number<std::uint64_t>(bytes); m > 0; --m) {
      const Key source = stats::read_entity_id(bytes);
      for (auto r = read_number<std::uint64_t>(bytes); r > 0; --r) {
        const Key id = stats::read_entity_id(bytes);
        const auto deliveries = read_number<std::int64_t>(bytes);
        const auto contents = read_number<std::uint8_t>(bytes);
        if (contents < 1 || contents > 2 || deliveries < contents) damaged("a record's counts");
        for (int i = 0; i < contents; ++i) {
          Content content = read_content(bytes);
          const auto c = normalise(std::bit_cast<double>(content.log_odds),
                                   std::bit_cast<double>(content.weight), out.rules().max_log_odds);
          if (c.refusal != Refusal::none) damaged("a record that is refused");
          const std::int64_t times = i == 0 ? deliveries - contents + 1 : 1;
          const Added added = out.store(entity, source, id, std::move(content), times);
          if (i == 0 && added != Added::counted) damaged("two records of one identity");
        }
      }
    }
  }
  if (!std::ranges::equal(out.to_bytes(), all)) damaged("not in canonical form");
  return out;
}

}  // namespace trawl::evidence
