#include "key_survey.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <trawl/base/parallel.hpp>
#include <trawl/base/partition.hpp>

namespace trawl::fold {
namespace {

using comm::Comm;

// Keys that are added to several things one after the other: they stay in the first-level cache.
constexpr std::size_t batch = 2048;

void add(KeySurvey& survey, std::span<const std::int64_t> keys) {
  survey.digest.add(keys);
  for (const std::int64_t key : keys) {
    survey.min = std::min(survey.min, key);
    survey.max = std::max(survey.max, key);
  }
}

// Calls body(part of the keys, number of the part) for as many parts as threads.
template <class Body>
void for_each_part(std::span<const std::int64_t> keys, int threads, const Body& body) {
  parallel_for(static_cast<std::size_t>(threads), threads, [&](std::size_t part) {
    const Slice mine = slice(keys.size(), threads, static_cast<int>(part));
    body(keys.subspan(mine.begin, mine.size()), part);
  });
}

// Collective. Order-preserving words without a sign, so that maxima of them are maxima of keys.
std::int64_t max_over_ranks(std::int64_t mine, const Comm& comm) {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  return static_cast<std::int64_t>(comm.max(static_cast<std::uint64_t>(mine) ^ sign) ^ sign);
}

}  // namespace

// In pieces of 32 bits, whose sums carry nothing away.
MultisetDigest sum_over_ranks(const MultisetDigest& mine, const Comm& comm) {
  constexpr std::uint64_t low = 0xffffffff;
  std::array<std::uint64_t, 4> pieces{mine.low & low, mine.low >> 32, mine.high & low,
                                      mine.high >> 32};
  comm.all_sum(pieces);
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) pieces[i + 1] += pieces[i] >> 32;
  return {(pieces[3] << 32) | (pieces[2] & low), (pieces[1] << 32) | (pieces[0] & low)};
}

std::string digest_text(const MultisetDigest& digest) {
  return "sum-xxh3-128:" + digest.hex();
}

KeySurvey survey_keys(std::span<const std::int64_t> mine, int threads, const Comm& comm) {
  std::vector<KeySurvey> found(static_cast<std::size_t>(threads));
  for_each_part(mine, threads, [&](std::span<const std::int64_t> keys, std::size_t part) {
    KeySurvey survey;
    for (std::size_t at = 0; at < keys.size(); at += batch)
      add(survey, keys.subspan(at, std::min(batch, keys.size() - at)));
    found[part] = survey;
  });
  KeySurvey all;
  for (const KeySurvey& survey : found) {
    all.digest.merge(survey.digest);
    all.min = std::min(all.min, survey.min);
    all.max = std::max(all.max, survey.max);
  }
  all.digest = sum_over_ranks(all.digest, comm);
  all.min = ~max_over_ranks(~all.min, comm);
  all.max = max_over_ranks(all.max, comm);
  return all;
}

std::unique_ptr<core::RangeMap> map_ranges(std::span<const std::int64_t> mine,
                                           const KeySurvey& survey, int threads, const Comm& comm) {
  std::vector<core::RangeMap> found(static_cast<std::size_t>(threads),
                                    core::RangeMap(survey.min, survey.max));
  for_each_part(mine, threads, [&](std::span<const std::int64_t> keys, std::size_t part) {
    found[part].add(keys);
  });
  auto all = std::make_unique<core::RangeMap>(survey.min, survey.max);
  for (core::RangeMap& map : found) {
    for (std::size_t i = 0; i < all->words().size(); ++i) all->words()[i] |= map.words()[i];
  }
  comm.all_or(all->words());
  return all;
}

}  // namespace trawl::fold
