// What the text of one CSV field can be read as.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/type.hpp>
#include <trawl/store/csv.hpp>

namespace trawl::store {

// Tells NULL fields: the empty unquoted one and the texts the user named.
class NullTexts {
 public:
  explicit NullTexts(const std::vector<std::string>& texts) : texts_(texts) {}
  bool holds(const CsvField& field) const {
    if (field.text.empty() && !field.quoted) return true;
    for (const std::string& text : texts_) {
      if (field.text == text) return true;
    }
    return false;
  }

 private:
  const std::vector<std::string>& texts_;
};

// How the text of a number is written.
enum class NumberShape {
  none,
  integer,  // -?(0|[1-9][0-9]*), but not -0, which no integer can hold
  decimal,  // with point or exponent, or -0; no leading zeros: 007.5 is a key, not a number
  special,  // nan, inf, infinity in any case, inf with or without '-'
};
NumberShape number_shape(std::string_view text);

std::optional<std::int64_t> parse_boolean(std::string_view text);  // true, false in any case: 1, 0
// Values of the types whose lanes are integers: int64, boolean, date, timestamp.
std::optional<std::int64_t> parse_integral(Type type, std::string_view text);
// Whether a field with this text can be a value of a column of `type`.
bool can_be(Type type, std::string_view text);

Lane narrowest_integer_lane(std::int64_t min, std::int64_t max);
// Whether a 32-bit float holds the value exactly; NaN counts as held.
bool fits_float(double value);

// "column X: 'abc' is not an int64"; long texts are shortened here, never in the raw text beside
// it.
std::string problem_of_value(std::string_view column, std::string_view text, std::string_view what);
std::string_view with_article(Type type);  // "an int64", "a date"

}  // namespace trawl::store
