#include "core/predicate/bind_terms.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "core/predicate/message.hpp"
#include "core/predicate/numbers.hpp"

namespace trawl::core {
namespace {

constexpr std::int64_t microseconds_per_day = 86'400'000'000;

Term literal_term(Type type, Value value, SourceSpan span) {
  Term term;
  term.kind = Term::Kind::literal;
  term.type = type;
  term.literal = std::move(value);
  term.span = span;
  return term;
}

// Values of two types can be compared when both are numbers, both times, both texts or both
// booleans.
int family(Type type) {
  return is_number(type) ? 0 : is_time(type) ? 1 : is_text(type) ? 2 : 3;
}

Term::Kind term_kind(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::negate:
      return Term::Kind::negate;
    case Node::Kind::add:
      return Term::Kind::add;
    case Node::Kind::subtract:
      return Term::Kind::subtract;
    case Node::Kind::multiply:
      return Term::Kind::multiply;
    default:
      return Term::Kind::divide;
  }
}

double as_double(const Value& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
}

void make_number_alike(Term& literal, const Term& other) {
  if (!is_literal(literal) || !is_number(literal.type) || literal.type == other.type) return;
  if (const auto* real = std::get_if<double>(&literal.literal)) {
    if (const auto exact = exact_integer(*real)) literal.literal = *exact;
  } else if (const auto* integer = std::get_if<std::int64_t>(&literal.literal)) {
    if (const auto exact = exact_double(*integer)) literal.literal = *exact;
  }
  literal.type = std::holds_alternative<double>(literal.literal) ? Type::float64 : Type::int64;
}

// -0.0 and 0.0 compare equal: one of them is enough.
void drop_sign_of_zero(Term& term) {
  if (auto* real = std::get_if<double>(&term.literal);
      is_literal(term) && real != nullptr && *real == 0)
    *real = 0.0;
}

void make_time_alike(Term& literal, const Term& other) {
  if (!is_literal(literal) || !is_time(literal.type)) return;
  const bool midnight = std::get<std::int64_t>(literal.literal) % microseconds_per_day == 0;
  literal.type = other.type == Type::date && midnight ? Type::date : Type::timestamp;
}

std::string hint(const Term& left, const Term& right) {
  const auto one_is = [&](auto&& test) { return test(left) || test(right); };
  const auto is_string = [](const Term& t) { return is_literal(t) && t.type == Type::text; };
  const auto is_number_literal = [](const Term& t) { return is_literal(t) && is_number(t.type); };
  if (one_is(is_string) && one_is([](const Term& t) { return is_number(t.type); })) {
    return ": write numbers without quotes";
  }
  if (one_is(is_number_literal) && one_is([](const Term& t) { return is_text(t.type); })) {
    return ": write text in single quotes";
  }
  if (one_is([](const Term& t) { return t.type == Type::boolean; }))
    return ": compare a boolean with TRUE or FALSE";
  if (one_is([](const Term& t) { return is_time(t.type); })) {
    return ": compare a time with DATE '2025-12-31' or TIMESTAMP '2025-12-31 23:59:59'";
  }
  return "";
}

}  // namespace

bool can_overflow(const Term& term) {
  return (!term.operands.empty() && term.type == Type::int64) ||
         std::any_of(term.operands.begin(), term.operands.end(), can_overflow);
}

void TermBinder::fail(SourceSpan span, const std::string& what) const {
  fail_at(text_, span, what);
}

std::string TermBinder::words(SourceSpan span) const {
  const std::string_view text = text_.substr(span.begin, span.end - span.begin);
  constexpr std::size_t longest = 60;
  if (text.size() <= longest) return std::string(text);
  std::size_t cut = longest;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0u) == 0x80u) --cut;
  return std::string(text.substr(0, cut)) + "...";
}

std::string TermBinder::described(const Term& term) const {
  return is_null_literal(term) ? "NULL"
                               : fmt::format("{} ({})", words(term.span), name_of(term.type));
}

Term TermBinder::bind(const Node& node) const {
  switch (node.kind) {
    case Node::Kind::column:
      return column(node);
    case Node::Kind::literal:
      return literal_term(node.type, node.literal, node.span);
    case Node::Kind::negate:
    case Node::Kind::add:
    case Node::Kind::subtract:
    case Node::Kind::multiply:
    case Node::Kind::divide:
      return folded(arithmetic(node));
    default:
      fail(node.span,
           fmt::format(
               "expected a value, found the condition {}: conditions are joined by AND, OR and NOT",
               words(node.span)));
  }
}

