#include "fold/stats/row_reader.hpp"

#include <algorithm>
#include <limits>

#include <trawl/base/digest.hpp>

namespace trawl::fold {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool is_exact(std::int64_t value) {
  __extension__ using Wide = __int128;
  return static_cast<Wide>(static_cast<double>(value)) == value;
}

// As people write it; in `memory` if it is not a text already.
std::string_view name_in(const ColumnView& view, std::size_t row, std::string& memory) {
  if (view.type == Type::text) return view.text(row);
  if (view.type == Type::categorical)
    return (*view.categories)[static_cast<std::size_t>(view.integer(row))];
  return memory = to_text(view.value(row), view.type);
}

}  // namespace

RowReader::RowReader(const StatsColumns& columns)
    : columns_(columns), refusals_(columns.features.size() + columns.keys.size()) {}

// Whole numbers are numbers; dates, truth values and texts are names.
bool RowReader::read_key(const Views& views, std::size_t row) {
  if (!has_key(views, row)) return false;
  const std::size_t ids = columns_.has_entities ? 1 : 0;
  if (ids == 0) {
    key_.begin();
  } else {
    const ColumnView& view = *views[columns_.keys[0]];
    hash_ = view.type == Type::int64 ? key_.begin(view.integer(row))
                                     : key_.begin(name_in(view, row, name_));
  }
  key_.path(columns_.keys.size() - ids);
  for (std::size_t i = ids; i < columns_.keys.size(); ++i)
    key_.name(name_in(*views[columns_.keys[i]], row, name_));
  if (ids == 0) hash_ = xxh3(bytes_of(key_.bytes()));  // as EntityKey::hash
  return true;
}

// False when the entity or a level is NULL.
bool RowReader::has_key(const Views& views, std::size_t row) {
  bool whole = true;
  for (std::size_t i = 0; i < columns_.keys.size(); ++i) {
    if (views[columns_.keys[i]]->is_valid(row)) continue;
    ++refusals_.nulls[columns_.features.size() + i];
    whole = false;
  }
  refusals_.without_key += whole ? 0 : 1;
  return whole;
}

void RowReader::append_features(const Views& views, std::span<const std::size_t> rows,
                                std::vector<double>& out, std::vector<NullCell>* nulls) {
  // So many that they stay in a near cache while one feature after the other is put between.
  constexpr std::size_t at_once = 256;
  const std::size_t width = columns_.features.size();
  std::size_t begin = out.size() / width;
  out.resize(out.size() + rows.size() * width);
  for (; !rows.empty(); rows = rows.subspan(std::min(at_once, rows.size()))) {
    const auto some = rows.first(std::min(at_once, rows.size()));
    const std::size_t first = nulls != nullptr ? nulls->size() : 0;
    for (std::size_t i = 0; i < width; ++i)
      read_feature(*views[columns_.features[i]], i, some, out.data() + begin * width + i, nulls);
    if (nulls != nullptr) {
      for (NullCell& cell : std::span(*nulls).subspan(first))
        cell.row += static_cast<std::uint32_t>(begin);
    }
    begin += some.size();
  }
}

void RowReader::read_feature(const ColumnView& view, std::size_t index,
                             std::span<const std::size_t> rows, double* out,
                             std::vector<NullCell>* nulls) {
  const bool real = view.lane == Lane::f32 || view.lane == Lane::f64;
  with_lane(view.lane, [&]<class T>(T*) {
    const T* const lanes = view.lanes<T>();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t row = rows[i];
      double& value = out[i * columns_.features.size()];
      value = static_cast<double>(lanes[row]);
      if (!view.is_valid(row)) {
        ++refusals_.nulls[index];
        if (nulls != nullptr)
          nulls->push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(index)});
        value = nan;
      } else if (!real && !is_exact(static_cast<std::int64_t>(lanes[row]))) {
        ++refusals_.inexact[index];
        value = nan;
      }
    }
  });
}

}  // namespace trawl::fold
