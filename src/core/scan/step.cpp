#include "core/scan/step.hpp"

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
