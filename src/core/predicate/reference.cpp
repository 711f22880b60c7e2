#include <cmath>
#include <memory>
#include <optional>
#include <unordered_map>

#include <re2/re2.h>

#include <trawl/base/text.hpp>
#include <trawl/core/predicate/reference.hpp>

namespace trawl::core {
namespace {

// --- truth

Truth truth_of(bool holds) {
  return holds ? Truth::yes : Truth::no;
}

Truth truth_not(Truth a) {
  if (a == Truth::yes) return Truth::no;
  if (a == Truth::no) return Truth::yes;
  return a;
}

Truth truth_and(Truth a, Truth b) {
  if (a == Truth::no || b == Truth::no) return Truth::no;
  if (a == Truth::undecidable || b == Truth::undecidable) return Truth::undecidable;
  if (a == Truth::unknown || b == Truth::unknown) return Truth::unknown;
  return Truth::yes;
}

Truth truth_or(Truth a, Truth b) {
  return truth_not(truth_and(truth_not(a), truth_not(b)));
}

// --- values

// NULL is a null value.
struct Scalar {
  Value value;
  bool undecidable = false;
};

double to_double(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return std::get<double>(value);
}

Scalar integer_operation(Term::Kind kind, std::int64_t a, std::int64_t b) {
  __extension__ typedef __int128 int128;  // holds every result of one operation on int64
  int128 result = 0;
  switch (kind) {
    case Term::Kind::negate:
      result = -int128{a};
      break;
    case Term::Kind::add:
      result = int128{a} + b;
      break;
    case Term::Kind::subtract:
      result = int128{a} - b;
      break;
    case Term::Kind::multiply:
      result = int128{a} * b;
      break;
    default:
      if (b == 0) return {};
      result = int128{a} / b;
  }
  if (result < INT64_MIN || result > INT64_MAX) return {Value(), true};
  return {static_cast<std::int64_t>(result), false};
}

Scalar double_operation(Term::Kind kind, double a, double b) {
  switch (kind) {
    case Term::Kind::negate:
      return {-a, false};
    case Term::Kind::add:
      return {a + b, false};
    case Term::Kind::subtract:
      return {a - b, false};
    case Term::Kind::multiply:
      return {a * b, false};
    default:
      if (b == 0) return {};
      return {a / b, false};
  }
}

Scalar evaluate(const Term& term, const std::function<Value(std::size_t)>& cell) {
  if (term.kind == Term::Kind::column) return {cell(term.column), false};
  if (term.kind == Term::Kind::literal) return {term.literal, false};
  const Scalar a = evaluate(term.operands[0], cell);
  const Scalar b = term.operands.size() > 1 ? evaluate(term.operands[1], cell) : a;
  if (a.undecidable || b.undecidable) return {Value(), true};
  if (is_null(a.value) || is_null(b.value)) return {};
  if (term.type == Type::int64) {
    return integer_operation(term.kind, std::get<std::int64_t>(a.value),
                             std::get<std::int64_t>(b.value));
  }
  return double_operation(term.kind, to_double(a.value), to_double(b.value));
}

// --- comparison

// For an integer and a double neither NULL nor NaN: an integer is below x exactly when it is below
// the next integer at or above x, and ceil and floor are exact.
bool less(std::int64_t a, double b) {
  return b >= 0x1p63 || (b > -0x1p63 && a < static_cast<std::int64_t>(std::ceil(b)));
}
bool less(double a, std::int64_t b) {
  return a < -0x1p63 || (a < 0x1p63 && static_cast<std::int64_t>(std::floor(a)) < b);
}
bool less(double a, double b) {
  return a < b;
}
bool less(std::int64_t a, std::int64_t b) {
  return a < b;
}

bool is_nan(const Value& value) {
  return std::holds_alternative<double>(value) && std::isnan(std::get<double>(value));
}

bool less(const Value& a, const Value& b) {
  if (std::holds_alternative<bool>(a)) return !std::get<bool>(a) && std::get<bool>(b);
  if (std::holds_alternative<std::string>(a))
    return std::get<std::string>(a) < std::get<std::string>(b);
  const auto* a_integer = std::get_if<std::int64_t>(&a);
  const auto* b_integer = std::get_if<std::int64_t>(&b);
  if (a_integer != nullptr) {
    return b_integer != nullptr ? less(*a_integer, *b_integer)
                                : less(*a_integer, std::get<double>(b));
  }
  return b_integer != nullptr ? less(std::get<double>(a), *b_integer)
                              : less(std::get<double>(a), std::get<double>(b));
}

bool holds(const Value& a, Compare op, const Value& b) {
  if (is_nan(a) || is_nan(b)) return op == Compare::ne;
  switch (op) {
    case Compare::eq:
      return !less(a, b) && !less(b, a);
    case Compare::ne:
      return less(a, b) || less(b, a);
    case Compare::lt:
      return less(a, b);
    case Compare::le:
      return !less(b, a);
    case Compare::gt:
      return less(b, a);
    default:
      return !less(a, b);
  }
}

// --- text

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Which offsets of `text` the pattern so far can have arrived at, one pattern element after the
// other. O(text x pattern).
bool matches_like(std::string_view text, std::string_view pattern, bool ignore_case) {
  std::vector<bool> reached(text.size() + 1, false);
  reached[0] = true;
  for (std::size_t p = 0; p < pattern.size(); ++p) {
    const bool any = pattern[p] == '%';
    const bool one = pattern[p] == '_';
    if (pattern[p] == '\\') ++p;
    std::vector<bool> next = any ? reached : std::vector<bool>(text.size() + 1, false);
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool same =
          text[i] == pattern[p] || (ignore_case && lower(text[i]) == lower(pattern[p]));
      if (any && next[i]) next[i + code_point_bytes(text, i)] = true;
      if (one && reached[i]) next[i + code_point_bytes(text, i)] = true;
      if (!any && !one && reached[i] && same) next[i + 1] = true;
    }
    reached = std::move(next);
  }
  return reached[text.size()];
}

bool matches_regexp(const std::string& text, const std::string& pattern) {
  // Compiling costs more than matching, and verification evaluates many rows.
  static thread_local std::unordered_map<std::string, std::unique_ptr<RE2>> compiled;
  auto& regexp = compiled[pattern];
  if (!regexp) regexp = std::make_unique<RE2>(pattern, RE2::Quiet);
  return RE2::PartialMatch(text, *regexp);
}

// --- conditions

class Row {
 public:
  Row(const std::function<Value(std::size_t)>& cell, std::span<const KeySet* const> keys)
      : cell_(cell), keys_(keys) {}

