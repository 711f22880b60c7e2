// AND, OR, NOT and constants in Kleene's logic, with `undecidable` between no/yes and unknown (see
// Truth).
#pragma once

#include <trawl/core/predicate/predicate.hpp>

#include "core/scan/step.hpp"

namespace trawl::core::scan {

class ConstantStep final : public Step {
 public:
  explicit ConstantStep(Truth truth) : truth_(truth) {}
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override { return {0.0, truth_ == Truth::yes ? 1.0 : 0.0}; }
  void describe(std::vector<std::string>& lines, int depth) const override;

 private:
  Truth truth_;
};

// Children run in order of cost per rejected row, each over the rows that no child has rejected
// yet.
class AllStep final : public Step {
 public:
  explicit AllStep(std::vector<StepPtr> children);
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;
  bool screens() const override;
  const std::vector<StepPtr>& children() const { return children_; }

 private:
  std::vector<StepPtr> children_;
};

// Children run in order of cost per accepted row, each over the rows that no child has accepted
// yet.
class AnyStep final : public Step {
 public:
  explicit AnyStep(std::vector<StepPtr> children);
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;
  bool screens() const override;

 private:
  std::vector<StepPtr> children_;
};

// Needs a child that was told to report unknown rows and to answer IN FILE exactly.
class NotStep final : public Step {
 public:
  explicit NotStep(StepPtr child) : child_(std::move(child)) {}
  Verdict judge(Run& run, const std::uint64_t* select) const override;
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;

 private:
  StepPtr child_;
};

}  // namespace trawl::core::scan
