#include "fold/stats/row_collector.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include <trawl/base/digest.hpp>

namespace trawl::fold {

RowCollector::RowCollector(const StatsColumns& columns, PieceSink& sink)
    : columns_(columns),
      sink_(sink),
      piece_{std::move(spare().batch),
             RefusalCounts(columns.features.size() + columns.keys.size()),
             {}},
      reader_(columns),
      numbers_(std::move(spare().numbers)),
      nulls_(std::move(spare().nulls)) {
  numbers_.clear();
  nulls_.clear();
  piece_.batch.clear();
}

RowCollector::~RowCollector() {
  spare() = {std::move(numbers_), std::move(piece_.batch), std::move(nulls_)};
}

RowCollector::Memory& RowCollector::spare() {
  thread_local Memory memory;
  return memory;
}

void RowCollector::add(const GroupRef& group, std::span<const std::uint64_t> matches,
                       core::ColumnSource& columns) {
  if (std::ranges::all_of(matches, [](std::uint64_t word) { return word == 0; })) return;
  RowReader::Views views;  // all of them before the first row is kept: reading may throw
  for (const std::size_t column : group.select)
    views.push_back(&columns.column_rows(column, matches));
  std::vector<std::size_t> rows;
  for (std::size_t word = 0; word < matches.size(); ++word) {
    for (std::uint64_t bits = matches[word]; bits != 0; bits &= bits - 1) {
      const std::size_t row = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      if (!reader_.read_key(views, row)) continue;
      rows.push_back(row);
      piece_.batch.entities.push_back(entity());
    }
  }
  reader_.append_features(views, rows, piece_.batch.rows,
                          columns_.distributions ? &nulls_ : nullptr);
}

std::uint32_t RowCollector::entity() {
  EntityBatch& batch = piece_.batch;
  const auto fresh = static_cast<std::uint32_t>(batch.keys.size());
  const std::string& key = reader_.key();
  const std::uint32_t number = numbers_.find_or_add(
      xxh3(bytes_of(key)), fresh, [&](std::uint32_t other) { return batch.keys[other] == key; });
  if (number == fresh) {
    batch.keys.push_back(key);
    batch.hashes.push_back(reader_.hash());
  }
  return number;
}

void RowCollector::complete() {
  const std::size_t features = columns_.features.size();
  piece_.refusals = reader_.refusals();
  if (columns_.distributions) {
    std::vector<std::uint64_t> nulls(piece_.batch.keys.size() * features);
    for (const NullCell& cell : nulls_)
      ++nulls[piece_.batch.entities[cell.row] * features + cell.feature];
    piece_.distributions = distributions_of(columns_, piece_.batch, nulls);
  }
  sink_.add(piece_);
}

}  // namespace trawl::fold
