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
  std::string rule;  // normal form of that part, e.g. "amount > 10000"; with " [membership
                     // filter]" or " [zones and membership filter]" behind it when that proves it
  struct Bound {
    std::string column;
    std::string min, max;  // as people read them; "" when the column has only NULL or NaN there
    std::uint64_t nulls = 0, nans = 0;
  };
  std::vector<Bound> bounds;
};

// `zone(column)` is nothing where no valid index knows it: everything is possible then.
using ZoneLookup = std::function<std::optional<Zone>(std::size_t column)>;

// What the stored membership filters of a row group say. `may_hold(column, value)` is false only
// when no row of the row group has this value in this column; true where there is no filter.
struct FilterLookup {
  std::function<bool(std::size_t column, const Value& value)> may_hold;
  std::function<bool(std::size_t column)> has_filter;
};
// Longer IN lists and key lists do not ask filters: each value costs a look-up per dataset.
inline constexpr std::size_t max_filtered_values = 1024;

// `filter`: null when there are none to ask.
PossibleTruths possible_truths(const Condition& condition, const Schema& schema,
                               const ZoneLookup& zone, std::span<const KeySet* const> keys,
                               const FilterLookup* filter = nullptr);

// Nothing when a match (or an undecidable row) is possible; otherwise the proof that none is: by
// filters alone where they suffice, else by zones alone, else by both.
std::optional<PruneProof> prove_no_match(const Predicate& predicate, const Schema& schema,
                                         const ZoneLookup& zone,
                                         std::span<const KeySet* const> keys,
                                         const FilterLookup* filter = nullptr);

// The first of these: depends on nothing but the filter's answers. `screen`: what the rule calls
// it.
std::optional<PruneProof> prove_by_filter(const Predicate& predicate, const Schema& schema,
                                          std::span<const KeySet* const> keys,
                                          const FilterLookup& filter,
                                          std::string_view screen = "membership filter");

// The (column, value) pairs about which prove_no_match may ask filters.
struct FilterQuestion {
  std::size_t column;
  Value value;
};
std::vector<FilterQuestion> filter_questions(const Predicate& predicate,
                                             std::span<const KeySet* const> keys);

// One line per part of the predicate that says whether zone maps and the membership filter can
// apply, and why (--explain).
std::vector<std::string> explain_screens(const Predicate& predicate, const Schema& schema);

// Normal form of one part of a predicate.
std::string to_text(const Condition& condition, const Schema& schema,
                    std::span<const KeyListRef> key_lists);

}  // namespace trawl::core
