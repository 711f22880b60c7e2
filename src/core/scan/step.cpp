#include "core/scan/step.hpp"

#include <algorithm>

#include <trawl/base/error.hpp>

namespace trawl::core::scan {

namespace {

const ColumnView& checked(const ColumnView& view, std::size_t column, std::size_t rows) {
  if (view.rows != rows) {
    throw DataError("column " + std::to_string(column) + " has " + std::to_string(view.rows) +
                    " rows in a row group of " + std::to_string(rows) +
                    ": the dataset is damaged. Restore it, or make it again.");
  }
  return view;
}

}  // namespace

const ColumnView& Run::column(std::size_t column) {
  return checked(source.column(column), column, rows);
}

const ColumnView& Run::column_rows(std::size_t column, const std::uint64_t* select) {
  return checked(source.column_rows(column, {select, words}), column, rows);
}

double Estimate::cost_at(double share) const {
  constexpr double group_rows = 65536.0, page_rows = 512.0, word_rows = 64.0;
  constexpr double read_part = 0.7;  // of `cost`; the rest is kernels
  const double read = std::min(1.0, share * (by_page ? page_rows : group_rows));
  const double looked_at = std::min(1.0, share * word_rows);
  return cost * (read_part * read + (1.0 - read_part) * looked_at) + row_cost * share;
}

void settle_nulls(Run& run, const std::uint64_t* select, const std::uint64_t* valid,
                  bool ask_unknown, Verdict& verdict) {
  if (valid == nullptr) return;
  for (std::size_t w = 0; w < run.words; ++w) verdict.yes[w] &= valid[w];
  if (!ask_unknown) return;
  verdict.unknown = run.masks.take();
  for (std::size_t w = 0; w < run.words; ++w) verdict.unknown[w] = select[w] & ~valid[w];
}

std::string indented(int depth, const std::string& text) {
  return std::string(static_cast<std::size_t>(depth) * 2, ' ') + text;
}

}  // namespace trawl::core::scan
