// What a command computes over the rows that match, and the one that search uses: the matches
// themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/core/scan_program.hpp>
#include <trawl/store/dataset.hpp>

namespace trawl::fold {

// Where matching rows come from.
struct GroupRef {
  std::uint64_t dataset = 0;  // position in the canonical list
  const store::DatasetInfo* info = nullptr;
  std::uint64_t group = 0;
  std::span<const std::size_t> select;  // positions of the selected columns
};

// A summary of matching rows. The engine makes one per piece of work, adds its row groups, journals
// its bytes and merges.
class RowSummary {
 public:
  virtual ~RowSummary() = default;
  // Adds the rows whose bit is set. All or nothing: when reading a column throws, the summary is
  // unchanged.
  virtual void add(const GroupRef& group, std::span<const std::uint64_t> matches,
                   core::ColumnSource& columns) = 0;
  // Called by the worker thread when all rows of a piece are added, with no lock held: a summary
  // that keeps its sums elsewhere brings them there. After that the piece cannot be lost.
  virtual void complete() {}
  // Exact, associative, commutative.
  virtual void merge(std::string_view bytes) = 0;
  // The same for another summary of this kind in memory, which is left empty.
  virtual void take(RowSummary& piece) { merge(piece.to_bytes()); }
  virtual std::string to_bytes() const = 0;
};

struct Match {
  std::uint64_t dataset = 0;
  std::uint64_t row = 0;
  std::string line;  // canonical JSON of the match, without line end
};

class MatchSet : public RowSummary {
 public:
  void add(const GroupRef& group, std::span<const std::uint64_t> matches,
           core::ColumnSource& columns) override;
  void merge(std::string_view bytes) override;
  void take(RowSummary& piece) override;
  std::string to_bytes() const override;

  // Canonical order: by (dataset, row).
  void sort();
  std::vector<Match>& items() { return items_; }
  const std::vector<Match>& items() const { return items_; }

 private:
  std::vector<Match> items_;
};

// Counts only: nothing to keep, since the ledger counts matches.
class CountOnly : public RowSummary {
 public:
  void add(const GroupRef&, std::span<const std::uint64_t>, core::ColumnSource&) override {}
  void merge(std::string_view) override {}
  std::string to_bytes() const override { return {}; }
};

// {"dataset":"...","row":7,"values":{"column":value,...}}
std::string match_line(const store::DatasetInfo& info, std::uint64_t row,
                       std::span<const std::size_t> select,
                       std::span<const ColumnView* const> views, std::size_t row_in_group);

}  // namespace trawl::fold
