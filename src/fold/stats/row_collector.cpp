#include "fold/stats/row_collector.hpp"

#include <algorithm>
#include <bit>

#include <trawl/base/digest.hpp>

namespace trawl::fold {

RowCollector::RowCollector(const StatsColumns& columns, PieceSink& sink)
    : columns_(columns),
      sink_(sink),
      piece_{{}, RefusalCounts(columns.features.size() + columns.keys.size()), {}},
      reader_(columns) {}

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
      entities_.push_back(entity());
    }
  }
  reader_.append_features(views, rows, values_, columns_.distributions ? &nulls_ : nullptr);
}

std::uint32_t RowCollector::entity() {
  const auto fresh = static_cast<std::uint32_t>(keys_.size());
  const std::string& key = reader_.key();
  const std::uint32_t number = numbers_.find_or_add(
      xxh3(bytes_of(key)), fresh, [&](std::uint32_t other) { return keys_[other] == key; });
  if (number == fresh) {
    keys_.push_back(key);
    hashes_.push_back(reader_.hash());
  }
  return number;
}

void RowCollector::complete() {
  const std::size_t features = columns_.features.size();
  EntityBatch& batch = piece_.batch;
  batch = {std::move(keys_), std::move(hashes_), {}, {}};
  batch.begin.resize(batch.keys.size() + 1);
  for (const std::uint32_t e : entities_) ++batch.begin[e + 1];
  for (std::size_t e = 0; e < batch.keys.size(); ++e) batch.begin[e + 1] += batch.begin[e];
  std::vector<std::uint64_t> next(batch.begin.begin(), batch.begin.end() - 1);
  batch.rows.resize(values_.size());
  for (std::size_t row = 0; row < entities_.size(); ++row) {
    std::copy_n(
        values_.begin() + static_cast<std::ptrdiff_t>(row * features), features,
        batch.rows.begin() + static_cast<std::ptrdiff_t>(next[entities_[row]]++ * features));
  }
  piece_.refusals = reader_.refusals();
  if (columns_.distributions) {
    std::vector<std::uint64_t> nulls(batch.keys.size() * features);
    for (const NullCell& cell : nulls_) ++nulls[entities_[cell.row] * features + cell.feature];
    piece_.distributions = distributions_of(columns_, batch, nulls);
  }
  sink_.add(piece_);
}

}  // namespace trawl::fold
