// Conditions on text: free text row by row over the selected rows only, categories once per
// category beforehand.
#pragma once

#include <array>

#include "core/scan/number_steps.hpp"
#include "core/scan/text_test.hpp"

namespace trawl::core::scan {

// One test of one free text column.
class TextStep final : public Step {
 public:
  // `otherwise_unknown`: a list that holds NULL, so that what it does not match is unknown.
  TextStep(ColumnRef column, TextTestPtr test, bool otherwise_unknown, bool ask_unknown)
      : column_(std::move(column)),
        test_(std::move(test)),
        otherwise_unknown_(otherwise_unknown),
        ask_unknown_(ask_unknown) {}
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;

 private:
  ColumnRef column_;
  TextTestPtr test_;
  bool otherwise_unknown_;
  bool ask_unknown_;
};

// Two text or categorical columns compared bytewise, in any combination.
class TextPairStep final : public Step {
 public:
  TextPairStep(ColumnRef left, Compare op, ColumnRef right, bool ask_unknown)
      : left_(std::move(left)), right_(std::move(right)), op_(op), ask_unknown_(ask_unknown) {}
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;

 private:
  ColumnRef left_, right_;
  Compare op_;
  bool ask_unknown_;
};

// The truth of a condition for each category and for NULL.
struct CategoryTruths {
  std::vector<Truth> of_code;
  Truth of_null = Truth::unknown;
  bool operator==(const CategoryTruths&) const = default;
};

// Any condition on one categorical column: looked up by code. `screened` answers while
// Run::by_filter, `exact` otherwise.
class CategoryStep final : public Step {
 public:
  CategoryStep(ColumnRef column, CategoryTruths exact, CategoryTruths screened, bool ask_unknown);
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;
  bool screens() const override { return screens_; }

 private:
  // The codes with one truth: none, one stretch of codes, or a table.
  struct Codes {
    std::size_t count = 0;
    IntegerRange stretch = IntegerRange::none();  // the only codes, or (complement) all but these
    bool complement = false;
    bool is_stretch = false;
    std::vector<std::uint8_t> table;
  };
  struct Answer {
    std::array<Codes, 4> by_truth;  // index: Truth
    Truth of_null = Truth::unknown;
  };
  static Codes codes_with(const CategoryTruths& truths, Truth truth);
  static Answer answer_of(const CategoryTruths& truths);
  void select_codes(const ColumnView& column, const Codes& codes, const std::uint64_t* select,
                    std::uint64_t* out) const;
  void refuse_foreign_codes(Run& run, const ColumnView& column, const std::uint64_t* select) const;

  ColumnRef column_;
  std::size_t categories_;
  Answer exact_, screened_;
  bool screens_;
  bool ask_unknown_;
};

}  // namespace trawl::core::scan
