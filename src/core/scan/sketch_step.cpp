#include "core/scan/sketch_step.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/kernels/kernels.hpp"

namespace trawl::core::scan {
namespace {

using CodeRanges = std::vector<ColumnSketch::CodeRange>;

// Rows of `select` whose code is in one of the ranges, from cheap to dear: one range, a few codes,
// a table.
template <class T>
void select_ranges(const T* codes, std::size_t rows, const CodeRanges& ranges,
                   const std::uint64_t* select, std::uint64_t* out) {
  const auto is_one_code = [](const auto& range) { return range.first == range.last; };
  if (ranges.size() == 1) {
    kernels::select_range(codes, rows, static_cast<T>(ranges[0].first),
                          static_cast<T>(ranges[0].last), select, out);
  } else if (ranges.size() <= kernels::max_list && std::ranges::all_of(ranges, is_one_code)) {
    std::array<T, kernels::max_list> list;
    std::ranges::transform(ranges, list.begin(),
                           [](const auto& range) { return static_cast<T>(range.first); });
    kernels::select_list(codes, rows, list.data(), ranges.size(), select, out);
  } else {
    std::vector<std::uint8_t> table(std::size_t{ranges.back().last} + 1);
    for (const ColumnSketch::CodeRange& range : ranges)
      std::fill(table.begin() + range.first, table.begin() + range.last + 1, std::uint8_t{1});
    kernels::select_codes(codes, rows, table.data(), table.size(), select, out);
  }
}

Mask rows_in(Run& run, const ColumnSketch& sketch, const CodeRanges& ranges,
             const std::uint64_t* select) {
  Mask rows = run.masks.take();
  if (ranges.empty()) {
    std::fill_n(rows.data(), run.words, 0);
  } else if (sketch.width() == ColumnSketch::Width::one_byte) {
    select_ranges(sketch.bytes(), run.rows, ranges, select, rows.data());
  } else {
    select_ranges(sketch.words(), run.rows, ranges, select, rows.data());
  }
  return rows;
}

// So few rows that their pages are read sooner than a sketch.
bool few(const std::uint64_t* select, std::size_t words) {
  constexpr std::uint64_t most = 8;
  return kernels::count_bits(select, words) <= most;
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
  const ColumnSketch* sketch = few(select, run.words) ? nullptr : run.source.sketch(column_.column);
  verdict.yes = sketch == nullptr ? run.masks.copy(select)
                                  : rows_in(run, *sketch, ask(*sketch, question_).maybe, select);
  return verdict;
}

Estimate SketchStep::estimate() const {
  const bool narrow = codes_ <= 256;
  return {.cost = lane_cost(narrow ? Lane::u8 : Lane::u16), .pass = std::max(pass_, 1.0 / codes_)};
}

void SketchStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(indented(
      depth, column_.name + ": column sketch, " + (codes_ <= 256 ? "u8" : "u16") + " codes"));
}

Verdict SketchedStep::judge(Run& run, const std::uint64_t* select) const {
  const ColumnSketch* sketch =
      by_page_ && few(select, run.words) ? nullptr : run.source.sketch(column_.column);
  if (sketch == nullptr) return exact_->judge(run, select);
  const ColumnSketch::Answer answer = ask(*sketch, question_);
  Mask undecided = rows_in(run, *sketch, answer.maybe, select);
  Mask sure;
  if (!answer.surely.empty()) {
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
