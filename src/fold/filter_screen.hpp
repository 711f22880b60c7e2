// The stored membership filters of one dataset, asked about the values of one predicate.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <trawl/core/filter/key_set.hpp>
#include <trawl/core/predicate/zone_test.hpp>
#include <trawl/fold/dataset_pool.hpp>

namespace trawl::fold {

class FilterScreen {
 public:
  // Local. Reads one block of every filter per value: O(values x row groups), a few kilobytes. What
  // cannot be read, or does not fit, says nothing about any row group.
  FilterScreen(const OpenDataset& open, std::span<const core::KeySet* const> keys);

  bool empty() const { return answers_.empty(); }
  // The rule by which filters alone prove that this row group holds no match; null: they do not.
  // O(values) per row group; the proof itself is made once for equal answers.
  const std::string* rule(std::uint64_t group) const;
  // For prove_no_match of this row group; valid as long as this object.
  core::FilterLookup lookup(std::uint64_t group) const;

 private:
  using RowGroups = std::vector<std::uint64_t>;  // bit per row group
  bool may_hold(std::uint64_t group, std::size_t column, const Value& value) const;
  bool has_filter(std::size_t column) const { return answers_.contains(column); }

  const OpenDataset* open_;
  std::span<const core::KeySet* const> keys_;
  // Rules by the answers of all filters, one bit each; empty text: no proof.
  mutable std::unordered_map<std::string, std::string> rules_;
  // Per column, by hash: values with the same hash have the same answer.
  std::map<std::size_t, std::unordered_map<std::uint64_t, RowGroups>> answers_;
};

// Local. By zones, and by `filters` unless null: why no row of the row group can match.
std::optional<core::PruneProof> prove(const OpenDataset& open, std::uint64_t group,
                                      std::span<const core::KeySet* const> keys,
                                      const FilterScreen* filters);

}  // namespace trawl::fold
