// What all evidence of some entities amounts to, whoever said it: what proofs add up.
#pragma once

#include <cstdint>
#include <vector>

#include <trawl/core/evidence/source_sums.hpp>

namespace trawl::evidence {

// A summary and a group. Local.
struct Total {
  std::int64_t records = 0;     // counted in the sums
  std::int64_t clamped = 0;     // of these
  std::int64_t duplicates = 0;  // that repeat others
  std::int64_t withheld = 0;    // contents of equivocating identities
  std::int64_t refused = 0;
  core::ExactSum contributions, weights;  // of `records`, without any cap

  void add(const SourceSums& source);
  // Requires sums of at most 2^62 records.
  void merge(const Total& other);

  // Canonical, little-endian: i64 records, clamped, duplicates, withheld, refused; the two sums as
  // core::ExactSum::to_bytes.
  std::vector<std::byte> to_bytes() const;
  // DataError for everything that to_bytes would not have written, and for counts that are negative
  // or above 2^61: they would take from a total what others put there.
  static Total from_bytes(Bytes bytes);
};

}  // namespace trawl::evidence
