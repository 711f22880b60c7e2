#include "core/predicate/normalise.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <trawl/core/predicate/zone_test.hpp>

namespace trawl::core {
namespace {

bool is_constant(const Condition& condition, Truth truth) {
  return condition.kind == Condition::Kind::constant && condition.truth == truth;
}

// Operands of operands of the same connective: they are flat themselves, so one level is all there
// is.
std::vector<Condition> flattened(Condition::Kind kind, std::vector<Condition> operands) {
  std::vector<Condition> flat;
  flat.reserve(operands.size());
  for (Condition& operand : operands) {
    if (operand.kind == kind) {
      std::move(operand.operands.begin(), operand.operands.end(), std::back_inserter(flat));
    } else {
      flat.push_back(std::move(operand));
    }
  }
  return flat;
}

std::vector<Condition> sorted_by_text(std::vector<Condition> operands, const Schema& schema,
                                      std::span<const KeyListRef> key_lists) {
  std::vector<std::pair<std::string, std::size_t>> order;
  order.reserve(operands.size());
  for (std::size_t i = 0; i < operands.size(); ++i)
    order.emplace_back(to_text(operands[i], schema, key_lists), i);
  std::sort(order.begin(), order.end());
  std::vector<Condition> sorted;
  sorted.reserve(operands.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && order[i].first == order[i - 1].first) continue;
    sorted.push_back(std::move(operands[order[i].second]));
  }
  return sorted;
}

void collect(const Term& term, std::set<std::size_t>& columns) {
  if (term.kind == Term::Kind::column) columns.insert(term.column);
  for (const Term& operand : term.operands) collect(operand, columns);
}

void collect(const Condition& condition, std::set<std::size_t>& columns) {
  for (const Term& term : condition.terms) collect(term, columns);
  for (const Condition& operand : condition.operands) collect(operand, columns);
}

void renumber(Condition& condition, std::span<const KeyListRef> from, std::vector<KeyListRef>& to) {
  if (condition.kind == Condition::Kind::in_keys) {
    const KeyListRef& list = from[condition.keys];
    const auto found = std::find(to.begin(), to.end(), list);
    condition.keys = static_cast<std::size_t>(found - to.begin());
    if (found == to.end()) to.push_back(list);
  }
  for (Condition& operand : condition.operands) renumber(operand, from, to);
}

}  // namespace

Condition constant_condition(Truth truth, SourceSpan span) {
  Condition result;
  result.kind = Condition::Kind::constant;
  result.truth = truth;
  result.span = span;
  return result;
}

Condition negation_of(Condition operand, SourceSpan span) {
  if (operand.kind == Condition::Kind::constant) {
    const Truth truth = operand.truth == Truth::no    ? Truth::yes
                        : operand.truth == Truth::yes ? Truth::no
                                                      : operand.truth;
    return constant_condition(truth, span);
  }
  if (operand.kind == Condition::Kind::negation) {
    Condition inner = std::move(operand.operands[0]);
    return inner;
  }
  Condition result;
  result.kind = Condition::Kind::negation;
  result.operands.push_back(std::move(operand));
  result.span = span;
  return result;
}

Condition connect(Condition::Kind kind, std::vector<Condition> operands, SourceSpan span,
                  const Schema& schema, std::span<const KeyListRef> key_lists) {
  const bool all = kind == Condition::Kind::all_of;
  const Truth neutral = all ? Truth::yes : Truth::no;
  const Truth deciding = all ? Truth::no : Truth::yes;
  operands = flattened(kind, std::move(operands));
  std::erase_if(operands, [&](const Condition& c) { return is_constant(c, neutral); });
  if (std::any_of(operands.begin(), operands.end(),
                  [&](const Condition& c) { return is_constant(c, deciding); })) {
    return constant_condition(deciding, span);
  }
  operands = sorted_by_text(std::move(operands), schema, key_lists);
  if (operands.empty()) return constant_condition(neutral, span);
  if (operands.size() == 1) {
    Condition only = std::move(operands[0]);
    return only;
  }
  Condition result;
  result.kind = kind;
  result.operands = std::move(operands);
  result.span = span;
  return result;
}

std::vector<KeyListRef> keep_used_key_lists(Condition& root,
                                            std::span<const KeyListRef> key_lists) {
  std::vector<KeyListRef> used;
  renumber(root, key_lists, used);
  return used;
}

std::vector<std::size_t> columns_read(const Condition& root) {
  std::set<std::size_t> columns;
  collect(root, columns);
  return {columns.begin(), columns.end()};
}

}  // namespace trawl::core
