#include "core/scan/text_steps.hpp"

#include <algorithm>

#include "core/kernels/kernels.hpp"

namespace trawl::core::scan {
namespace {

// A row's text in a text or categorical column.
class TextReader {
 public:
  explicit TextReader(const ColumnView& column) : column_(column) {}
  std::string_view operator()(std::size_t row) const {
    if (column_.lane == Lane::text) return column_.text(row);
    return (*column_.categories)[static_cast<std::size_t>(column_.integer(row))];
  }

 private:
  const ColumnView& column_;
};

Mask judged_rows(Run& run, const ColumnView& column, const std::uint64_t* select) {
  Mask rows = run.masks.copy(select);
  if (column.valid != nullptr) {
    for (std::size_t w = 0; w < run.words; ++w) rows[w] &= column.valid[w];
  }
  return rows;
}

// Rows whose text holds `needed` and passes: the bytes of all rows are searched as one text, and
// only rows in which something is found are looked at.
void keep_holding(const ColumnView& column, std::string_view needed, const TextTest& test, Run& run,
                  Mask& rows) {
  const std::uint64_t* ends = column.ends;
  const std::string_view all(column.bytes,
                             static_cast<std::size_t>(ends[column.rows - 1] - column.base));
  const Mask wanted = run.masks.copy(rows.data());
  for (std::size_t w = 0; w < run.words; ++w) rows[w] = 0;
  std::size_t first_row = 0;
  const kernels::Needle needle(needed, all);
  for (std::size_t at = kernels::find_substring(all, needle, 0); at < all.size();) {
    const std::uint64_t* end =
        std::upper_bound(ends + first_row, ends + column.rows, column.base + at);
    first_row = static_cast<std::size_t>(end - ends);
    const auto row_end = static_cast<std::size_t>(*end - column.base);
    const bool inside = at + needed.size() <= row_end;
    const bool is_wanted = (wanted[first_row / 64] >> (first_row % 64) & 1) != 0;
    if (inside && is_wanted && test.passes(column.text(first_row)))
      rows[first_row / 64] |= std::uint64_t{1} << (first_row % 64);
    // What is found across two rows is in neither, but may begin again in the second.
    at = kernels::find_substring(all, needle, inside ? row_end : at + 1);
  }
}

}  // namespace

Verdict TextStep::judge(Run& run, const std::uint64_t* select) const {
  const ColumnView& column = run.column(column_.column);
  Verdict verdict;
  verdict.yes = judged_rows(run, column, select);
  const std::string_view needed = test_->needed();
  // Searching everything is cheap, but not when nearly nothing is asked for.
  constexpr std::uint64_t worth_searching = 16;
  if (!needed.empty() && column.rows > 0 &&
      count_rows(verdict.yes) * worth_searching >= column.rows) {
    keep_holding(column, needed, *test_, run, verdict.yes);
  } else {
    keep_rows(verdict.yes.data(), run.words,
              [&](std::size_t row) { return test_->passes(column.text(row)); });
  }
  settle_nulls(run, select, column.valid, ask_unknown_, verdict);
  if (otherwise_unknown_ && ask_unknown_) {
    if (!verdict.unknown) verdict.unknown = run.masks.take();
    for (std::size_t w = 0; w < run.words; ++w) verdict.unknown[w] = select[w] & ~verdict.yes[w];
  }
  return verdict;
}

Estimate TextStep::estimate() const {
  return {lane_cost(Lane::text) + test_->cost(), test_->pass()};
}

void TextStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(
      indented(depth, column_.name + ": " + test_->name() +
                          (test_->needed().empty() ? ", row by row" : ", all rows at once")));
}

Verdict TextPairStep::judge(Run& run, const std::uint64_t* select) const {
  const ColumnView& left = run.column(left_.column);
  const ColumnView& right = run.column(right_.column);
  Verdict verdict;
  verdict.yes = judged_rows(run, left, select);
  if (right.valid != nullptr) {
    for (std::size_t w = 0; w < run.words; ++w) verdict.yes[w] &= right.valid[w];
  }
  if (ask_unknown_) {
    verdict.unknown = run.masks.take();
    for (std::size_t w = 0; w < run.words; ++w) verdict.unknown[w] = select[w] & ~verdict.yes[w];
  }
  const TextReader a(left), b(right);
  keep_rows(verdict.yes.data(), run.words,
            [&](std::size_t row) { return compare_holds(op_, a(row).compare(b(row))); });
  return verdict;
}

Estimate TextPairStep::estimate() const {
  return {lane_cost(left_.lane) + lane_cost(right_.lane) + 20.0, 0.3};
}

void TextPairStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(
      indented(depth, left_.name + " with " + right_.name + ": text comparison, row by row"));
}

}  // namespace trawl::core::scan
