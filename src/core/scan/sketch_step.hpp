// Column sketches before columns: codes of rows reject most rows of a range or a short list.
#pragma once

#include <variant>

#include "core/scan/number_steps.hpp"

namespace trawl::core::scan {

// What a sketch can be asked.
using SketchQuestion = std::variant<IntegerRange, RealRange, NumberList>;

ColumnSketch::Answer ask(const ColumnSketch& sketch, const SketchQuestion& question);

// A screen: rows whose code may satisfy the question, a superset of those whose value does. Only
// for conjunctions in which unknown counts as no, beside the exact step for the same question.
class SketchStep final : public Step {
 public:
  // `pass`: the fraction of rows that satisfy the question, about; of so many codes.
  SketchStep(ColumnRef column, SketchQuestion question, double pass, std::uint32_t codes)
      : column_(std::move(column)), question_(std::move(question)), pass_(pass), codes_(codes) {}
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;

 private:
  ColumnRef column_;
  SketchQuestion question_;
  double pass_;
  std::uint32_t codes_;
};

// The exact step of a column with sketches: looks only at the values of rows whose code cannot
// decide, and at none when there are no such rows. `exact` answers the same question.
class SketchedStep final : public Step {
 public:
  // `by_page`: few values can be read without all others.
  SketchedStep(ColumnRef column, SketchQuestion question, StepPtr exact, bool by_page)
      : column_(std::move(column)),
        question_(std::move(question)),
        exact_(std::move(exact)),
        by_page_(by_page) {}
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;

 private:
  ColumnRef column_;
  SketchQuestion question_;
  StepPtr exact_;
  bool by_page_;
};

}  // namespace trawl::core::scan
