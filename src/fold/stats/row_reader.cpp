#include "fold/stats/row_reader.hpp"

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

RowReader::RowReader(const StatsColumns& columns)
    : columns_(columns), refusals_(columns.features.size() + columns.keys.size()) {}

bool RowReader::read_key(const Views& views, std::size_t row) {
  if (make_key(views, row)) return true;
  ++refusals_.without_key;
  return false;
}

void RowReader::append_features(const Views& views, std::size_t row, std::vector<double>& out) {
  for (std::size_t i = 0; i < columns_.features.size(); ++i)
    out.push_back(feature(*views[columns_.features[i]], row, i));
}

// False when the entity or a level is NULL.
bool RowReader::make_key(const Views& views, std::size_t row) {
  bool whole = true;
  for (std::size_t i = 0; i < columns_.keys.size(); ++i) {
    if (views[columns_.keys[i]]->is_valid(row)) continue;
    ++refusals_.nulls[columns_.features.size() + i];
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
double RowReader::feature(const ColumnView& view, std::size_t row, std::size_t index) {
  if (!view.is_valid(row)) {
    ++refusals_.nulls[index];
    return nan;
  }
  if (view.lane == Lane::f32 || view.lane == Lane::f64) return view.real(row);
  const std::int64_t value = view.integer(row);
  if (is_exact(value)) return static_cast<double>(value);
  ++refusals_.inexact[index];
  return nan;
}

}  // namespace trawl::fold
