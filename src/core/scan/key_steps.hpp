// IN FILE: the membership filter screens, the sorted keys decide.
#pragma once

#include <trawl/core/filter/key_set.hpp>

#include "core/scan/number_steps.hpp"

namespace trawl::core::scan {

// How one IN FILE is to be answered. `screens`: while Run::by_filter, the filter alone answers.
struct KeyAnswer {
  const KeySet* keys = nullptr;
  std::size_t number = 0;  // position in Predicate::key_lists
  bool use_filter = true;
  bool screens = false;
};

// Integer or time column IN FILE.
class IntegerKeyStep final : public Step {
 public:
  IntegerKeyStep(ColumnRef column, KeyAnswer answer, bool ask_unknown)
      : column_(std::move(column)), answer_(answer), ask_unknown_(ask_unknown) {}
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;
  bool screens() const override { return answer_.screens; }

 private:
  ColumnRef column_;
  KeyAnswer answer_;
  bool ask_unknown_;
};

// Free text column IN FILE.
class TextKeyStep final : public Step {
 public:
  TextKeyStep(ColumnRef column, KeyAnswer answer, bool ask_unknown)
      : column_(std::move(column)), answer_(answer), ask_unknown_(ask_unknown) {}
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;
  bool screens() const override { return answer_.screens; }

 private:
  ColumnRef column_;
  KeyAnswer answer_;
  bool ask_unknown_;
};

}  // namespace trawl::core::scan
