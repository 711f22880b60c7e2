#include "command/clustering.hpp"

#include <algorithm>

#include <trawl/core/cluster/z_order.hpp>

#include "command/screen_builder.hpp"

namespace trawl::command {

void describe(ClusterOptions& p, Options& visit) {
  visit.option("cluster-by", p.by, "COLUMNS",
               "order rows so that rows with similar values in these columns, separated by commas, "
               "lie together and zone maps prune: one column ascending, several along a Z-order "
               "curve. Row numbers are those of the written file");
  visit.option("cluster-rows", p.rows, Range{1, 1 << 28}, "ROWS",
               "rows that are ordered at once, and held in memory for it; rounded up to whole row "
               "groups");
}

Clustering::Clustering(const ClusterOptions& options, const Schema& schema,
                       std::uint64_t row_group_rows, Emit emit)
    : keys_(find_columns(options.by, schema, "cluster by")),
      run_rows_((options.rows + row_group_rows - 1) / row_group_rows * row_group_rows),
      row_group_rows_(row_group_rows),
      emit_(std::move(emit)),
      buffers_(schema.size()) {
  for (const ColumnSchema& column : schema) stores_.emplace_back(column);
}

void Clustering::append(std::span<const ColumnView> columns) {
  if (keys_.empty()) return emit_(columns);
  for (std::size_t i = 0; i < columns.size(); ++i) stores_[i].append(columns[i]);
  if (stores_[0].rows() >= run_rows_) flush();
}

void Clustering::flush() {
  std::vector<ColumnView> keys;
  for (const std::size_t column : keys_) keys.push_back(stores_[column].view());
  const std::vector<std::uint32_t> order = core::cluster_order(keys);
  std::vector<ColumnView> views(stores_.size());
  for (std::size_t begin = 0; begin < order.size(); begin += row_group_rows_) {
    const std::size_t count = std::min<std::size_t>(row_group_rows_, order.size() - begin);
    for (std::size_t i = 0; i < stores_.size(); ++i) {
      stores_[i].gather(std::span(order).subspan(begin, count), buffers_[i]);
      views[i] = buffers_[i].view;
    }
    emit_(views);
  }
  for (core::RowStore& store : stores_) store.clear();
}

void Clustering::finish() {
  if (!stores_.empty() && stores_[0].rows() > 0) flush();
}

}  // namespace trawl::command
