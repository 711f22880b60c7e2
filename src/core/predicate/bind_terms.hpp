// Types and folds terms.
#pragma once

#include <string>
#include <string_view>

#include <trawl/core/predicate/predicate.hpp>

#include "core/predicate/syntax.hpp"

namespace trawl::core {

inline bool is_literal(const Term& term) {
  return term.kind == Term::Kind::literal;
}
inline bool is_null_literal(const Term& term) {
  return is_literal(term) && is_null(term.literal);
}
// Whether it computes on 64-bit integers, which may overflow.
bool can_overflow(const Term& term);

class TermBinder {
 public:
  TermBinder(std::string_view text, const Schema& schema) : text_(text), schema_(schema) {}

  // The value a node stands for; constants folded. Fails with caret on conditions, unknown columns,
  // arithmetic on anything but numbers, and constants that overflow.
  Term bind(const Node& node) const;

  // Makes two terms that are compared alike: reads a string as a time where the other is one, turns
  // a number literal into the other's kind where that is exact, gives NULL the other's type. Fails
  // where they cannot be compared.
  void make_comparable(Term& left, Term& right) const;

  [[noreturn]] void fail(SourceSpan span, const std::string& what) const;
  // The predicate's own words, for messages.
  std::string words(SourceSpan span) const;
  // "amount (float64)".
  std::string described(const Term& term) const;

 private:
  Term column(const Node& node) const;
  Term arithmetic(const Node& node) const;
  Term folded(Term term) const;
  void fold_integers(Term& term) const;
  void fold_doubles(Term& term) const;
  void read_as_time(Term& term, const Term& other) const;

  std::string_view text_;
  const Schema& schema_;
};

}  // namespace trawl::core
