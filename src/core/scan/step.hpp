// One node of a compiled predicate: kernels that judge the selected rows of a row group.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <trawl/core/scan_program.hpp>

#include "core/scan/mask.hpp"

namespace trawl::core::scan {

struct Vectors;  // block buffers, see expression.hpp

// What one scan of one row group carries from step to step.
struct Run {
  ColumnSource& source;
  MaskPool& masks;
  Vectors& vectors;
  std::size_t rows = 0;
  std::size_t words = 0;
  bool by_filter = false;  // un-negated IN FILE is answered by its membership filter
  bool filter_paused = false;  // a filter let most rows pass, so that it was left out

  // DataError when the column has another number of rows.
  const ColumnView& column(std::size_t column);
  // The same for a step that looks at values of selected rows only.
  const ColumnView& column_rows(std::size_t column, const std::uint64_t* select);
};

// The truth of the selected rows, as disjoint masks inside the selection; rows in none of them are
// `no`. An absent mask: no row is that. `unknown` is absent also when the step was told that nobody
// asks (then unknown counts as no).
struct Verdict {
  Mask yes;
  Mask unknown;
  Mask undecidable;
};

// Guesses that only decide the order of steps, never the result.
struct Estimate {
  double cost = 1.0;      // nanoseconds per row of the row group: reading the column, kernels
  double pass = 0.5;      // fraction of rows that are yes
  double row_cost = 0.0;  // nanoseconds per row that is still there
  bool by_page = false;   // only pages (4096 bytes) with a row that is still there are read

  // Nanoseconds per row when the fraction `share` of the rows is still there, spread evenly: a
  // column is read when any row of its row group (65,536) is left, a word of 64 rows is looked at
  // when one of them is.
  double cost_at(double share) const;
};

class Step {
 public:
  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  virtual ~Step() = default;

  // Judges the rows of `select`. `yes` is always present.
  virtual Verdict judge(Run& run, const std::uint64_t* select) const = 0;
  virtual Estimate estimate() const = 0;
  // One line for this step and each below it, indented by `depth`.
  virtual void describe(std::vector<std::string>& lines, int depth) const = 0;
  // Whether Run::by_filter changes the verdict.
  virtual bool screens() const { return false; }
};

using StepPtr = std::unique_ptr<const Step>;

// Removes NULL rows from verdict.yes and, when `ask_unknown`, makes them unknown.
void settle_nulls(Run& run, const std::uint64_t* select, const std::uint64_t* valid,
                  bool ask_unknown, Verdict& verdict);

std::string indented(int depth, const std::string& text);

}  // namespace trawl::core::scan
