// What the type of one CSV column must be, from all its values.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include <trawl/base/schema.hpp>

namespace trawl::store {

// Distinct texts of a column, until they are too many or too long to be categories.
class DistinctTexts {
 public:
  static constexpr std::size_t max_text_bytes = 256;  // of an inferred category

  DistinctTexts(std::size_t max_texts, bool any_length)
      : max_texts_(max_texts), any_length_(any_length) {}
  void add(std::string_view text);
  bool overflowed() const { return overflowed_; }
  std::size_t size() const { return texts_.size(); }
  Categories sorted() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::size_t max_texts_;
  bool any_length_;
  bool overflowed_ = false;
  std::unordered_set<std::string, Hash, std::equal_to<>> texts_;
};

// Sees every value of one column and says which type and lane hold them all exactly.
class ColumnInference {
 public:
  // `given`: the type the user wants; then only the lane is inferred. `keep_texts`: count distinct
  // texts from the first value on, for a column that is known to end as text though it begins with
  // numbers or times.
  ColumnInference(std::string name, const ColumnSchema* given, std::size_t max_categories,
                  bool keep_texts);

  // False when the type is given and the text is none of its values. Const: nothing is learned.
  bool accepts(std::string_view text) const;
  bool allows_null() const { return !given_ || given_->nullable; }
  void add_null() { nulls_ = true; }
  void add(std::string_view text);  // requires accepts(text)

  // The column turned out to be text after values whose texts were not kept: look at it again, with
  // keep_texts.
  bool needs_texts() const;
  ColumnSchema finish() const;  // requires !needs_texts()

  std::string problem(std::string_view text) const;

 private:
  enum class Kind { none, number, boolean, time, text };

  Kind kind_of(std::string_view text) const;
  bool add_to_kind(std::string_view text);  // false: the value is of another kind
  bool add_number(std::string_view text);
  void add_integer(std::int64_t value);
  void add_double(double value);
  bool add_time(std::string_view text);
  void add_given(std::string_view text);
  void become_text();
  bool is_only_special() const;  // nan and inf and no number beside them
  Type inferred_type() const;
  bool is_categorical() const;
  Lane lane_of(Type type) const;

  std::string name_;
  std::optional<ColumnSchema> given_;
  Kind kind_ = Kind::none;
  bool keep_texts_;
  bool texts_missing_ = false;  // `texts_` lacks earlier values
  bool nulls_ = false;
  std::uint64_t values_ = 0;
  DistinctTexts texts_;

  std::int64_t min_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_ = std::numeric_limits<std::int64_t>::min();
  bool integers_ = false;  // some value is written as an integer
  bool integers_exact_as_double_ = true;
  bool decimals_ = false;
  bool specials_ = false;
  bool fits_float_ = true;
  bool all_dates_ = true;
};

}  // namespace trawl::store
