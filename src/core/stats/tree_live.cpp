// Verdicts on records as they come.
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/tree.hpp>

#include "core/stats/hierarchy.hpp"

namespace trawl::stats {
namespace {

template <class Sums>
std::int64_t records_of(const Branch<Sums>& branch) {
  return branch.state.within.count() + branch.waiting_records +
         (branch.pending ? branch.pending->within.count() : 0);
}

// Whether `records` is far enough from what the branch's measure was made from.
template <class Sums>
bool is_due(const Branch<Sums>& branch, std::int64_t records, const MeasureRule& rule) {
  const auto made_from = static_cast<double>(branch.measured_records);
  return std::abs(static_cast<double>(records) - made_from) > rule.renewal_share * made_from;
}

template <class Sums>
void renew(Hierarchy<Sums>& hierarchy, Branch<Sums>& branch) {
  hierarchy.settle(branch);
  branch.measure = hierarchy.make_measure(branch.state);
  branch.measured_records = branch.state.within.count();
  branch.measured_entities = branch.state.entities;
}

template <class Sums>
void judge(Hierarchy<Sums>& hierarchy, Branch<Sums>& parent, std::span<const double> record,
           Verdict& verdict) {
  const std::int64_t records = records_of(parent);
  if (records < std::max<std::int64_t>(1, hierarchy.rule.min_records)) return;
  if (is_due(parent, records, hierarchy.rule)) renew(hierarchy, parent);
  verdict.baseline_records = parent.measured_records;
  verdict.baseline_entities = parent.measured_entities;
  if (!parent.measure) return;
  verdict.distance = parent.measure(record);
  verdict.judged = true;
}

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); });
}

}  // namespace

template <class Sums>
void BasicTree<Sums>::set_measure(MakeMeasure<Sums> make, MeasureRule rule) {
  hierarchy_->make_measure = std::move(make);
  hierarchy_->rule = rule;
  hierarchy_->forget_measures();
}

template <class Sums>
Verdict BasicTree<Sums>::update(const EntityId& id, std::span<const double> record) {
  if (record.size() != features()) throw std::invalid_argument("a record has one value a feature");
  Leaf<Sums>* leaf = hierarchy_->find(id);
  if (leaf == nullptr) {
    if (!hierarchy_->balanced()) {
      throw InputError("no entity " + text_of(id) + " in this tree: it must join at its path");
    }
    leaf = &hierarchy_->join(id, {});
  }
  Verdict verdict;
  if (hierarchy_->make_measure && all_finite(record)) {
    hierarchy_->reshape();
    judge(*hierarchy_, *leaf->parent, record, verdict);
  }
  hierarchy_->add_record(*leaf, record);
  verdict.refused = !leaf->sums.accepts(record);
  return verdict;
}

template void BasicTree<core::ExactSums>::set_measure(MakeMeasure<core::ExactSums>, MeasureRule);
template void BasicTree<core::FixedSums>::set_measure(MakeMeasure<core::FixedSums>, MeasureRule);
template Verdict BasicTree<core::ExactSums>::update(const EntityId&, std::span<const double>);
template Verdict BasicTree<core::FixedSums>::update(const EntityId&, std::span<const double>);

}  // namespace trawl::stats
