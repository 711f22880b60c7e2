// What one source says about one entity: exact sums of its contributions, type by type.
//
// A summary and a group: contributions in any order, states merged in any tree, and contributions
// or states taken away again give the same bytes.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <trawl/core/evidence/normalise.hpp>
#include <trawl/core/evidence/rules.hpp>
#include <trawl/core/evidence/window_sums.hpp>
#include <trawl/core/exact/digit_table.hpp>
#include <trawl/core/exact/exact_sum.hpp>

namespace trawl::evidence {

// Of the contributions of one type. Local; finite values only. Typically 140 bytes.
class GroupSums {
 public:
  // O(1), about 10 ns. Requires a contribution that was not refused.
  void add(const Contribution& contribution) { change(contribution, false); }
  void subtract(const Contribution& contribution) { change(contribution, true); }
  // Many, of `clamped` clamped log-odds; less than 2 ns each from 1000 on. Equal sizes.
  void add(std::span<const double> values, std::span<const double> weights, std::int64_t clamped);

  void merge(const GroupSums& other);
  void merge(const WindowSums& other);
  void subtract(const GroupSums& other);

  std::int64_t records() const { return records_; }
  std::int64_t clamped() const { return clamped_; }
  // Nothing was added, or all was taken away.
  bool is_zero() const;

  // Exact: of the contributions, and of their weights.
  core::ScaledInteger sum() const { return sums_.exact_value(0); }
  core::ScaledInteger weight() const { return sums_.exact_value(1); }

  // i64 records, i64 clamped, the two sums as core::ExactSum::to_bytes.
  void append_bytes(std::vector<std::byte>& out) const;
  static GroupSums read(Bytes& bytes);

 private:
  void change(const Contribution& contribution, bool negative);

  core::DigitTable<core::SumRange> sums_{2};
  std::int64_t records_ = 0, clamped_ = 0;
};

// What a source's evidence about an entity amounts to.
struct SourceTotal {
  // Of all groups; those with more weight than the cap as pools, see SourceSums::total.
  core::ExactSum pooled;
  // Of all contributions, whatever the cap.
  core::ExactSum uncapped;
  std::int64_t capped_groups = 0;
};

class SourceSums {
 public:
  // O(log types).
  void add(const Key& type, const Contribution& contribution) { group(type).add(contribution); }
  // Requires that it was added.
  void subtract(const Key& type, const Contribution& contribution);
  // The sums of a type, made when there are none, for adding many.
  GroupSums& group(const Key& type);

  void merge(const SourceSums& other);
  // Requires that `other` was merged.
  void subtract(const SourceSums& other);

  std::int64_t records() const;
  std::int64_t clamped() const;
  bool is_zero() const { return groups_.empty(); }
  // By ascending type.
  const std::vector<std::pair<Key, GroupSums>>& groups() const { return groups_; }

  // The sum over types. A group with sum S and weight W > max_group_weight counts as
  // S * max_group_weight / W, rounded once: the logarithmic opinion pool of its evidence (Genest
  // and Zidek, "Combining probability distributions", Statistical Science 1, 1986) with weights
  // scaled down to that total. Others count exactly. Whether W is larger is decided exactly.
  SourceTotal total(double max_group_weight) const;

  // Adds the exact sums of all types, uncapped: of contributions, and of their weights.
  void add_to(core::ExactSum& contributions, core::ExactSum& weights) const;

  // Canonical: u64 types; (type, sums)[] by ascending type. Only types with records.
  void append_bytes(std::vector<std::byte>& out) const;
  std::vector<std::byte> to_bytes() const;
  // Reads from the front of `bytes` and moves them behind; DataError for everything that
  // append_bytes would not have written.
  static SourceSums read(Bytes& bytes);

  bool operator==(const SourceSums& other) const { return to_bytes() == other.to_bytes(); }

 private:
  std::vector<std::pair<Key, GroupSums>> groups_;  // by ascending type
};

}  // namespace trawl::evidence
