#include "store/csv_sink.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "store/csv_value.hpp"

namespace trawl::store {

ColumnSink::ColumnSink(const ColumnSchema& schema) : schema_(schema) {
  if (schema.type != Type::categorical) return;
  const Categories& categories = *schema.categories;
  codes_.reserve(categories.size());
  for (std::size_t i = 0; i < categories.size(); ++i)
    codes_.emplace(categories[i], static_cast<std::uint32_t>(i));
}

void ColumnSink::make_room(std::size_t row) {
  if (row < capacity_) return;
  capacity_ = std::max<std::size_t>(1024, 2 * capacity_);
  values_.resize((capacity_ * lane_bytes(schema_.lane) + 7) / 8);
  valid_.resize(capacity_ / 64);
  if (schema_.lane == Lane::text) ends_.resize(capacity_);
}

void ColumnSink::set_valid(std::size_t row, bool valid) {
  const std::uint64_t bit = std::uint64_t{1} << (row % 64);
  valid_[row / 64] = valid ? valid_[row / 64] | bit : valid_[row / 64] & ~bit;
  has_null_ = has_null_ || !valid;
}

template <class T>
void ColumnSink::store(std::size_t row, T value) {
  std::memcpy(reinterpret_cast<char*>(values_.data()) + row * sizeof(T), &value, sizeof(T));
}

bool ColumnSink::put(std::size_t row, std::string_view text) {
  make_room(row);
  set_valid(row, true);
  switch (schema_.type) {
    case Type::text:
      return put_text(row, text);
    case Type::categorical:
      return put_category(row, text);
    case Type::float64: {
      const std::optional<double> value = parse_double(text);
      return value && put_real(row, *value);
    }
    default: {
      const std::optional<std::int64_t> value = parse_integral(schema_.type, text);
      return value && put_integer(row, *value);
    }
  }
}

bool ColumnSink::put_null(std::size_t row) {
  if (!schema_.nullable) return false;
  make_room(row);
  set_valid(row, false);
  if (schema_.lane == Lane::text) return put_text(row, {});
  if (schema_.type == Type::float64) return put_real(row, 0);
  return put_integer(row, 0);
}

bool ColumnSink::put_integer(std::size_t row, std::int64_t value) {
  return with_lane(schema_.lane, [&]<class T>(T*) {
    if constexpr (std::is_integral_v<T>) {
      const auto narrow = static_cast<T>(value);
      if (static_cast<std::int64_t>(narrow) != value) return false;
      store(row, narrow);
      return true;
    }
    return false;
  });
}

bool ColumnSink::put_real(std::size_t row, double value) {
  if (schema_.lane == Lane::f64) return store(row, value), true;
  if (schema_.lane != Lane::f32 || !fits_float(value)) return false;
  store(row, static_cast<float>(value));
  return true;
}

bool ColumnSink::put_text(std::size_t row, std::string_view text) {
  bytes_.resize(row == 0 ? 0 : static_cast<std::size_t>(ends_[row - 1]));
  bytes_.append(text);
  ends_[row] = bytes_.size();
  return true;
}

bool ColumnSink::put_category(std::size_t row, std::string_view text) {
  const auto code = codes_.find(text);
  return code != codes_.end() && put_integer(row, code->second);
}

std::string ColumnSink::problem(std::string_view text) const {
  if (schema_.type == Type::categorical)
    return problem_of_value(schema_.name, text, "is not among the categories");
  if (can_be(schema_.type, text)) {
    return problem_of_value(schema_.name, text,
                            fmt::format("does not fit lane {} exactly", name_of(schema_.lane)));
  }
  return problem_of_value(schema_.name, text, fmt::format("is not {}", with_article(schema_.type)));
}

std::string ColumnSink::problem_of_null() const {
  return fmt::format("column {}: NULL, but the schema allows none", schema_.name);
}

ColumnView ColumnSink::view(std::size_t rows) {
  // A row that was put but not kept may have left its bit behind the last one.
  if (rows % 64 != 0) valid_[rows / 64] &= (std::uint64_t{1} << (rows % 64)) - 1;
  ColumnView view;
  view.type = schema_.type;
  view.lane = schema_.lane;
  view.rows = rows;
  view.valid = has_null_ ? valid_.data() : nullptr;
  view.categories = schema_.categories.get();
  if (schema_.lane == Lane::text) {
    view.ends = ends_.data();
    view.bytes = bytes_.data();
  } else {
    view.values = values_.data();
  }
  return view;
}

void ColumnSink::clear() {
  has_null_ = false;
  bytes_.clear();
}

}  // namespace trawl::store
