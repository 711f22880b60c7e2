// What is known of the keys of a list without sorting them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <trawl/base/multiset_digest.hpp>
#include <trawl/comm/comm.hpp>
#include <trawl/core/filter/range_map.hpp>

namespace trawl::fold {

struct KeySurvey {
  MultisetDigest digest;
  std::int64_t min = INT64_MAX, max = INT64_MIN;  // without keys: these
};

// Collective. Of the keys of all ranks: the same for any number of ranks and threads.
KeySurvey survey_keys(std::span<const std::int64_t> mine, int threads, const comm::Comm& comm);
// Collective. Where the keys of all ranks lie.
std::unique_ptr<core::RangeMap> map_ranges(std::span<const std::int64_t> mine,
                                           const KeySurvey& survey, int threads,
                                           const comm::Comm& comm);

// Collective. The sum of the digests of all ranks.
MultisetDigest sum_over_ranks(const MultisetDigest& mine, const comm::Comm& comm);
// As certificates have it: its kind, a colon, and 32 hexadecimal digits.
std::string digest_text(const MultisetDigest& digest);

}  // namespace trawl::fold
