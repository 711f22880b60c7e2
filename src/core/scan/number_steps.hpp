// Conditions on one column of integers, times, booleans or reals: the column's lanes go straight
// into kernels.
#pragma once

#include <optional>
#include <variant>

#include "core/scan/range.hpp"
#include "core/scan/step.hpp"

namespace trawl::core::scan {

// A column and how it is named in plans.
struct ColumnRef {
  std::size_t column = 0;
  std::string name;
  Lane lane = Lane::i64;
  std::optional<std::uint64_t> distinct = {};  // values, about; only for estimates

  // Share of the rows that have one of `count` values, about.
  double share_of_values(double count) const;
};

using Range = std::variant<IntegerRange, RealRange>;

// Column in range, or (flipped) not in range and not NULL; NaN is in no range.
class RangeStep final : public Step {
 public:
  RangeStep(ColumnRef column, Range range, bool flipped, bool ask_unknown)
      : column_(std::move(column)), range_(range), flipped_(flipped), ask_unknown_(ask_unknown) {}
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;

 private:
  ColumnRef column_;
  Range range_;
  bool flipped_;
  bool ask_unknown_;
};

// The values of a list that a column can hold, each exactly: ascending, distinct, no NaN.
struct NumberList {
  std::variant<std::vector<std::int64_t>, std::vector<double>> values;
  std::size_t size() const;
  bool contains(std::int64_t value) const;
  bool contains(double value) const;
};

NumberList integer_list(const std::vector<Value>& values);
NumberList real_list(const std::vector<Value>& values);

// Column IN (values); with a NULL in the list a row that matches nothing is unknown.
class ListStep final : public Step {
 public:
  ListStep(ColumnRef column, NumberList list, bool has_null, bool ask_unknown)
      : column_(std::move(column)),
        list_(std::move(list)),
        has_null_(has_null),
        ask_unknown_(ask_unknown) {}
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;

 private:
  ColumnRef column_;
  NumberList list_;
  bool has_null_;
  bool ask_unknown_;
};

// Column IS NULL. Needs no values, but asks for the column all the same: validity comes with it.
class NullStep final : public Step {
 public:
  explicit NullStep(ColumnRef column) : column_(std::move(column)) {}
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;

 private:
  ColumnRef column_;
};

// Nanoseconds per row to read and decode a lane: a guess, for ordering only.
double lane_cost(Lane lane);

}  // namespace trawl::core::scan
