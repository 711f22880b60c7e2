#include "core/scan/category_truths.hpp"

#include <algorithm>
#include <stdexcept>

namespace trawl::core::scan {
namespace {

Truth negated_truth(Truth a) {
  return a == Truth::yes ? Truth::no : a == Truth::no ? Truth::yes : a;
}

Truth both(Truth a, Truth b) {
  for (const Truth wins : {Truth::no, Truth::undecidable, Truth::unknown}) {
    if (a == wins || b == wins) return wins;
  }
  return Truth::yes;
}

Truth either(Truth a, Truth b) {
  return negated_truth(both(negated_truth(a), negated_truth(b)));
}

template <class F>
void combine(CategoryTruths& total, const CategoryTruths& part, const F& f) {
  total.of_null = f(total.of_null, part.of_null);
  for (std::size_t i = 0; i < total.of_code.size(); ++i)
    total.of_code[i] = f(total.of_code[i], part.of_code[i]);
}

template <class F>
CategoryTruths truths_of(const Categories& categories, Truth of_null, const F& truth_of) {
  CategoryTruths truths;
  truths.of_null = of_null;
  truths.of_code.reserve(categories.size());
  for (const std::string& category : categories) truths.of_code.push_back(truth_of(category));
  return truths;
}

bool is_literal(const Term& term) {
  return term.kind == Term::Kind::literal;
}

CategoryAnswer key_truths(const Condition& condition, const Categories& categories, bool negated,
                          const Context& context) {
  const KeySet& keys = *context.keys[condition.keys];
  CategoryAnswer answer;
  answer.exact = truths_of(categories, Truth::unknown, [&](const std::string& text) {
    return keys.contains(text) ? Truth::yes : Truth::no;
  });
  answer.screened = answer.exact;
  if (negated || !uses_filter(keys, context.options)) return answer;
  answer.screened = truths_of(categories, Truth::unknown, [&](const std::string& text) {
    return keys.filter().may_contain(hash_key(text)) ? Truth::yes : Truth::no;
  });
  return answer;
}

CategoryTruths leaf_truths(const Condition& condition, const Categories& categories) {
  if (condition.kind == Condition::Kind::constant) {
    return truths_of(categories, condition.truth,
                     [&](const std::string&) { return condition.truth; });
  }
  if (condition.kind == Condition::Kind::is_null) {
    return truths_of(categories, Truth::yes, [](const std::string&) { return Truth::no; });
  }
  if (condition.kind == Condition::Kind::compare && !is_literal(condition.terms[0]) &&
      !is_literal(condition.terms[1])) {
    const bool holds = compare_holds(condition.compare, 0);  // the column with itself
    return truths_of(categories, Truth::unknown,
                     [&](const std::string&) { return holds ? Truth::yes : Truth::no; });
  }
  if (std::any_of(condition.terms.begin(), condition.terms.end(),
                  [](const Term& t) { return is_literal(t) && is_null(t.literal); })) {
    return truths_of(categories, Truth::unknown, [](const std::string&) { return Truth::unknown; });
  }
  const TextTestPtr test = text_test(condition);
  const Truth otherwise = condition.kind == Condition::Kind::in_list && condition.list_has_null
                              ? Truth::unknown
                              : Truth::no;
  return truths_of(categories, Truth::unknown, [&](const std::string& text) {
    return test->passes(text) ? Truth::yes : otherwise;
  });
}

// Collects the columns of a condition into `column`; false when there are two.
bool same_column(const Term& term, std::optional<std::size_t>& column) {
  if (term.kind == Term::Kind::column) {
    if (column && *column != term.column) return false;
    column = term.column;
  }
  return std::all_of(term.operands.begin(), term.operands.end(),
                     [&](const Term& operand) { return same_column(operand, column); });
}

bool same_column(const Condition& condition, std::optional<std::size_t>& column) {
  return std::all_of(condition.terms.begin(), condition.terms.end(),
                     [&](const Term& term) { return same_column(term, column); }) &&
         std::all_of(condition.operands.begin(), condition.operands.end(),
                     [&](const Condition& operand) { return same_column(operand, column); });
}

// Whether every leaf is about text: a subtree may also hold conditions on literals of other types.
bool all_text(const Condition& condition) {
  return std::all_of(condition.terms.begin(), condition.terms.end(),
                     [](const Term& term) {
                       return term.operands.empty() &&
                              (is_text(term.type) || (is_literal(term) && is_null(term.literal)));
                     }) &&
         std::all_of(condition.operands.begin(), condition.operands.end(), all_text);
}

}  // namespace

TextTestPtr text_test(const Condition& condition) {
  switch (condition.kind) {
    case Condition::Kind::compare: {
      const bool literal_left = is_literal(condition.terms[0]);
      const Term& literal = condition.terms[literal_left ? 0 : 1];
      return compare_test(literal_left ? mirrored(condition.compare) : condition.compare,
                          std::get<std::string>(literal.literal));
    }
    case Condition::Kind::in_list:
      return list_test(condition.values);
    case Condition::Kind::like:
      return like_test(condition.pattern, condition.ignore_case);
    case Condition::Kind::regexp:
      return regexp_test(condition.pattern);
    default:
      throw std::logic_error("not a condition on text");
  }
}

bool uses_filter(const KeySet& keys, const ScanOptions& options) {
  return options.use_filter && !keys.filter().empty();
}

std::optional<std::size_t> only_category_column(const Condition& condition, const Schema& schema) {
  std::optional<std::size_t> column;
  if (!same_column(condition, column) || !column) return std::nullopt;
  if (schema[*column].type != Type::categorical || !all_text(condition)) return std::nullopt;
  return column;
}

CategoryAnswer category_truths(const Condition& condition, std::size_t column, bool negated,
                               const Context& context) {
  const Categories& categories = *context.schema[column].categories;
  const bool connective = condition.kind == Condition::Kind::all_of ||
                          condition.kind == Condition::Kind::any_of ||
                          condition.kind == Condition::Kind::negation;
  if (!connective) {
    if (condition.kind == Condition::Kind::in_keys)
      return key_truths(condition, categories, negated, context);
    CategoryTruths truths = leaf_truths(condition, categories);
    return {truths, truths};
  }
  const bool negates = condition.kind == Condition::Kind::negation;
  CategoryAnswer total =
      category_truths(condition.operands[0], column, negated || negates, context);
  if (negates) {
    const auto flip = [](Truth, Truth b) { return negated_truth(b); };
    combine(total.exact, CategoryTruths(total.exact), flip);
    combine(total.screened, CategoryTruths(total.screened), flip);
  }
  for (std::size_t i = 1; i < condition.operands.size(); ++i) {
    const CategoryAnswer part = category_truths(condition.operands[i], column, negated, context);
    const auto join = condition.kind == Condition::Kind::all_of ? both : either;
    combine(total.exact, part.exact, join);
    combine(total.screened, part.screened, join);
  }
  return total;
}

}  // namespace trawl::core::scan
