#include "core/scan/sketch_step.hpp"

#include <algorithm>

#include "core/kernels/kernels.hpp"

namespace trawl::core::scan {
namespace {

// Rows of `select` whose code is in the table.
Mask rows_in(Run& run, const ColumnSketch& sketch, const ColumnSketch::Table& table,
             const std::uint64_t* select) {
  Mask rows = run.masks.take();
  // The codes of a range or of one value lie side by side, and comparing is faster than looking up.
  const auto first = std::find(table.begin(), table.end(), std::uint8_t{1});
  const auto end = std::find(first, table.end(), std::uint8_t{0});
  if (first != table.end() && std::find(end, table.end(), std::uint8_t{1}) == table.end()) {
    kernels::select_range(sketch.row_codes(), run.rows,
                          static_cast<std::uint8_t>(first - table.begin()),
                          static_cast<std::uint8_t>(end - table.begin() - 1), select, rows.data());
    return rows;
  }
  kernels::select_codes(sketch.row_codes(), run.rows, table.data(), table.size(), select,
                        rows.data());
  return rows;
}

}  // namespace

ColumnSketch::Answer ask(const ColumnSketch& sketch, const SketchQuestion& question) {
  if (const auto* list = std::get_if<NumberList>(&question)) {
    return std::visit([&](const auto& values) { return sketch.among(values); }, list->values);
  }
  if (const auto* integers = std::get_if<IntegerRange>(&question))
    return sketch.between(integers->lo, integers->hi);
  const auto& reals = std::get<RealRange>(question);
  return sketch.between(reals.lo, reals.hi);
}

Verdict SketchStep::judge(Run& run, const std::uint64_t* select) const {
  Verdict verdict;
  const ColumnSketch* sketch = run.source.sketch(column_.column);
  verdict.yes = sketch == nullptr ? run.masks.copy(select)
                                  : rows_in(run, *sketch, ask(*sketch, question_).maybe, select);
  return verdict;
}

Estimate SketchStep::estimate() const {
  // One code of 256, or the codes of a range that nothing is known about.
  return {.cost = lane_cost(Lane::u8), .pass = std::max(pass_, 1.0 / ColumnSketch::codes)};
}

void SketchStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(indented(depth, column_.name + ": column sketch, u8 codes"));
}

Verdict SketchedStep::judge(Run& run, const std::uint64_t* select) const {
  const ColumnSketch* sketch = run.source.sketch(column_.column);
  if (sketch == nullptr) return exact_->judge(run, select);
  const ColumnSketch::Answer answer = ask(*sketch, question_);
  Mask undecided = rows_in(run, *sketch, answer.maybe, select);
  Mask sure;
  if (answer.any_surely) {
    sure = rows_in(run, *sketch, answer.surely, undecided.data());
    for (std::size_t w = 0; w < run.words; ++w) undecided[w] &= ~sure[w];
  }
  Verdict verdict;
  if (any(undecided.data(), undecided.size())) {
    verdict = exact_->judge(run, undecided.data());
  } else {
    verdict.yes = std::move(undecided);
  }
  if (sure) {
    for (std::size_t w = 0; w < run.words; ++w) verdict.yes[w] |= sure[w];
  }
  return verdict;
}

Estimate SketchedStep::estimate() const {
  // The sketch itself has been read by the screen before.
  Estimate estimate = exact_->estimate();
  estimate.by_page = by_page_;
  return estimate;
}

void SketchedStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(indented(depth, column_.name + ": where the sketch cannot decide"));
  exact_->describe(lines, depth + 1);
}

}  // namespace trawl::core::scan
