// The counter-based random numbers of the generated source: value i of a stream is a hash of i, so
// that any rank can make any slice of any stream.
#pragma once

#include <cstdint>

namespace trawl::store {

// Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014), figure 14: the
// odd constant next to 2^64 / golden ratio, and the finalizer "mix64 variant 13" of Stafford.
inline constexpr std::uint64_t golden = 0x9e3779b97f4a7c15u;

inline constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// The numbers are part of the data: never change or reuse one.
enum class Stream : std::uint64_t {
  user = 1,
  action = 2,
  amount_low = 3,
  amount_high = 4,
  amount_null = 5,
  country = 6,
  country_null = 7,
  time = 8,
  note = 9,
  note_null = 10,
  planted_amount = 11,
  planted_action = 12,
  // Of evidence, over all datasets (source_key).
  id = 101,
  entity = 102,
  source = 103,
  type = 104,
  evidence_time = 105,
  noise_low = 106,
  noise_high = 107,
  weight = 108,
  copy = 109,
  copied = 110,
  truth = 111,
  liar = 112,
  leaning_low = 113,
  leaning_high = 114,
  first_of_evidence = id,
  last_of_evidence = leaning_high,
};

// A stream of one dataset.
inline constexpr std::uint64_t stream_key(std::uint64_t seed, std::uint64_t dataset,
                                          Stream stream) {
  const std::uint64_t of_dataset = mix(mix(seed + golden) + (dataset + 1) * golden);
  return mix(of_dataset + static_cast<std::uint64_t>(stream) * golden);
}

// The stream of the positions of planted rows, over all datasets.
inline constexpr std::uint64_t planting_key(std::uint64_t seed) {
  return mix(mix(seed + golden));
}

// A stream over all datasets.
inline constexpr std::uint64_t source_key(std::uint64_t seed, Stream stream) {
  return mix(planting_key(seed) + static_cast<std::uint64_t>(stream) * golden);
}

// Value `row` of the stream: SplitMix64, started at `key`, after row + 1 steps.
inline constexpr std::uint64_t draw(std::uint64_t key, std::uint64_t row) {
  return mix(key + (row + 1) * golden);
}

}  // namespace trawl::store
