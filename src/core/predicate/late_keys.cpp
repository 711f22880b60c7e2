#include <algorithm>

#include <trawl/core/predicate/predicate.hpp>

namespace trawl::core {
namespace {

bool computes(const Condition& condition) {
  return std::ranges::any_of(condition.terms,
                             [](const Term& term) {
                               return term.kind != Term::Kind::column &&
                                      term.kind != Term::Kind::literal;
                             }) ||
         std::ranges::any_of(condition.operands, computes);
}

std::size_t count_keys(const Condition& condition) {
  std::size_t count = condition.kind == Condition::Kind::in_keys ? 1 : 0;
  for (const Condition& operand : condition.operands) count += count_keys(operand);
  return count;
}

}  // namespace

std::optional<LateKeys> keys_to_check_late(const Predicate& predicate) {
  const Condition& root = predicate.root;
  if (predicate.key_lists.size() != 1 || predicate.key_lists[0].type == Type::text ||
      count_keys(root) != 1 || computes(root)) {
    return std::nullopt;
  }
  const Condition* keys = &root;
  if (root.kind == Condition::Kind::all_of) {
    const auto found = std::ranges::find(root.operands, Condition::Kind::in_keys, &Condition::kind);
    if (found == root.operands.end()) return std::nullopt;
    keys = &*found;
  }
  if (keys->kind != Condition::Kind::in_keys || keys->terms[0].kind != Term::Kind::column)
    return std::nullopt;
  return LateKeys{keys->keys, keys->terms[0].column};
}

}  // namespace trawl::core
