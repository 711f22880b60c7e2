// Zone maps as a screen: which truth values a predicate can take on the rows of a row group, given
// only their zones.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <trawl/base/zone.hpp>
#include <trawl/core/filter/key_set.hpp>
#include <trawl/core/predicate/predicate.hpp>

namespace trawl::core {

// Subset of truth values, by abstract interpretation: sound (every value a row can take is in it),
// not always tight.
struct PossibleTruths {
  bool no = false;
  bool yes = false;
  bool unknown = false;
  bool undecidable = false;
  static PossibleTruths all() { return {true, true, true, true}; }
};

// Why a row group cannot hold a match: the smallest part of the predicate that proves it, and the
// bounds it rests on.
struct PruneProof {
  std::string rule;  // normal form of that part, e.g. "amount > 10000"
  struct Bound {
    std::string column;
    std::string min, max;  // as people read them; "" when the column has only NULL or NaN there
    std::uint64_t nulls = 0, nans = 0;
  };
  std::vector<Bound> bounds;
};

// `zone(column)` is nothing where no valid index knows it: everything is possible then.
using ZoneLookup = std::function<std::optional<Zone>(std::size_t column)>;

PossibleTruths possible_truths(const Condition& condition, const Schema& schema,
                               const ZoneLookup& zone, std::span<const KeySet* const> keys);

// Nothing when a match (or an undecidable row) is possible; otherwise the proof that none is.
std::optional<PruneProof> prove_no_match(const Predicate& predicate, const Schema& schema,
                                         const ZoneLookup& zone,
                                         std::span<const KeySet* const> keys);

// One line per part of the predicate that says whether zone maps and the membership filter can
// apply, and why (--explain).
std::vector<std::string> explain_screens(const Predicate& predicate, const Schema& schema);

// Normal form of one part of a predicate.
std::string to_text(const Condition& condition, const Schema& schema,
                    std::span<const KeyListRef> key_lists);

}  // namespace trawl::core
