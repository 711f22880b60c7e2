#include "command/screen_builder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>

namespace trawl::command {
void describe(ScreenColumns& p, Options& visit) {
  visit.section("Index");
  visit.option(
      "filter", p.filter, "COLUMNS",
      "columns, separated by commas, that get a membership filter per row group: for = and "
      "IN on columns with many values");
  visit.option("sketch", p.sketch, "COLUMNS",
               "number and time columns that get a column sketch: for ranges and = that no filter "
               "answers; best with --codec none");
  describe_sketch_bytes(p.sketch_bytes, visit);
}

void describe_sketch_bytes(int& bytes, Options& visit) {
  visit.option("sketch-bytes", bytes, Range{1, 2}, "N",
               "bytes of a row in column sketches. With 2, an equality or an end of a range leaves about "
               "one row of a row group to be read, with 1 one in 256, on nearly every page");
}

std::vector<std::string> column_names(const std::vector<std::string>& lists) {
  std::vector<std::string> names;
  for (const std::string& list : lists) {
    for (const std::string& name : split(list, ',')) {
      if (const auto trimmed = trim(name); !trimmed.empty()) names.emplace_back(trimmed);
    }
  }
  return names;
}

std::vector<std::size_t> find_columns(const std::vector<std::string>& lists, const Schema& schema,
                                      std::string_view purpose) {
  std::vector<std::size_t> found;
  for (const std::string& name : column_names(lists)) {
    const auto column = schema.find(name);
    if (!column) {
      throw InputError(fmt::format("cannot {} '{}': there is no such column. Did you mean '{}'?",
                                   purpose, name, schema.nearest(name)));
    }
    if (std::ranges::find(found, *column) == found.end()) found.push_back(*column);
  }
  return found;
}

ScreenBuilder::ScreenBuilder(const ScreenColumns& columns, const Schema& schema,
                             std::uint64_t row_group_rows, Emit emit)
    : emit_(std::move(emit)), width_(static_cast<core::ColumnSketch::Width>(columns.sketch_bytes)) {
  for (const std::size_t column : find_columns(columns.filter, schema, "index")) {
    filtered_.push_back({column, std::make_unique<core::FilterBankBuilder>(
                                     row_group_rows, core::FilterBankBuilder::default_fpr,
                                     [this, column](Bytes chunk) {
                                       emit_(store::Screen::filter, column, chunk);
                                     })});
  }
  sketched_ = find_columns(columns.sketch, schema, "index");
  for (const std::size_t column : sketched_) {
    if (core::ColumnSketch::suits(schema[column].type)) continue;
    throw InputError(fmt::format(
        "cannot make a column sketch of '{}': it holds {}; sketches are for numbers, dates and "
        "timestamps. Use --filter for it.",
        schema[column].name, name_of(schema[column].type)));
  }
}

void ScreenBuilder::add(std::span<const ColumnView> columns) {
  if (columns[0].rows == 0) return;
  // A dataset of one short row group gets a sketch no longer than that.
  if (!any_rows_) sketch_rows_ = columns[0].rows;
  any_rows_ = true;
  for (const Filtered& filtered : filtered_) filtered.bank->add(columns[filtered.column]);
  for (const std::size_t column : sketched_) {
    emit_(store::Screen::sketch, column,
          core::ColumnSketch::build(columns[column], sketch_rows_, width_));
  }
}

void ScreenBuilder::finish(const Finish& describe) {
  if (!any_rows_) return;
  for (const Filtered& filtered : filtered_) {
    describe(store::Screen::filter, filtered.column, filtered.bank->finish().to_json());
  }
  for (const std::size_t column : sketched_) {
    describe(store::Screen::sketch, column, core::ColumnSketch::layout(width_));
  }
}

}  // namespace trawl::command
