// A matching row as statistics see it: its key and its features.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <trawl/base/column.hpp>

#include "fold/stats/columns.hpp"
#include "fold/stats/distributions.hpp"
#include "fold/stats/entity_key.hpp"

namespace trawl::fold {

class RowReader {
 public:
  using Views = std::vector<const ColumnView*>;     // of the selected columns
  explicit RowReader(const StatsColumns& columns);  // which must live as long

  // False, and counted, when the entity or a level is NULL; no key then.
  bool read_key(const Views& views, std::size_t row);
  const std::string& key() const { return key_.bytes(); }  // EntityKey::to_bytes of the last row
  std::uint64_t hash() const { return hash_; }             // says where its entity lives

  // Of `rows`, row by row. NaN, which refuses the record, for NULL and for what no double is equal
  // to; counted, and NULLs are added to `nulls` with their rows in `out`. Column by column: what a
  // column is, is looked at once.
  void append_features(const Views& views, std::span<const std::size_t> rows,
                       std::vector<double>& out, std::vector<NullCell>* nulls = nullptr);

  const RefusalCounts& refusals() const { return refusals_; }

 private:
  bool has_key(const Views& views, std::size_t row);
  void read_feature(const ColumnView& view, std::size_t index, std::span<const std::size_t> rows,
                    double* out, std::vector<NullCell>* nulls);

  const StatsColumns& columns_;
  RefusalCounts refusals_;
  KeyWriter key_;
  std::uint64_t hash_ = 0;
  std::string name_;  // a value of a key as text, where it is none
};

}  // namespace trawl::fold
