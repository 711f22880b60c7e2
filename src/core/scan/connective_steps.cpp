#include "core/scan/connective_steps.hpp"

#include <algorithm>

#include "core/scan/step_order.hpp"

namespace trawl::core::scan {
namespace {

// total |= part, keeping an absent mask absent as long as possible.
void unite(Mask& total, Mask& part) {
  if (!part) return;
  if (!total) {
    total = std::move(part);
    return;
  }
  for (std::size_t w = 0; w < total.size(); ++w) total[w] |= part[w];
}

void remove(Mask& from, const std::uint64_t* rows) {
  if (!from) return;
  for (std::size_t w = 0; w < from.size(); ++w) from[w] &= ~rows[w];
}

void keep(Mask& in, const Mask& rows) {
  if (!in) return;
  for (std::size_t w = 0; w < in.size(); ++w) in[w] &= rows[w];
}

bool any_screens(const std::vector<StepPtr>& children) {
  return std::any_of(children.begin(), children.end(),
                     [](const StepPtr& step) { return step->screens(); });
}

// Ascending by `key` of the estimate; equal ones stay as the predicate has them.
template <class Key>
void order(std::vector<StepPtr>& children, const Key& key) {
  std::stable_sort(children.begin(), children.end(), [&](const StepPtr& a, const StepPtr& b) {
    return key(a->estimate()) < key(b->estimate());
  });
}

constexpr double smallest = 1e-6;  // keeps a step that rejects nothing from dividing by zero

}  // namespace

Verdict ConstantStep::judge(Run& run, const std::uint64_t* select) const {
  Verdict verdict;
  if (truth_ == Truth::yes) {
    verdict.yes = run.masks.copy(select);
    return verdict;
  }
  verdict.yes = run.masks.take_zero();
  if (truth_ == Truth::unknown) verdict.unknown = run.masks.copy(select);
  if (truth_ == Truth::undecidable) verdict.undecidable = run.masks.copy(select);
  return verdict;
}

void ConstantStep::describe(std::vector<std::string>& lines, int depth) const {
  constexpr const char* names[] = {"no", "yes", "unknown", "undecidable"};
  lines.push_back(indented(depth, std::string("constant: ") +
                                      names[static_cast<std::size_t>(truth_)] + " for every row"));
}

AllStep::AllStep(std::vector<StepPtr> children) : children_(std::move(children)) {
  order_conjunction(children_);
}

Verdict AllStep::judge(Run& run, const std::uint64_t* select) const {
  Verdict total;
  Mask left = run.masks.copy(select);  // not rejected yet
  for (const StepPtr& child : children_) {
    if (!any(left.data(), left.size())) break;
    Verdict verdict = child->judge(run, left.data());
    left = std::move(verdict.yes);
    if (verdict.unknown || verdict.undecidable) {
      for (std::size_t w = 0; w < left.size(); ++w) {
        if (verdict.unknown) left[w] |= verdict.unknown[w];
        if (verdict.undecidable) left[w] |= verdict.undecidable[w];
      }
    }
    unite(total.unknown, verdict.unknown);
    unite(total.undecidable, verdict.undecidable);
  }
  // A row that one child could not judge may have been rejected by another.
  keep(total.undecidable, left);
  keep(total.unknown, left);
  if (total.undecidable) {
    remove(total.unknown, total.undecidable.data());
    remove(left, total.undecidable.data());
  }
  if (total.unknown) remove(left, total.unknown.data());
  total.yes = std::move(left);
  return total;
}

Estimate AllStep::estimate() const {
  Estimate total{0.0, 1.0};
  for (const StepPtr& child : children_) {
    const Estimate part = child->estimate();
    total.cost += part.cost_at(total.pass);
    total.pass *= part.pass;
  }
  return total;
}

void AllStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(indented(depth, "all of, each over the rows that are left:"));
  for (const StepPtr& child : children_) child->describe(lines, depth + 1);
}

bool AllStep::screens() const {
  return any_screens(children_);
}

AnyStep::AnyStep(std::vector<StepPtr> children) : children_(std::move(children)) {
  order(children_, [](Estimate e) { return (e.cost + e.row_cost) / std::max(e.pass, smallest); });
}

Verdict AnyStep::judge(Run& run, const std::uint64_t* select) const {
  Verdict total;
  total.yes = run.masks.take_zero();
  Mask left = run.masks.copy(select);  // not accepted yet
  for (const StepPtr& child : children_) {
    if (!any(left.data(), left.size())) break;
    Verdict verdict = child->judge(run, left.data());
    remove(left, verdict.yes.data());
    unite(total.yes, verdict.yes);
    unite(total.unknown, verdict.unknown);
    unite(total.undecidable, verdict.undecidable);
  }
  // A row that one child could not judge may have been accepted by another.
  remove(total.undecidable, total.yes.data());
  remove(total.unknown, total.yes.data());
  if (total.undecidable) remove(total.unknown, total.undecidable.data());
  return total;
}

Estimate AnyStep::estimate() const {
  Estimate total{0.0, 0.0};
  for (const StepPtr& child : children_) {
    const Estimate part = child->estimate();
    total.cost += part.cost_at(1.0 - total.pass);
    total.pass += part.pass * (1.0 - total.pass);
  }
  return total;
}

void AnyStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(indented(depth, "any of, each over the rows not accepted yet:"));
  for (const StepPtr& child : children_) child->describe(lines, depth + 1);
}

bool AnyStep::screens() const {
  return any_screens(children_);
}

Verdict NotStep::judge(Run& run, const std::uint64_t* select) const {
  Verdict verdict = child_->judge(run, select);
  for (std::size_t w = 0; w < run.words; ++w) verdict.yes[w] = select[w] & ~verdict.yes[w];
  if (verdict.unknown) remove(verdict.yes, verdict.unknown.data());
  if (verdict.undecidable) remove(verdict.yes, verdict.undecidable.data());
  return verdict;
}

Estimate NotStep::estimate() const {
  const Estimate inner = child_->estimate();
  return {inner.cost, 1.0 - inner.pass};
}

void NotStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(indented(depth, "not:"));
  child_->describe(lines, depth + 1);
}

}  // namespace trawl::core::scan
