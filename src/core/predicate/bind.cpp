#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <re2/re2.h>

#include <trawl/base/text.hpp>
#include <trawl/core/predicate/reference.hpp>
#include <trawl/core/predicate/zone_test.hpp>

#include "core/predicate/bind_terms.hpp"
#include "core/predicate/like_pattern.hpp"
#include "core/predicate/normalise.hpp"
#include "core/predicate/print.hpp"
#include "core/predicate/syntax.hpp"

namespace trawl::core {
namespace {

Compare mirrored(Compare op) {
  switch (op) {
    case Compare::lt:
      return Compare::gt;
    case Compare::le:
      return Compare::ge;
    case Compare::gt:
      return Compare::lt;
    case Compare::ge:
      return Compare::le;
    default:
      return op;
  }
}

// Conditions whose value is settled without a row: all terms literal, or one of them NULL.
Condition folded(Condition condition) {
  const auto& terms = condition.terms;
  if (std::all_of(terms.begin(), terms.end(), is_literal)) {
    Predicate alone;
    alone.root = std::move(condition);
    const Truth truth = evaluate_reference(alone, [](std::size_t) { return Value(); }, {});
    return constant_condition(truth, alone.root.span);
  }
  const bool has_null = std::any_of(terms.begin(), terms.end(), is_null_literal);
  if (has_null && std::none_of(terms.begin(), terms.end(), can_overflow)) {
    return constant_condition(Truth::unknown, condition.span);
  }
  return condition;
}

class Binder {
 public:
  Binder(const Syntax& syntax, const Schema& schema)
      : syntax_(syntax), schema_(schema), terms_(syntax.text, schema) {}

  Predicate run() {
    Predicate predicate;
    predicate.root = condition(syntax_.root);
    predicate.key_lists = keep_used_key_lists(predicate.root, key_lists_);
    predicate.columns = columns_read(predicate.root);
    predicate.normal_form = to_text(predicate.root, schema_, predicate.key_lists);
    return predicate;
  }

 private:
  Condition condition(const Node& node) {
    switch (node.kind) {
      case Node::Kind::compare:
        return compare(terms_.bind(node.operands[0]), node.compare, terms_.bind(node.operands[1]),
                       node.span);
      case Node::Kind::between:
        return between(node);
      case Node::Kind::in_list:
        return in_list(node);
      case Node::Kind::in_file:
        return in_file(node);
      case Node::Kind::like:
        return like(node);
      case Node::Kind::regexp:
        return regexp(node);
      case Node::Kind::is_null:
        return folded(with_term(Condition::Kind::is_null, terms_.bind(node.operands[0]), node));
      case Node::Kind::all_of:
        return connected(node, Condition::Kind::all_of);
      case Node::Kind::any_of:
        return connected(node, Condition::Kind::any_of);
      case Node::Kind::negation:
        return negation_of(condition(node.operands[0]), node.span);
      default:
        return standing_alone(node);
    }
  }

  static Condition with_term(Condition::Kind kind, Term term, const Node& node) {
    Condition result;
    result.kind = kind;
    result.terms.push_back(std::move(term));
    result.span = node.span;
    return result;
  }

  Condition connected(const Node& node, Condition::Kind kind) {
    std::vector<Condition> operands;
    operands.reserve(node.operands.size());
    for (const Node& operand : node.operands) operands.push_back(condition(operand));
    return connect(kind, std::move(operands), node.span, schema_, key_lists_);
  }

  Condition standing_alone(const Node& node) const {
    Term term = terms_.bind(node);
    if (is_null_literal(term)) return constant_condition(Truth::unknown, node.span);
    if (term.type != Type::boolean) {
      terms_.fail(
          node.span,
          fmt::format(
              "expected a condition, found {}: compare it with something, or test IS NOT NULL",
              terms_.described(term)));
    }
    return folded(with_term(Condition::Kind::boolean, std::move(term), node));
  }

  // Columns go left of literals; of two others the one whose text is first.
  Condition compare(Term left, Compare op, Term right, SourceSpan span) const {
    terms_.make_comparable(left, right);
    const bool swap = is_literal(left) != is_literal(right)
                          ? is_literal(left)
                          : term_text(right, schema_) < term_text(left, schema_);
    if (swap) std::swap(left, right);
    Condition result;
    result.kind = Condition::Kind::compare;
    result.compare = swap ? mirrored(op) : op;
    result.terms.push_back(std::move(left));
    result.terms.push_back(std::move(right));
    result.span = span;
    return folded(std::move(result));
  }

  Condition between(const Node& node) {
    const Term value = terms_.bind(node.operands[0]);
    std::vector<Condition> operands;
    operands.push_back(compare(value, Compare::ge, terms_.bind(node.operands[1]), node.span));
    operands.push_back(compare(value, Compare::le, terms_.bind(node.operands[2]), node.span));
    return connect(Condition::Kind::all_of, std::move(operands), node.span, schema_, key_lists_);
  }

  Condition in_list(const Node& node) const {
    Condition result = with_term(Condition::Kind::in_list, terms_.bind(node.operands[0]), node);
    for (std::size_t i = 1; i < node.operands.size(); ++i)
      add_element(result, terms_.bind(node.operands[i]));
    auto& values = result.values;
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.empty() && result.list_has_null && !can_overflow(result.terms[0])) {
      return constant_condition(Truth::unknown, node.span);
    }
    return folded(std::move(result));
  }

