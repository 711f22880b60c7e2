#include "core/scan/text_steps.hpp"

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

}  // namespace

Verdict TextStep::judge(Run& run, const std::uint64_t* select) const {
  const ColumnView& column = run.column(column_.column);
  Verdict verdict;
  verdict.yes = judged_rows(run, column, select);
  keep_rows(verdict.yes.data(), run.words,
            [&](std::size_t row) { return test_->passes(column.text(row)); });
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
  lines.push_back(indented(depth, column_.name + ": " + test_->name() + ", row by row"));
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
