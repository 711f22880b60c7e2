#include "store/csv_inference.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "store/csv_value.hpp"

namespace trawl::store {
namespace {

// Doubles hold every integer up to 2^53 in magnitude, floats up to 2^24 (IEEE 754: bits of the
// significand).
constexpr std::int64_t exact_in_double = std::int64_t{1} << 53;
constexpr std::int64_t exact_in_float = std::int64_t{1} << 24;

bool within(std::int64_t value, std::int64_t bound) {
  return value >= -bound && value <= bound;
}

bool is_exact_as_double(std::int64_t value) {
  if (within(value, exact_in_double)) return true;
  const auto real = static_cast<double>(value);
  // 2^63 is no int64: converting it back would be undefined.
  return real < 0x1p63 && static_cast<std::int64_t>(real) == value;
}

}  // namespace

void DistinctTexts::add(std::string_view text) {
  if (overflowed_) return;
  if (texts_.find(text) != texts_.end()) return;
  if (texts_.size() == max_texts_ || (!any_length_ && text.size() > max_text_bytes)) {
    overflowed_ = true;
    texts_.clear();
    return;
  }
  texts_.emplace(text);
}

Categories DistinctTexts::sorted() const {
  Categories categories(texts_.begin(), texts_.end());
  std::sort(categories.begin(), categories.end());
  return categories;
}

ColumnInference::ColumnInference(std::string name, const ColumnSchema* given,
                                 std::size_t max_categories, bool keep_texts)
    : name_(std::move(name)),
      keep_texts_(keep_texts),
      texts_(given != nullptr ? std::numeric_limits<std::uint32_t>::max() : max_categories,
             given != nullptr) {
  if (given != nullptr) given_ = *given;
}

bool ColumnInference::accepts(std::string_view text) const {
  return !given_ || can_be(given_->type, text);
}

void ColumnInference::add(std::string_view text) {
  ++values_;
  if (given_) return add_given(text);
  if (keep_texts_) texts_.add(text);
  if (kind_ == Kind::none) kind_ = kind_of(text);
  if (kind_ != Kind::text && !add_to_kind(text)) become_text();
  if (kind_ == Kind::text && !keep_texts_ && !texts_missing_) texts_.add(text);
}

void ColumnInference::add_given(std::string_view text) {
  switch (given_->type) {
    case Type::float64:
      add_double(*parse_double(text));
      break;
    case Type::categorical:
      texts_.add(text);
      break;
    case Type::text:
      break;
    default:
      add_integer(*parse_integral(given_->type, text));
  }
}

ColumnInference::Kind ColumnInference::kind_of(std::string_view text) const {
  if (number_shape(text) != NumberShape::none) return Kind::number;
  if (parse_boolean(text)) return Kind::boolean;
  if (parse_timestamp(text)) return Kind::time;
  return Kind::text;
}

bool ColumnInference::add_to_kind(std::string_view text) {
  switch (kind_) {
    case Kind::number:
      return add_number(text);
    case Kind::boolean:
      return parse_boolean(text).has_value();
    default:
      return add_time(text);
  }
}

bool ColumnInference::add_number(std::string_view text) {
  switch (number_shape(text)) {
    case NumberShape::none:
      return false;
    case NumberShape::integer: {
      const std::optional<std::int64_t> value = parse_int64(text);
      if (!value) return false;  // beyond int64: neither lane could hold it
      add_integer(*value);
      break;
    }
    case NumberShape::decimal: {
      const std::optional<double> value = parse_double(text);
      if (!value) return false;  // beyond the largest double
      decimals_ = true;
      add_double(*value);
      break;
    }
    case NumberShape::special:
      specials_ = true;
  }
  // Integers that a double cannot hold beside numbers that only a double can: only text keeps both
  // as they are.
  return integers_exact_as_double_ || !(decimals_ || specials_);
}

void ColumnInference::add_integer(std::int64_t value) {
  integers_ = true;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  if (within(value, exact_in_float)) return;
  integers_exact_as_double_ = integers_exact_as_double_ && is_exact_as_double(value);
  fits_float_ = fits_float_ && fits_float(static_cast<double>(value));
}

void ColumnInference::add_double(double value) {
  fits_float_ = fits_float_ && fits_float(value);
}

bool ColumnInference::add_time(std::string_view text) {
  if (!parse_timestamp(text)) return false;
  all_dates_ = all_dates_ && text.size() == std::string_view("YYYY-MM-DD").size();
  return true;
}

void ColumnInference::become_text() {
  kind_ = Kind::text;
  texts_missing_ = !keep_texts_ && values_ > 1;
}

bool ColumnInference::is_only_special() const {
  return kind_ == Kind::number && !integers_ && !decimals_;
}

bool ColumnInference::needs_texts() const {
  return !given_ && !keep_texts_ && (texts_missing_ || is_only_special());
}

Type ColumnInference::inferred_type() const {
  switch (kind_) {
    case Kind::boolean:
      return Type::boolean;
    case Kind::time:
      return all_dates_ ? Type::date : Type::timestamp;
    case Kind::number:
      if (is_only_special()) break;
      return decimals_ || specials_ ? Type::float64 : Type::int64;
    default:
      break;
  }
  return is_categorical() ? Type::categorical : Type::text;
}

bool ColumnInference::is_categorical() const {
  constexpr std::uint64_t always_few = 16;
  return values_ > 0 && !texts_.overflowed() && texts_.size() <= std::max(always_few, values_ / 2);
}

Lane ColumnInference::lane_of(Type type) const {
  switch (type) {
    case Type::boolean:
      return Lane::u8;
    case Type::date:
    case Type::timestamp:
      return Lane::i64;
    case Type::float64:
      return fits_float_ ? Lane::f32 : Lane::f64;
    case Type::text:
      return Lane::text;
    case Type::int64:
      return integers_ ? narrowest_integer_lane(min_, max_) : Lane::u8;
    case Type::categorical:
      break;
  }
  const auto codes = static_cast<std::int64_t>(texts_.size());
  return narrowest_integer_lane(0, codes == 0 ? 0 : codes - 1);
}

ColumnSchema ColumnInference::finish() const {
  ColumnSchema schema;
  schema.name = name_;
  schema.type = given_ ? given_->type : inferred_type();
  schema.lane = lane_of(schema.type);
  schema.nullable = allows_null() && (nulls_ || values_ == 0);
  if (schema.type == Type::categorical)
    schema.categories = std::make_shared<Categories>(texts_.sorted());
  return schema;
}

std::string ColumnInference::problem(std::string_view text) const {
  return problem_of_value(name_, text, fmt::format("is not {}", with_article(given_->type)));
}

}  // namespace trawl::store
