// What a thread keeps of the matching rows of one piece of work, until the entity table has them.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <trawl/fold/matches.hpp>

#include "fold/stats/columns.hpp"
#include "fold/stats/entity_table.hpp"

namespace trawl::fold {

class RowCollector : public RowSummary {
 public:
  // Called once per piece by its thread. `columns` must live as long.
  using Deliver = std::function<void(const EntityBatch&, const RefusalCounts&)>;
  RowCollector(const StatsColumns& columns, Deliver deliver);

  void add(const GroupRef& group, std::span<const std::uint64_t> matches,
           core::ColumnSource& columns) override;
  void complete() override;
  // Nothing is kept here that could be merged.
  void merge(std::string_view) override {}
  std::string to_bytes() const override { return {}; }

 private:
  using Views = std::vector<const ColumnView*>;
  void add_row(const Views& views, std::size_t row);
  bool make_key(const Views& views, std::size_t row);
  double feature(const ColumnView& view, std::size_t row, std::size_t index);
  std::uint32_t entity();

  const StatsColumns& columns_;
  Deliver deliver_;
  RefusalCounts refusals_;
  std::string key_;  // of the row at hand, reused
  std::uint64_t hash_ = 0;
  std::unordered_map<std::string, std::uint32_t> numbers_;  // of keys, in the order they came
  std::vector<std::string> keys_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> entities_;  // per row
  std::vector<double> values_;           // row by row
};

}  // namespace trawl::fold
