// The names of entities: whole numbers or texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <trawl/base/digest.hpp>

namespace trawl::stats {

// 7 and "7" are two entities. Ordered: numbers before texts, texts by their bytes.
using EntityId = std::variant<std::int64_t, std::string>;

// XXH3 of the 8 little-endian bytes of a number, or of a text: the same on every host. Not secret:
// who chooses ids can crowd them into one place of a balanced tree.
std::uint64_t hash_of(const EntityId& id);

// For people: 7, or the text as it is.
std::string text_of(const EntityId& id);

// Canonical, little-endian: u8 0, i64 number; or u8 1, u32 size, text.
void append_bytes(std::vector<std::byte>& out, const EntityId& id);
// Reads one id from the front of `bytes` and moves them behind it; DataError.
EntityId read_entity_id(Bytes& bytes);

}  // namespace trawl::stats
