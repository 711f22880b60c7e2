#include <trawl/core/stats/entity_id.hpp>

#include "core/stats/text_bytes.hpp"

namespace trawl::stats {

std::uint64_t hash_of(const EntityId& id) {
  if (const auto* number = std::get_if<std::int64_t>(&id)) {
    return xxh3(bytes_of(std::span(number, 1)));
  }
  return xxh3(bytes_of(std::string_view(std::get<std::string>(id))));
}

std::string text_of(const EntityId& id) {
  if (const auto* number = std::get_if<std::int64_t>(&id)) return std::to_string(*number);
  return std::get<std::string>(id);
}

void append_bytes(std::vector<std::byte>& out, const EntityId& id) {
  core::exact::append(out, static_cast<std::uint8_t>(id.index()));
  if (const auto* number = std::get_if<std::int64_t>(&id)) {
    core::exact::append(out, *number);
  } else {
    append_text(out, std::get<std::string>(id));
  }
}

EntityId read_entity_id(Bytes& bytes) {
  core::exact::ByteReader reader(bytes, "an entity");
  const auto kind = reader.next<std::uint8_t>();
  if (kind > 1) throw DataError("damaged bytes of an entity: neither a number nor a text");
  if (kind == 0) {
    const auto number = reader.next<std::int64_t>();
    bytes = reader.rest();
    return number;
  }
  bytes = reader.rest();
  return read_text(bytes, "an entity");
}

}  // namespace trawl::stats
