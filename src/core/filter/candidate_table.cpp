#include <algorithm>
#include <array>
#include <bit>

#include <trawl/base/prefetch.hpp>
#include <trawl/core/filter/candidate_table.hpp>
#include <trawl/core/filter/membership_filter.hpp>

namespace trawl::core {
namespace {

constexpr double bits_per_key = 16;  // one listed key in 200 is looked up in vain
constexpr std::size_t batch = 4096;  // listed keys screened at a time, in the first-level cache
constexpr std::size_t inserted = 32;  // keys whose slots are awaited together

}  // namespace

CandidateTable::CandidateTable(std::span<const std::int64_t> keys)
    : filter_words_(WordFilter::words_for(keys.size(), bits_per_key) * sizeof(std::uint64_t)),
      slots_(std::bit_ceil(keys.size() * 2 + 1) * sizeof(std::int64_t)),
      filter_(filter_words_.as<std::uint64_t>()),
      keys_(slots_.as<std::int64_t>()),
      states_(keys_.size()),
      places_(keys.size()),
      mask_(keys_.size() - 1) {
  filter_.add(keys);
  for (std::size_t at = 0; at < keys.size(); at += inserted)
    insert(keys.subspan(at, std::min(inserted, keys.size() - at)), places_.data() + at);
}

// A few at a time, whose slots are asked for first.
void CandidateTable::insert(std::span<const std::int64_t> keys, std::uint32_t* places) {
  std::array<std::uint64_t, inserted> hashes;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    hashes[i] = hash_key(keys[i]);
    prefetch(states_.data() + (hashes[i] & mask_));
    prefetch(keys_.data() + (hashes[i] & mask_));
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::uint64_t place = place_of(keys[i], hashes[i]);
    keys_[place] = keys[i];
    states_[place].store(State::candidate, std::memory_order_relaxed);
    places[i] = static_cast<std::uint32_t>(place);
  }
}

// Of the key, or where it would go.
std::uint64_t CandidateTable::place_of(std::int64_t key, std::uint64_t hash) const {
  std::uint64_t place = hash & mask_;
  while (states_[place].load(std::memory_order_relaxed) != State::empty && keys_[place] != key)
    place = (place + 1) & mask_;
  return place;
}

void CandidateTable::mark(std::span<const std::int64_t> listed) {
  std::array<std::uint64_t, batch / 64> passed;
  for (std::size_t at = 0; at < listed.size(); at += batch) {
    const std::size_t count = std::min(batch, listed.size() - at);
    const std::size_t words = (count + 63) / 64;
    std::fill_n(passed.begin(), words, ~std::uint64_t{0});
    if (count % 64 != 0) passed[words - 1] >>= 64 - count % 64;
    filter_.screen(listed.data() + at, count, passed.data());
    for (std::size_t w = 0; w < words; ++w) {
      for (std::uint64_t bits = passed[w]; bits != 0; bits &= bits - 1) {
        const std::size_t i = at + w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        const std::uint64_t place = place_of(listed[i], hash_key(listed[i]));
        if (states_[place].load(std::memory_order_relaxed) == State::candidate)
          states_[place].store(State::listed, std::memory_order_relaxed);
      }
    }
  }
}

}  // namespace trawl::core
