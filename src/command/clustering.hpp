// Brings rows into cluster order while they are written, some at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/core/cluster/row_store.hpp>

#include "command/options.hpp"

namespace trawl::command {

struct ClusterOptions {
  std::vector<std::string> by;                  // columns, each maybe a list separated by commas
  std::uint64_t rows = std::uint64_t{1} << 20;  // ordered at once, and held in memory
};
void describe(ClusterOptions& p, Options& visit);

class Clustering {
 public:
  // A row group in its new order; the views live until the call ends.
  using Emit = std::function<void(std::span<const ColumnView>)>;

  // InputError when a column is not there.
  Clustering(const ClusterOptions& options, const Schema& schema, std::uint64_t row_group_rows,
             Emit emit);

  // Columns in schema order. Emits when enough rows are there; at once when nothing is clustered.
  void append(std::span<const ColumnView> columns);
  void finish();

 private:
  void flush();

  std::vector<std::size_t> keys_;
  std::uint64_t run_rows_;
  std::uint64_t row_group_rows_;
  Emit emit_;
  std::vector<core::RowStore> stores_;
  std::vector<ColumnBuffer> buffers_;
};

}  // namespace trawl::command
