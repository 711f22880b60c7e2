// Builds what an index holds about columns besides zones, while their rows go by.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/core/filter/column_sketch.hpp>
#include <trawl/core/filter/filter_bank.hpp>
#include <trawl/store/screen.hpp>

#include "command/options.hpp"

namespace trawl::command {

// Which columns get which screens.
struct ScreenColumns {
  std::vector<std::string> filter;  // names, each maybe a list separated by commas
  std::vector<std::string> sketch;
  int sketch_bytes = 2;  // a row

  bool empty() const { return filter.empty() && sketch.empty(); }
};
void describe(ScreenColumns& p, Options& visit);
void describe_sketch_bytes(int& bytes, Options& visit);
// The names in a list of comma lists.
std::vector<std::string> column_names(const std::vector<std::string>& lists);

// Their positions, without repetitions. InputError "cannot PURPOSE 'name': ..." when one is not
// there, naming the nearest.
std::vector<std::size_t> find_columns(const std::vector<std::string>& lists, const Schema& schema,
                                      std::string_view purpose);

class ScreenBuilder {
 public:
  using Emit = std::function<void(store::Screen screen, std::size_t column, Bytes chunk)>;
  using Finish = std::function<void(store::Screen screen, std::size_t column, std::string layout)>;

  // InputError when a column is not there (naming the nearest), or of a type that has no sketches.
  // `emit` takes chunk after chunk of each screen.
  ScreenBuilder(const ScreenColumns& columns, const Schema& schema, std::uint64_t row_group_rows,
                Emit emit);

  // The next row group: columns in schema order.
  void add(std::span<const ColumnView> columns);
  // The last chunks, and how to read them.
  void finish(const Finish& describe);

 private:
  struct Filtered {
    std::size_t column;
    std::unique_ptr<core::FilterBankBuilder> bank;
  };
  std::uint64_t sketch_rows_ = 0;  // of every sketch: those of the first row group
  Emit emit_;
  std::vector<Filtered> filtered_;
  std::vector<std::size_t> sketched_;
  core::ColumnSketch::Width width_;
  bool any_rows_ = false;
};

}  // namespace trawl::command
