// A typed predicate: the WHERE of SQL over one row, with three-valued logic. docs/predicate.md is
// the language.
//
// text --parse--> Syntax --bind(schema)--> Predicate --> ScanProgram (fast), evaluate_reference
// (slow, shares only this data structure), possible_truths (zone maps).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/schema.hpp>
#include <trawl/base/type.hpp>

namespace trawl::core {

// Bytes [begin, end) of the predicate text, for messages.
struct SourceSpan {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

enum class Truth : std::uint8_t {
  no,
  yes,
  unknown,      // NULL took part
  undecidable,  // 64-bit integer arithmetic overflowed: `no AND undecidable` is no, `yes OR
                // undecidable` is yes, otherwise undecidable wins over all; a row that ends
                // undecidable fails its row group, loudly
};

enum class Compare : std::uint8_t { eq, ne, lt, le, gt, ge };

// A scalar: column, literal or arithmetic. type is int64, float64, boolean, date, timestamp or text
// (categories read as text). Arithmetic is on int64 and float64: int64 op int64 is exact int64 or
// undecidable, any float64 operand makes the operation IEEE double; integer division truncates
// towards zero; division by zero (either kind) is NULL. An undecidable operand makes operations and
// conditions undecidable even beside NULL. bind folds constants: every arithmetic term has a column
// below it, every literal is finite or NULL.
struct Term {
  enum class Kind : std::uint8_t { column, literal, negate, add, subtract, multiply, divide };
  Kind kind = Kind::literal;
  Type type = Type::int64;
  std::size_t column = 0;      // Kind::column: position in the schema bound to
  Value literal;               // Kind::literal: null Value for NULL
  std::vector<Term> operands;  // one for negate, two for the others
  SourceSpan span;
};

struct Condition {
  enum class Kind : std::uint8_t {
    constant,  // truth
    compare,   // terms[0] op terms[1]. NaN: IEEE, so everything but `ne` is no. int64 against
               // float64 is exact by value
    in_list,   // terms[0] IN values
    in_keys,   // terms[0] IN FILE: key list number `keys` of the predicate
    like,  // terms[0] LIKE pattern; ignore_case (ASCII letters only): ILIKE. In pattern `%` is any
           // number of characters, `_` one, and a backslash takes the %, _ or \ after it literally
           // (whatever ESCAPE the text named). A character is a UTF-8 code point, or one byte that
           // belongs to none
    regexp,    // terms[0] REGEXP pattern (RE2 with RE2::Quiet, partial match)
    is_null,   // terms[0] IS NULL: never unknown
    boolean,   // terms[0], a boolean term, by itself
    all_of,    // AND of operands, at least two
    any_of,    // OR of operands, at least two
    negation,  // NOT operands[0]
  };
  Kind kind = Kind::constant;
  Truth truth = Truth::yes;
  Compare compare = Compare::eq;
  std::vector<Term> terms;
  std::vector<Value> values;  // in_list: not NULL, distinct, ascending, of the column's kind (exact
                              // by value); may be empty: no value matches, NULL is still unknown
  bool list_has_null = false;  // in_list: a row that matches no value is then unknown
  std::size_t keys = 0;
  std::string pattern;
  bool ignore_case = false;
  std::vector<Condition> operands;
  SourceSpan span;
};

// `column IN FILE 'path'` or `column IN FILE 'path' COLUMN name`.
struct KeyListRef {
  std::string path;
  std::string column;    // column of a .csv or .h5 list; empty: the only one, or the one named like
                         // the searched column
  std::string searched;  // the searched column's name
  Type type = Type::int64;  // int64, date, timestamp or text
  bool operator==(const KeyListRef&) const = default;
};

struct Predicate {
  Condition root;
  std::vector<KeyListRef> key_lists;
  std::vector<std::size_t> columns;  // that the predicate reads, ascending positions
  // Canonical text: parses again to a predicate with the same normal form. Connectives are
  // flattened and their operands sorted and de-duplicated, constants folded, BETWEEN written as two
  // comparisons, identifiers quoted only where needed, columns on the left of comparisons with
  // literals. The same for any two predicates that differ only in those ways.
  std::string normal_form;
  // Normal form of each operand of `root` when that is AND; made by bind, since a reason for every
  // pruned row group is one of these.
  std::vector<std::string> operand_texts;
};

struct Syntax;  // untyped tree; private to predicate/
using SyntaxPtr = std::shared_ptr<const Syntax>;

// InputError with the predicate, a caret under the place, what was found and what was expected.
SyntaxPtr parse(std::string_view text);

// Types and folds. InputError with caret: unknown column (and the nearest name), types that cannot
// be compared, literals that cannot be read as the column's type, bad regular expressions.
Predicate bind(const SyntaxPtr& syntax, const Schema& schema);

// A key list that rows need to be checked against only when all else is known of them.
struct LateKeys {
  std::size_t list = 0;    // position in Predicate::key_lists
  std::size_t column = 0;  // whose values are checked
};
// The only list of a predicate that is `column IN FILE`, of integers or times, alone or as an
// operand of the AND at its root, and computes nothing (so that no row can turn out undecidable).
// Whether there is one is the same for all schemas in which the list's column has the same type,
// but for those in which the list was folded away (key_lists is empty then).
std::optional<LateKeys> keys_to_check_late(const Predicate& predicate);

}  // namespace trawl::core
