// One column of a row group as it is filled from CSV fields.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/base/schema.hpp>

namespace trawl::store {

// Rows are put at explicit positions, so that a row that fails in a later column is simply put over
// again.
class ColumnSink {
 public:
  explicit ColumnSink(const ColumnSchema& schema);

  // Row `row` becomes the value of `text`, or NULL. Requires that all rows before it were put.
  // False when the column cannot hold the value; then the row is as if nothing had been put, and
  // problem() says why.
  bool put(std::size_t row, std::string_view text);
  bool put_null(std::size_t row);
  std::string problem(std::string_view text) const;
  std::string problem_of_null() const;

  ColumnView view(std::size_t rows);  // of rows [0, rows); valid until the next put
  void clear();                       // before the first row of the next group

 private:
  void make_room(std::size_t row);
  void set_valid(std::size_t row, bool valid);
  bool put_integer(std::size_t row, std::int64_t value);
  bool put_real(std::size_t row, double value);
  bool put_text(std::size_t row, std::string_view text);
  bool put_category(std::size_t row, std::string_view text);
  template <class T>
  void store(std::size_t row, T value);

  ColumnSchema schema_;
  std::size_t capacity_ = 0;           // rows
  std::vector<std::uint64_t> values_;  // words that hold the lanes
  std::vector<std::uint64_t> valid_, ends_;
  std::string bytes_;
  bool has_null_ = false;
  std::unordered_map<std::string_view, std::uint32_t> codes_;
};

}  // namespace trawl::store
