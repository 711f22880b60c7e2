#include <trawl/base/digest.hpp>
#include <trawl/base/split_mix.hpp>
#include <trawl/core/filter/membership_filter.hpp>

namespace trawl::core {

// Distinct integers never collide.
std::uint64_t hash_key(std::int64_t key) {
  return split_mix(static_cast<std::uint64_t>(key));
}

std::uint64_t hash_key(std::string_view key) {
  return xxh3(bytes_of(key));
}

}  // namespace trawl::core
