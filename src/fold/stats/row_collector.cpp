#include "fold/stats/row_collector.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool is_exact(std::int64_t value) {
  __extension__ using Wide = __int128;
  return static_cast<Wide>(static_cast<double>(value)) == value;
}

// As people write it.
std::string name_in(const ColumnView& view, std::size_t row) {
  return view.type == Type::text ? std::string(view.text(row))
                                 : to_text(view.value(row), view.type);
}

// Whole numbers are numbers; dates, truth values and texts are names.
stats::EntityId id_of(const ColumnView& view, std::size_t row) {
  if (view.type == Type::int64) return view.integer(row);
  return name_in(view, row);
}

}  // namespace

RowCollector::RowCollector(const StatsColumns& columns, PieceSink& sink)
    : columns_(columns),
      sink_(sink),
      piece_{{}, RefusalCounts(columns.features.size() + columns.keys.size())} {}

void RowCollector::add(const GroupRef& group, std::span<const std::uint64_t> matches,
                       core::ColumnSource& columns) {
  if (std::ranges::all_of(matches, [](std::uint64_t word) { return word == 0; })) return;
  Views views;  // all of them before the first row is kept: reading may throw
  for (const std::size_t column : group.select)
    views.push_back(&columns.column_rows(column, matches));
  for (std::size_t word = 0; word < matches.size(); ++word) {
    for (std::uint64_t bits = matches[word]; bits != 0; bits &= bits - 1)
      add_row(views, word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
  }
}

void RowCollector::add_row(const Views& views, std::size_t row) {
  if (!make_key(views, row)) {
    ++piece_.refusals.without_key;
    return;
  }
  entities_.push_back(entity());
  for (std::size_t i = 0; i < columns_.features.size(); ++i)
    values_.push_back(feature(*views[columns_.features[i]], row, i));
}

// False when the entity or a level is NULL.
bool RowCollector::make_key(const Views& views, std::size_t row) {
  bool whole = true;
  for (std::size_t i = 0; i < columns_.keys.size(); ++i) {
    if (views[columns_.keys[i]]->is_valid(row)) continue;
    ++piece_.refusals.nulls[columns_.features.size() + i];
    whole = false;
  }
  if (!whole) return false;
  EntityKey key;
  for (std::size_t i = 0; i < columns_.keys.size(); ++i) {
    const ColumnView& view = *views[columns_.keys[i]];
    if (i == 0 && columns_.has_entities) {
      key.id = id_of(view, row);
    } else {
      key.path.push_back(name_in(view, row));
    }
  }
  key_ = key.to_bytes();
  hash_ = key.hash(key_);
  return true;
}

// NaN, which refuses the record, for what no double is equal to.
double RowCollector::feature(const ColumnView& view, std::size_t row, std::size_t index) {
  if (!view.is_valid(row)) {
    ++piece_.refusals.nulls[index];
    return nan;
  }
  if (view.lane == Lane::f32 || view.lane == Lane::f64) return view.real(row);
  const std::int64_t value = view.integer(row);
  if (is_exact(value)) return static_cast<double>(value);
  ++piece_.refusals.inexact[index];
  return nan;
}

std::uint32_t RowCollector::entity() {
  const auto [found, fresh] = numbers_.try_emplace(key_, static_cast<std::uint32_t>(keys_.size()));
  if (fresh) {
    keys_.push_back(key_);
    hashes_.push_back(hash_);
  }
  return found->second;
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
  sink_.add(piece_);
}

}  // namespace trawl::fold
