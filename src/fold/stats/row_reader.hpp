// A matching row as statistics see it: its key and its features.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trawl/base/column.hpp>

#include "fold/stats/columns.hpp"

namespace trawl::fold {

class RowReader {
 public:
  using Views = std::vector<const ColumnView*>;     // of the selected columns
  explicit RowReader(const StatsColumns& columns);  // which must live as long

  // False, and counted, when the entity or a level is NULL; no key then.
  bool read_key(const Views& views, std::size_t row);
  const std::string& key() const { return key_; }  // EntityKey::to_bytes of the last row
  std::uint64_t hash() const { return hash_; }     // says where its entity lives

  // NaN, which refuses the record, for NULL and for what no double is equal to; counted.
  void append_features(const Views& views, std::size_t row, std::vector<double>& out);

  const RefusalCounts& refusals() const { return refusals_; }

 private:
  bool make_key(const Views& views, std::size_t row);
  double feature(const ColumnView& view, std::size_t row, std::size_t index);

  const StatsColumns& columns_;
  RefusalCounts refusals_;
  std::string key_;
  std::uint64_t hash_ = 0;
};

}  // namespace trawl::fold
