#include "core/predicate/print.hpp"

#include <cmath>

#include <fmt/format.h>

#include <trawl/base/text.hpp>
#include <trawl/core/predicate/zone_test.hpp>

#include "core/predicate/lexer.hpp"
#include "core/predicate/like_pattern.hpp"

namespace trawl::core {
namespace {

std::string doubling(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result += quote;
    result += c;
  }
  return result + quote;
}

// `compared`: the literal is one side of a comparison or in a list, where 5 and 5.0 mean the same;
// in arithmetic only 5.0 makes the operation one of doubles.
std::string double_text(double value, bool compared) {
  constexpr double two_53 = 9007199254740992.0;  // integers below it are doubles
  if (compared && std::fabs(value) < two_53 && value == std::trunc(value)) {
    return std::to_string(static_cast<std::int64_t>(value));
  }
  std::string text = trawl::to_text(value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string literal_text(const Value& value, Type type, bool compared) {
  struct Writer {
    Type type;
    bool compared;
    std::string operator()(std::monostate) const { return "NULL"; }
    std::string operator()(std::int64_t x) const {
      if (type == Type::date) return fmt::format("DATE '{}'", format_date(x));
      if (type == Type::timestamp) return fmt::format("TIMESTAMP '{}'", format_timestamp(x));
      return std::to_string(x);
    }
    std::string operator()(double x) const { return double_text(x, compared); }
    std::string operator()(bool x) const { return x ? "TRUE" : "FALSE"; }
    std::string operator()(const std::string& x) const { return string_text(x); }
  };
  return std::visit(Writer{type, compared}, value);
}

int level_of(Term::Kind kind) {
  switch (kind) {
    case Term::Kind::add:
    case Term::Kind::subtract:
      return 1;
    case Term::Kind::multiply:
    case Term::Kind::divide:
      return 2;
    case Term::Kind::negate:
      return 3;
    default:
      return 4;
  }
}

const char* symbol_of(Term::Kind kind) {
  switch (kind) {
    case Term::Kind::add:
      return " + ";
    case Term::Kind::subtract:
      return " - ";
    case Term::Kind::multiply:
      return " * ";
    default:
      return " / ";
  }
}

std::string operand_text(const Term& term, const Schema& schema, int loosest) {
  if (term.kind == Term::Kind::literal) return literal_text(term.literal, term.type, false);
  const std::string text = term_text(term, schema);
  return level_of(term.kind) < loosest ? fmt::format("({})", text) : text;
}

class Printer {
 public:
  Printer(const Schema& schema, std::span<const KeyListRef> key_lists)
      : schema_(schema), key_lists_(key_lists) {}

  std::string text(const Condition& c) const {
    switch (c.kind) {
      case Condition::Kind::constant:
        return constant(c.truth);
      case Condition::Kind::compare: {
        return value(c) + " " + std::string(core::symbol_of(c.compare)) + " " +
               term_text(c.terms[1], schema_);
      }
      case Condition::Kind::is_null:
        return value(c) + " IS NULL";
      case Condition::Kind::boolean:
        return value(c);
      case Condition::Kind::all_of:
        return joined(c, " AND ");
      case Condition::Kind::any_of:
        return joined(c, " OR ");
      case Condition::Kind::negation:
        return negation(c.operands[0]);
      default:
        return value(c) + " " + match(c);
    }
  }

 private:
  std::string value(const Condition& c) const { return term_text(c.terms[0], schema_); }

  static std::string constant(Truth truth) {
    switch (truth) {
      case Truth::no:
        return "FALSE";
      case Truth::yes:
        return "TRUE";
      case Truth::unknown:
        return "NULL";
      default:
        return "UNDECIDABLE";  // bind never makes one
    }
  }

  // What follows the value, and NOT before it when negated.
  std::string match(const Condition& c) const {
    switch (c.kind) {
      case Condition::Kind::in_list:
        return list(c);
      case Condition::Kind::in_keys:
        return key_list(key_lists_[c.keys]);
      case Condition::Kind::like:
        return (c.ignore_case ? "ILIKE " : "LIKE ") + pattern_text(c.pattern);
      default:
        return fmt::format("REGEXP {}", string_text(c.pattern));
    }
  }

  std::string list(const Condition& c) const {
    std::string result;
    for (const Value& value : c.values) {
      result += (result.empty() ? "" : ", ") + literal_text(value, c.terms[0].type, true);
    }
    if (c.list_has_null) result += result.empty() ? "NULL" : ", NULL";
    return fmt::format("IN ({})", result);
  }

  static std::string key_list(const KeyListRef& keys) {
    std::string result = fmt::format("IN FILE {}", string_text(keys.path));
    if (!keys.column.empty()) result += " COLUMN " + identifier_text(keys.column);
    return result;
  }

  std::string joined(const Condition& c, std::string_view word) const {
    std::string result;
    for (const Condition& operand : c.operands) {
      if (!result.empty()) result += word;
      const bool connective =
          operand.kind == Condition::Kind::all_of || operand.kind == Condition::Kind::any_of;
      result += connective ? fmt::format("({})", text(operand)) : text(operand);
    }
    return result;
  }

  std::string negation(const Condition& c) const {
    switch (c.kind) {
      case Condition::Kind::in_list:
      case Condition::Kind::in_keys:
      case Condition::Kind::like:
      case Condition::Kind::regexp:
        return value(c) + " NOT " + match(c);
      case Condition::Kind::is_null:
        return value(c) + " IS NOT NULL";
      case Condition::Kind::boolean:
        return fmt::format("NOT {}", value(c));
      default:
        return fmt::format("NOT ({})", text(c));
    }
  }

  const Schema& schema_;
  std::span<const KeyListRef> key_lists_;
};

}  // namespace

std::string string_text(std::string_view text) {
  return doubling(text, '\'');
}

std::string identifier_text(std::string_view name) {
  return is_word(name) && !is_reserved(name) ? std::string(name) : doubling(name, '"');
}

std::string_view symbol_of(Compare op) {
  switch (op) {
    case Compare::eq:
      return "=";
    case Compare::ne:
      return "!=";
    case Compare::lt:
      return "<";
    case Compare::le:
      return "<=";
    case Compare::gt:
      return ">";
    default:
      return ">=";
  }
}

std::string term_text(const Term& term, const Schema& schema) {
  switch (term.kind) {
    case Term::Kind::column:
      return identifier_text(schema[term.column].name);
    case Term::Kind::literal:
      return literal_text(term.literal, term.type, true);
    case Term::Kind::negate:
      return fmt::format("-{}", operand_text(term.operands[0], schema, 4));
    default:
      break;
  }
  // Left-associative: an operation of the same level needs parentheses on the right only.
  const int level = level_of(term.kind);
  return operand_text(term.operands[0], schema, level) + symbol_of(term.kind) +
         operand_text(term.operands[1], schema, level + 1);
}

std::string to_text(const Condition& condition, const Schema& schema,
                    std::span<const KeyListRef> key_lists) {
  return Printer(schema, key_lists).text(condition);
}

}  // namespace trawl::core
