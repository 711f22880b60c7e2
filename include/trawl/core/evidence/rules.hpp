// What evidence is read and weighed by. See docs/evidence.md.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/core/stats/entity_id.hpp>

namespace trawl::evidence {

// Names of entities, sources, types and pieces of evidence: whole numbers or texts.
using Key = stats::EntityId;

// What happens to a source that says two things under one evidence id. Neither record counts, in
// any case, and both are kept.
enum class Equivocation : std::uint8_t {
  distrust = 0,            // it has no vote on any entity
  distrust_on_entity = 1,  // it has no vote on this entity
  drop = 2,                // its other evidence counts as before
};

struct Rules {
  // Log-odds beyond +-this are clamped to it. In (0, 2^20].
  double max_log_odds = 50;
  // The most weight that the evidence of one type by one source has about one entity (a log-linear
  // pool). Positive; infinite: no cap.
  double max_group_weight = std::numeric_limits<double>::infinity();
  // The share of votes that may lie, in any way and together. In [0, 0.5); read to nine decimals.
  double byzantine = 0.33;
  // Of intervals over sources. In (0, 1); read to nine decimals.
  double confidence = 0.95;
  Equivocation equivocation = Equivocation::distrust;
  // Only registered sources have votes. Without, anybody can vote under as many names as he likes,
  // and no guarantee holds.
  bool registered_only = false;

  // InputError naming the first value that cannot be.
  void check() const;
  bool operator==(const Rules&) const = default;

  // Canonical, little-endian: f64 max_log_odds, max_group_weight, byzantine, confidence, u8
  // equivocation, u8 registered_only.
  void append_bytes(std::vector<std::byte>& out) const;
  // Reads from the front of `bytes` and moves them behind; DataError.
  static Rules read(Bytes& bytes);
};

// floor(count * share) of a share read to nine decimals, so that 0.29 of 100 is 29. share in [0,1].
std::uint64_t share_of(std::uint64_t count, double share);

}  // namespace trawl::evidence
