// The untyped tree between parse and bind.
#pragma once

#include <string>
#include <vector>

#include <trawl/core/predicate/predicate.hpp>

namespace trawl::core {

// Parentheses, NOT and unary minus nest at most this deep, and the tree is at most this high: every
// walk over a predicate recurses, and this much fits any thread's stack. AND and OR chains are flat
// and have no limit.
inline constexpr int max_nesting = 500;
inline constexpr int max_height = 1000;

struct Node {
  enum class Kind : std::uint8_t {
    column,   // text: its name
    literal,  // literal, type; NULL is a null literal of any type
    negate,
    add,
    subtract,
    multiply,
    divide,
    compare,
    between,  // operands: value, lowest, highest
    in_list,  // operands: value, elements...
    in_file,  // operands: value; text: path; key_column
    like,     // operands: value, pattern and, if there is an ESCAPE, the escape
    regexp,   // operands: value, pattern
    is_null,
    all_of,
    any_of,
    negation,
  };
  Kind kind = Kind::literal;
  SourceSpan span;
  std::string text;
  bool quoted = false;  // column: written as "name"
  Type type = Type::int64;
  Value literal;
  Compare compare = Compare::eq;
  bool ignore_case = false;
  std::string key_column;
  std::vector<Node> operands;
  int height = 1;
};

struct Syntax {
  std::string text;
  Node root;
};

}  // namespace trawl::core
