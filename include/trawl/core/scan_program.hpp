// The fast path: a predicate compiled for one dataset's columns, run over one row group at a time.
//
// Every condition becomes kernels over whole columns that give bit masks (Highway, dispatched at
// run time to what the processor has; equal results on all). Columns are asked for only when still
// needed, cheapest and most selective first, and not at all once no row is left.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/core/filter/column_sketch.hpp>
#include <trawl/core/filter/key_set.hpp>
#include <trawl/core/predicate/predicate.hpp>

namespace trawl::core {

// The columns of one row group, read when asked for. Not thread-safe: one per thread.
class ColumnSource {
 public:
  virtual ~ColumnSource() = default;
  virtual std::size_t rows() const = 0;
  // Valid until the source is destroyed. May throw DataError.
  virtual const ColumnView& column(std::size_t column) = 0;
  // The same, but only rows of `select` need have their values (those of others may be anything).
  virtual const ColumnView& column_rows(std::size_t column, std::span<const std::uint64_t> select) {
    (void)select;
    return this->column(column);
  }
  // The column's sketch of this row group; null: none, or one that cannot be used.
  virtual const ColumnSketch* sketch(std::size_t column) {
    (void)column;
    return nullptr;
  }
};

struct ScanOptions {
  bool use_filter =
      true;  // membership filters screen before the exact key check (off: exact check of every row)
  std::vector<bool> sketched = {};  // columns whose sketches may be asked for; empty: none
  bool paged = false;  // columns with sketches can be read in part (ColumnSource::column_rows)
  // Per column a sketch of some row group, where there is one; only while the program is made, and
  // only to order its steps.
  std::vector<std::optional<ColumnSketch>> samples = {};
  // Distinct values per column, about, where known: only decides the order of steps.
  std::vector<std::optional<std::uint64_t>> distinct = {};
  bool has_sketch(std::size_t column) const { return column < sketched.size() && sketched[column]; }
};

// Counts close: rows = rejected + candidates, candidates = matches + false_positives. A candidate
// is a row that passes the predicate with every un-negated IN FILE answered by its membership
// filter; where that is left out in a row group (Scratch::filters_paused), every row passes it.
struct ScanCounts {
  std::uint64_t rows = 0;
  std::uint64_t candidates = 0;
  std::uint64_t false_positives = 0;
  std::uint64_t matches = 0;
};

class ScanProgram {
 public:
  // `keys[i]` for predicate.key_lists[i]; they and `schema`'s categories must outlive the program.
  // Categorical conditions are evaluated here, once per category.
  ScanProgram(const Predicate& predicate, const Schema& schema, std::span<const KeySet* const> keys,
              ScanOptions options = {});
  ~ScanProgram();
  ScanProgram(ScanProgram&&) noexcept;

  // Memory that one thread reuses from row group to row group.
  class Scratch {
   public:
    Scratch();
    ~Scratch();
    Scratch(Scratch&&) noexcept;
    // Row groups so far in which a membership filter was left out, because it let more than three
    // in four of the first rows pass.
    std::uint64_t filters_paused() const;
    struct State;
    std::unique_ptr<State> state;
  };

  // Sets bit i % 64 of matches[i / 64] for every matching row; `matches` is resized to ceil(rows /
  // 64) words. DataError naming the first row whose truth is undecidable (integer overflow).
  // Thread-safe with one Scratch per thread.
  ScanCounts scan(ColumnSource& source, Scratch& scratch,
                  std::vector<std::uint64_t>& matches) const;

  // The same where a key list is checked late (KeySet::checked_late, keys_to_check_late): sets the
  // bits of the candidates, which are matches when their key turns out to be in the list. Requires
  // such a list in the predicate; scan() requires none.
  ScanCounts screen(ColumnSource& source, Scratch& scratch,
                    std::vector<std::uint64_t>& candidates) const;
  bool checks_late() const;

  // One line per step in the order they run (--explain).
  std::vector<std::string> plan() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The instruction sets that kernels can run on here, best first; and a way for tests to force one
// ("" = best again).
std::vector<std::string> kernel_targets();
void force_kernel_target(const std::string& target);

}  // namespace trawl::core
