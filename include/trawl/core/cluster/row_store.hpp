// Rows of one column in memory, appended in pieces and taken out in another order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <trawl/base/column.hpp>

namespace trawl::core {

class RowStore {
 public:
  explicit RowStore(ColumnSchema schema) : schema_(std::move(schema)) {}

  // Copies all rows of `rows`, which must be of this column's type and lane.
  void append(const ColumnView& rows);
  std::size_t rows() const { return valid_.size(); }
  // All rows; until the next append or clear.
  ColumnView view();
  // The rows numbered in `order`, in that order.
  void gather(std::span<const std::uint32_t> order, ColumnBuffer& into) const;
  void clear();

 private:
  ColumnSchema schema_;
  std::vector<std::byte> lanes_;
  std::vector<bool> valid_;
  std::vector<std::uint64_t> ends_;
  std::vector<char> bytes_;
  ColumnBuffer validity_;  // of view()
};

}  // namespace trawl::core
