#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include <trawl/base/column.hpp>
#include <trawl/base/error.hpp>

namespace trawl {
namespace {

[[noreturn]] void refuse(const ColumnSchema& schema, std::string_view value) {
  throw DataError(fmt::format("cannot append {}: column '{}' ({}, lane {})", value, schema.name,
                              name_of(schema.type), name_of(schema.lane)));
}

}  // namespace

ColumnBuilder::ColumnBuilder(const ColumnSchema& schema) : schema_(schema) {
  if (schema_.type == Type::categorical && schema_.categories == nullptr) {
    throw std::logic_error("ColumnBuilder: a categorical column needs its categories");
  }
}

// Every append ends here: a row that is refused before leaves the builder as it was.
void ColumnBuilder::append_bytes(const void* value) {
  if (schema_.lane == Lane::text) {
    ends_.push_back(bytes_.size());
  } else {
    const auto* begin = static_cast<const std::byte*>(value);
    values_.insert(values_.end(), begin, begin + lane_bytes(schema_.lane));
  }
  if (rows_ % 64 == 0) valid_.push_back(0);
  valid_[rows_ / 64] |= std::uint64_t{1} << (rows_ % 64);
  ++rows_;
}

void ColumnBuilder::append_null() {
  if (!schema_.nullable) refuse(schema_, "NULL to a column without NULLs");
  const std::uint64_t zero = 0;
  append_bytes(&zero);
  valid_.back() &= ~(std::uint64_t{1} << ((rows_ - 1) % 64));
  has_null_ = true;
}

void ColumnBuilder::append(std::int64_t value) {
  if (schema_.lane == Lane::text || schema_.type == Type::float64) {
    refuse(schema_, fmt::format("the integer {}", value));
  }
  if (schema_.type == Type::boolean && value != 0 && value != 1) {
    refuse(schema_, fmt::format("{}, which is neither 0 nor 1", value));
  }
  with_lane(schema_.lane, [&]<class T>(T*) {
    if constexpr (std::is_integral_v<T>) {
      if (!std::in_range<T>(value)) refuse(schema_, fmt::format("{}, out of range", value));
      const T lane = static_cast<T>(value);
      append_bytes(&lane);
    } else {
      refuse(schema_, fmt::format("the integer {}", value));
    }
  });
}

void ColumnBuilder::append(double value) {
  if (schema_.lane == Lane::f64) return append_bytes(&value);
  if (schema_.lane != Lane::f32) refuse(schema_, "the number " + to_text(value));
  const auto narrow = static_cast<float>(value);
  if (static_cast<double>(narrow) != value && !std::isnan(value)) {
    refuse(schema_, to_text(value) + ", which a 32-bit float cannot hold");
  }
  append_bytes(&narrow);
}

void ColumnBuilder::append(std::string_view text) {
  if (schema_.lane == Lane::text) {
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return append_bytes(nullptr);
  }
  if (schema_.type != Type::categorical) refuse(schema_, fmt::format("the text '{}'", text));
  const Categories& categories = *schema_.categories;
  const auto found = std::lower_bound(categories.begin(), categories.end(), text);
  if (found == categories.end() || *found != text) {
    refuse(schema_, fmt::format("'{}', which is not among the categories", text));
  }
  append(static_cast<std::int64_t>(found - categories.begin()));
}

ColumnView ColumnBuilder::view() const {
  ColumnView view;
  view.type = schema_.type;
  view.lane = schema_.lane;
  view.rows = rows_;
  view.valid = has_null_ ? valid_.data() : nullptr;
  if (schema_.lane == Lane::text) {
    view.ends = ends_.data();
    view.bytes = bytes_.data();
  } else {
    view.values = values_.data();
  }
  view.categories = schema_.categories.get();
  return view;
}

void ColumnBuilder::clear() {
  rows_ = 0;
  has_null_ = false;
  values_.clear();
  valid_.clear();
  ends_.clear();
  bytes_.clear();
}

}  // namespace trawl
