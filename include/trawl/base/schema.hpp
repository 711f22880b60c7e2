// The columns of a dataset.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/type.hpp>

namespace trawl {

using Categories = std::vector<std::string>;

struct ColumnSchema {
  std::string name;
  Type type = Type::int64;
  Lane lane = Lane::i64;
  bool nullable = true;                          // false: known to hold no NULL
  std::shared_ptr<const Categories> categories;  // categorical only; distinct, ascending bytewise
};

class Schema {
 public:
  Schema() = default;
  explicit Schema(std::vector<ColumnSchema> columns) : columns_(std::move(columns)) {}

  std::size_t size() const { return columns_.size(); }
  const ColumnSchema& operator[](std::size_t column) const { return columns_[column]; }
  auto begin() const { return columns_.begin(); }
  auto end() const { return columns_.end(); }

  // Position of the column with exactly this name. Linear in the number of columns.
  std::optional<std::size_t> find(std::string_view name) const;
  // The name closest to `name` by edit distance, for error messages; empty when there are no
  // columns.
  std::string nearest(std::string_view name) const;

 private:
  std::vector<ColumnSchema> columns_;
};

// Edit distance (Levenshtein 1966), letters compared without case. O(|a| |b|).
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace trawl
