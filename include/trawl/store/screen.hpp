// Parts of an index that this room keeps without understanding them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace trawl::store {

// What an index may hold about a column besides its zones: chunks of bytes with a digest each. What
// they mean is up to trawl/core/filter: the filters of all row groups (filter_bank.hpp), or one
// sketch per row group (column_sketch.hpp). In a catalog (catalog.hpp) `keys` are the filters of
// datasets, one per row, and not about the column itself.
enum class Screen { filter, sketch, keys };
inline constexpr std::size_t screens = 3;
std::string_view name_of(Screen screen);  // "filter", "sketch", "keys"

struct ScreenInfo {
  std::string layout;  // JSON
  std::uint64_t chunks = 0;
  std::size_t chunk_bytes = 0;
};

}  // namespace trawl::store