Term TermBinder::column(const Node& node) const {
  const auto position = schema_.find(node.text);
  if (!position) {
    const std::string nearest = schema_.nearest(node.text);
    std::string what = fmt::format("there is no column {}", quoted_for_message(node.text));
    if (!nearest.empty()) what += fmt::format("; the nearest name is '{}'", nearest);
    if (node.quoted) what += " (text is written in single quotes, names in double quotes)";
    fail(node.span, what);
  }
  Term term;
  term.kind = Term::Kind::column;
  term.column = *position;
  term.type = is_text(schema_[*position].type) ? Type::text : schema_[*position].type;
  term.span = node.span;
  return term;
}

Term TermBinder::arithmetic(const Node& node) const {
  Term term;
  term.kind = term_kind(node.kind);
  term.type = Type::int64;
  term.span = node.span;
  for (const Node& operand : node.operands) {
    Term bound = bind(operand);
    if (!is_number(bound.type) && !is_null_literal(bound)) {
      fail(bound.span, fmt::format("arithmetic needs numbers, found {}", described(bound)));
    }
    if (bound.type == Type::float64) term.type = Type::float64;
    term.operands.push_back(std::move(bound));
  }
  return term;
}

Term TermBinder::folded(Term term) const {
  const auto any = [&](auto&& test) {
    return std::any_of(term.operands.begin(), term.operands.end(), test);
  };
  const bool has_null = any(is_null_literal);
  const bool has_column = any([](const Term& t) { return !is_literal(t); });
  if (has_null && !any(can_overflow)) return literal_term(term.type, Value(), term.span);
  if (has_null || has_column) return term;
  Term result = literal_term(term.type, Value(), term.span);
  const bool divides = term.kind == Term::Kind::divide;
  if (divides && as_double(term.operands[1].literal) == 0) return result;
  term.type == Type::int64 ? fold_integers(term) : fold_doubles(term);
  result.literal = std::move(term.literal);
  return result;
}

void TermBinder::fold_integers(Term& term) const {
  const auto a = std::get<std::int64_t>(term.operands[0].literal);
  const auto b = term.operands.size() > 1 ? std::get<std::int64_t>(term.operands[1].literal) : 0;
  std::int64_t result = 0;
  bool overflow = false;
  switch (term.kind) {
    case Term::Kind::negate:
      overflow = __builtin_sub_overflow(std::int64_t{0}, a, &result);
      break;
    case Term::Kind::add:
      overflow = __builtin_add_overflow(a, b, &result);
      break;
    case Term::Kind::subtract:
      overflow = __builtin_sub_overflow(a, b, &result);
      break;
    case Term::Kind::multiply:
      overflow = __builtin_mul_overflow(a, b, &result);
      break;
    default:
      overflow = a == INT64_MIN && b == -1;
      result = overflow ? 0 : a / b;
  }
  if (overflow) {
    fail(term.span,
         fmt::format(
             "{} overflows a 64-bit integer: write one of the numbers with a decimal point to "
             "compute with doubles",
             words(term.span)));
  }
  term.literal = result;
}

void TermBinder::fold_doubles(Term& term) const {
  const double a = as_double(term.operands[0].literal);
  const double b = term.operands.size() > 1 ? as_double(term.operands[1].literal) : 0;
  double result = 0;
  switch (term.kind) {
    case Term::Kind::negate:
      result = -a;
      break;
    case Term::Kind::add:
      result = a + b;
      break;
    case Term::Kind::subtract:
      result = a - b;
      break;
    case Term::Kind::multiply:
      result = a * b;
      break;
    default:
      result = a / b;
  }
  if (!std::isfinite(result)) {
    fail(term.span, fmt::format("{} is outside the range of a double", words(term.span)));
  }
  term.literal = result;
}

void TermBinder::read_as_time(Term& term, const Term& other) const {
  if (!is_literal(term) || is_null_literal(term) || term.type != Type::text || !is_time(other.type))
    return;
  const std::string& text = std::get<std::string>(term.literal);
  auto value = parse_timestamp(text);
  if (!value) value = parse_date(text);
  if (!value) {
    fail(term.span,
         fmt::format(
             "{} is not a date or time, but {} is one: write '2025-12-31' or '2025-12-31 23:59:59'",
             quoted_for_message(text), words(other.span)));
  }
  term.literal = *value;
  term.type = Type::timestamp;
}

void TermBinder::make_comparable(Term& left, Term& right) const {
  if (is_null_literal(left) || is_null_literal(right)) {
    (is_null_literal(left) ? left : right).type = (is_null_literal(left) ? right : left).type;
    return;
  }
  read_as_time(left, right);
  read_as_time(right, left);
  if (family(left.type) != family(right.type)) {
    const Term& place = is_literal(left) && !is_literal(right) ? left : right;
    fail(place.span, fmt::format("{} cannot be compared with {}{}", described(left),
                                 described(right), hint(left, right)));
  }
  make_number_alike(left, right);
  make_number_alike(right, left);
  drop_sign_of_zero(left);
  drop_sign_of_zero(right);
  make_time_alike(left, right);
  make_time_alike(right, left);
}

}  // namespace trawl::core
