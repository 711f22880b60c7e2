// What a state file of `trawl stats` holds besides entities: what its sums depend on, what they
// cover, and counts.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/fold/stats.hpp>
#include <trawl/fold/stats_state.hpp>
#include <trawl/store/state_file.hpp>

#include "fold/stats/columns.hpp"

namespace trawl::fold {

inline constexpr std::string_view stats_kind = "stats";
inline constexpr std::string_view counts_section = "counts";

// Canonical JSON of everything the sums depend on. Not what only reports depend on: states of
// different confidence can be merged. InputError when a name is not UTF-8.
std::string state_configuration(const StatsRequest& request, const Opened& opened,
                                const std::vector<KeyListFacts>& key_lists);
// The same of a predicate in normal form, and digests of key lists.
std::string state_configuration(const StatsRequest& request, const std::string& predicate,
                                const std::vector<std::string>& key_lists);
// Sets in `request` what the configuration of a state says. DataError when it is none, or of a
// version that is not known; `where` names the file.
void apply_configuration(const std::string& configuration, const std::string& where,
                         StatsRequest& request);

// InputError when datasets hold the same data (same_data), naming them.
void check_distinct(const Opened& opened);

// Root. Row groups that were scanned, or left out by proof.
store::Coverage state_coverage(const SearchResult& search);

// A summary.
struct StateCounts {
  explicit StateCounts(std::size_t columns) : refusals(columns) {}
  void merge(const StateCounts& other);

  // u64, little-endian: rows, matches, without_key, nulls[columns], inexact[columns].
  std::string to_bytes() const;
  // DataError when it is not for so many columns.
  static StateCounts from_bytes(Bytes bytes, std::size_t columns);
  // Of a file; DataError names it.
  static StateCounts read(const store::StateReader& file, const std::string& name,
                          std::size_t columns);

  std::uint64_t rows = 0, matches = 0;
  RefusalCounts refusals;
};

}  // namespace trawl::fold