  // Keeps an element as a value of exactly the searched kind; one that has no such value can never
  // match.
  void add_element(Condition& list, Term element) const {
    if (!is_literal(element)) {
      terms_.fail(
          element.span,
          fmt::format("IN takes literals, found {}: write a = b OR a = c to compare with columns",
                      terms_.described(element)));
    }
    if (is_null_literal(element)) {
      list.list_has_null = true;
      return;
    }
    const Term& value = list.terms[0];
    if (is_null_literal(value)) return;
    // Compared as a column of the value's type would be: only the element is converted.
    Term column = value;
    column.kind = Term::Kind::column;
    terms_.make_comparable(column, element);
    const Type kind = value.type;
    const bool same =
        is_number(kind) ? element.type == kind : kind != Type::date || element.type == Type::date;
    if (same) list.values.push_back(std::move(element.literal));
  }

  Condition in_file(const Node& node) {
    Term term = terms_.bind(node.operands[0]);
    if (term.kind != Term::Kind::column) {
      terms_.fail(term.span, fmt::format("IN FILE needs a column before it, found {}",
                                         terms_.described(term)));
    }
    if (term.type == Type::float64) {
      terms_.fail(
          term.span,
          fmt::format(
              "{} cannot be searched by a key list, since equal doubles may be written in many "
              "ways: write the numbers into IN (...), or store the column as int64",
              terms_.described(term)));
    }
    if (term.type == Type::boolean) {
      terms_.fail(term.span,
                  fmt::format("{} cannot be searched by a key list: write it alone, or after NOT",
                              terms_.described(term)));
    }
    const KeyListRef list{node.text, node.key_column, schema_[term.column].name, term.type};
    const auto found = std::find(key_lists_.begin(), key_lists_.end(), list);
    Condition result = with_term(Condition::Kind::in_keys, std::move(term), node);
    result.keys = static_cast<std::size_t>(found - key_lists_.begin());
    if (found == key_lists_.end()) key_lists_.push_back(list);
    return result;
  }

  // Binds value and pattern of LIKE or REGEXP. A NULL pattern stays a second term, which folds the
  // condition away.
  Condition text_match(Condition::Kind kind, const Node& node, const char* word) const {
    Condition result = with_term(kind, terms_.bind(node.operands[0]), node);
    Term& value = result.terms[0];
    if (value.type != Type::text && !is_null_literal(value)) {
      terms_.fail(value.span,
                  fmt::format("{} needs text before it, found {}", word, terms_.described(value)));
    }
    Term pattern = terms_.bind(node.operands[1]);
    if (is_null_literal(pattern)) {
      result.terms.push_back(std::move(pattern));
    } else if (!is_literal(pattern) || pattern.type != Type::text) {
      terms_.fail(pattern.span, fmt::format("the pattern of {} must be a string literal, found {}",
                                            word, terms_.described(pattern)));
    } else {
      result.pattern = std::get<std::string>(pattern.literal);
    }
    return result;
  }

  Condition like(const Node& node) const {
    Condition result = text_match(Condition::Kind::like, node, node.ignore_case ? "ILIKE" : "LIKE");
    result.ignore_case = node.ignore_case;
    const std::string escape =
        node.operands.size() > 2 ? std::get<std::string>(node.operands[2].literal) : "";
    if (node.operands.size() > 2 &&
        (escape.empty() || code_point_bytes(escape, 0) != escape.size())) {
      terms_.fail(node.operands[2].span, "ESCAPE takes exactly one character");
    }
    auto canonical = canonical_pattern(result.pattern, escape);
    if (!canonical) {
      terms_.fail(
          node.operands[1].span,
          fmt::format(
              "the escape character {0} must stand before %, _ or another {0} in the pattern",
              escape));
    }
    result.pattern = std::move(*canonical);
    return folded_match(std::move(result));
  }

  Condition regexp(const Node& node) const {
    Condition result = text_match(Condition::Kind::regexp, node, "REGEXP");
    const RE2 compiled(result.pattern, RE2::Quiet);
    if (!compiled.ok()) {
      terms_.fail(
          node.operands[1].span,
          fmt::format("this regular expression is not valid: {} (syntax: RE2)", compiled.error()));
    }
    return folded_match(std::move(result));
  }

  static Condition folded_match(Condition condition) {
    if (std::any_of(condition.terms.begin(), condition.terms.end(), is_null_literal)) {
      return constant_condition(Truth::unknown, condition.span);
    }
    return folded(std::move(condition));
  }

  const Syntax& syntax_;
  const Schema& schema_;
  TermBinder terms_;
  std::vector<KeyListRef> key_lists_;
};

}  // namespace

Predicate bind(const SyntaxPtr& syntax, const Schema& schema) {
  Predicate predicate = Binder(*syntax, schema).run();
  if (predicate.root.kind == Condition::Kind::all_of) {
    for (const Condition& operand : predicate.root.operands)
      predicate.operand_texts.push_back(to_text(operand, schema, predicate.key_lists));
  }
  return predicate;
}

}  // namespace trawl::core
