#include <bit>
#include <cstring>

#include <fmt/format.h>

#define XXH_INLINE_ALL  // an integer is hashed in fewer cycles than a call takes
#include <xxhash.h>

#include <trawl/base/multiset_digest.hpp>

namespace trawl {

static_assert(std::endian::native == std::endian::little);

void MultisetDigest::add(std::span<const std::int64_t> integers) {
  std::uint64_t sum_low = 0, sum_high = 0, carries = 0;
  for (const std::int64_t integer : integers) {
    const XXH128_hash_t hash = XXH3_128bits(&integer, sizeof integer);
    sum_low += hash.low64;
    carries += sum_low < hash.low64 ? 1 : 0;
    sum_high += hash.high64;
  }
  merge({sum_high + carries, sum_low});
}

void MultisetDigest::add(Bytes item) {
  const XXH128_hash_t hash = XXH3_128bits(item.data(), item.size());
  merge({hash.high64, hash.low64});
}

void MultisetDigest::merge(const MultisetDigest& other) {
  low += other.low;
  high += other.high + (low < other.low ? 1 : 0);
}

std::string MultisetDigest::hex() const {
  return fmt::format("{:016x}{:016x}", high, low);
}

}  // namespace trawl