  Truth truth(const Condition& c) const {
    switch (c.kind) {
      case Condition::Kind::constant:
        return c.truth;
      case Condition::Kind::all_of: {
        Truth result = Truth::yes;
        for (const Condition& operand : c.operands) result = truth_and(result, truth(operand));
        return result;
      }
      case Condition::Kind::any_of: {
        Truth result = Truth::no;
        for (const Condition& operand : c.operands) result = truth_or(result, truth(operand));
        return result;
      }
      case Condition::Kind::negation:
        return truth_not(truth(c.operands[0]));
      default:
        return leaf(c);
    }
  }

 private:
  Truth leaf(const Condition& c) const {
    const Scalar a = evaluate(c.terms[0], cell_);
    const Scalar b = c.terms.size() > 1 ? evaluate(c.terms[1], cell_) : a;
    if (a.undecidable || b.undecidable) return Truth::undecidable;
    if (c.kind == Condition::Kind::is_null) return truth_of(is_null(a.value));
    if (is_null(a.value) || is_null(b.value)) return Truth::unknown;
    switch (c.kind) {
      case Condition::Kind::compare:
        return truth_of(holds(a.value, c.compare, b.value));
      case Condition::Kind::in_list:
        return in_list(a.value, c);
      case Condition::Kind::in_keys:
        return truth_of(in_keys(a.value, *keys_[c.keys]));
      case Condition::Kind::like:
        return truth_of(matches_like(std::get<std::string>(a.value), c.pattern, c.ignore_case));
      case Condition::Kind::regexp:
        return truth_of(matches_regexp(std::get<std::string>(a.value), c.pattern));
      default:
        return truth_of(std::get<bool>(a.value));
    }
  }

  static Truth in_list(const Value& value, const Condition& c) {
    for (const Value& listed : c.values) {
      if (holds(value, Compare::eq, listed)) return Truth::yes;
    }
    return c.list_has_null ? Truth::unknown : Truth::no;
  }

  static bool in_keys(const Value& value, const KeySet& keys) {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? keys.contains(*text) : keys.contains(std::get<std::int64_t>(value));
  }

  const std::function<Value(std::size_t)>& cell_;
  std::span<const KeySet* const> keys_;
};

}  // namespace

Truth evaluate_reference(const Predicate& predicate,
                         const std::function<Value(std::size_t column)>& cell,
                         std::span<const KeySet* const> keys) {
  return Row(cell, keys).truth(predicate.root);
}

}  // namespace trawl::core
