// Precedence climbing (Pratt, "Top down operator precedence", POPL 1973): one loop for all infix
// operators.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "core/predicate/lexer.hpp"
#include "core/predicate/message.hpp"
#include "core/predicate/syntax.hpp"

namespace trawl::core {
namespace {

// How tightly operators bind, loosest first.
enum Level : int { nothing, disjunction, conjunction, negation, comparison, sum, product, unary };

std::optional<Compare> compare_symbol(std::string_view symbol) {
  if (symbol == "=" || symbol == "==") return Compare::eq;
  if (symbol == "!=" || symbol == "<>") return Compare::ne;
  if (symbol == "<") return Compare::lt;
  if (symbol == "<=") return Compare::le;
  if (symbol == ">") return Compare::gt;
  if (symbol == ">=") return Compare::ge;
  return std::nullopt;
}

SourceSpan join(SourceSpan a, SourceSpan b) {
  return {std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), tokens_(lex(text)) {}

  Node run() {
    if (now().kind == Token::Kind::end) {
      fail_at(text_, now().span,
              "the predicate is empty: write a condition, for example amount > 100");
    }
    Node root = expression(disjunction);
    if (now().kind != Token::Kind::end) unexpected("AND, OR or the end");
    return root;
  }

 private:
  // --- tokens
  const Token& now() const { return tokens_[at_]; }
  const Token& ahead(std::size_t count) const {
    return tokens_[std::min(at_ + count, tokens_.size() - 1)];
  }
  const Token& take() { return tokens_[at_++]; }
  static bool is_keyword(const Token& token, std::string_view word) {
    return token.kind == Token::Kind::word && same_word(token.text, word);
  }
  static bool is_symbol(const Token& token, std::string_view symbol) {
    return token.kind == Token::Kind::symbol && token.text == symbol;
  }
  bool accept_keyword(std::string_view word) {
    if (!is_keyword(now(), word)) return false;
    ++at_;
    return true;
  }
  bool accept_symbol(std::string_view symbol) {
    if (!is_symbol(now(), symbol)) return false;
    ++at_;
    return true;
  }
  const Token& expect_string(const char* expected) {
    if (now().kind != Token::Kind::string) unexpected(expected);
    return take();
  }
  [[noreturn]] void unexpected(std::string_view expected) const {
    const Token& token = now();
    const std::string found = token.kind == Token::Kind::end
                                  ? "the predicate ends"
                                  : quoted_for_message(std::string_view(text_).substr(
                                        token.span.begin, token.span.end - token.span.begin));
    fail_at(text_, token.span, fmt::format("expected {}, found {}", expected, found));
  }

  // --- expressions
  Node expression(int loosest) {
    Node left = prefix();
    while (true) {
      const int level = infix_level();
      if (level == nothing || level < loosest) return left;
      left = infix(std::move(left), level);
    }
  }

  int infix_level() const {
    const Token& token = now();
    if (token.kind == Token::Kind::symbol) {
      if (compare_symbol(token.text)) return comparison;
      if (token.text == "+" || token.text == "-") return sum;
      if (token.text == "*" || token.text == "/") return product;
      return nothing;
    }
    if (is_keyword(token, "OR")) return disjunction;
    if (is_keyword(token, "AND")) return conjunction;
    if (is_keyword(token, "IS") || is_match_word(token)) return comparison;
    if (is_keyword(token, "NOT") && is_match_word(ahead(1))) return comparison;
    return nothing;
  }

  static bool is_match_word(const Token& token) {
    return is_keyword(token, "BETWEEN") || is_keyword(token, "IN") || is_keyword(token, "LIKE") ||
           is_keyword(token, "ILIKE") || is_keyword(token, "REGEXP");
  }

  Node infix(Node left, int level) {
    switch (level) {
      case disjunction:
        return chain(std::move(left), Node::Kind::any_of, "OR", conjunction);
      case conjunction:
        return chain(std::move(left), Node::Kind::all_of, "AND", negation);
      case comparison: {
        Node node = comparison_after(std::move(left));
        if (infix_level() == comparison) {
          fail_at(text_, now().span,
                  "comparisons do not chain: write a < b AND b < c instead of a < b < c");
        }
        return node;
      }
      default:
        return arithmetic(std::move(left), level);
    }
  }

  // Flat and iterative: a chain may have any number of operands.
  Node chain(Node first, Node::Kind kind, std::string_view word, int operand_level) {
    std::vector<Node> operands;
    operands.push_back(std::move(first));
    while (accept_keyword(word)) operands.push_back(expression(operand_level));
    return make(kind, std::move(operands));
  }

  Node arithmetic(Node left, int level) {
    const std::string symbol = take().text;
    const Node::Kind kind = symbol == "+"   ? Node::Kind::add
                            : symbol == "-" ? Node::Kind::subtract
                            : symbol == "*" ? Node::Kind::multiply
                                            : Node::Kind::divide;
    std::vector<Node> operands;
    operands.push_back(std::move(left));
    operands.push_back(expression(level + 1));
    return make(kind, std::move(operands));
  }

  Node make(Node::Kind kind, std::vector<Node> operands) const {
    Node node;
    node.kind = kind;
    node.span = operands.front().span;
    for (const Node& operand : operands) {
      node.span = join(node.span, operand.span);
      node.height = std::max(node.height, operand.height + 1);
    }
    if (node.height > max_height) too_deep(node.span);
    node.operands = std::move(operands);
    return node;
  }

  [[noreturn]] void too_deep(SourceSpan span) const {
    fail_at(text_, span,
            fmt::format("the predicate nests too deeply (limits: {} parentheses, NOT or minus "
                        "signs inside each other, {} "
                        "operations one upon the other)",
                        max_nesting, max_height));
  }

  Node negated(Node node, SourceSpan span) const {
    std::vector<Node> operands;
    operands.push_back(std::move(node));
    Node result = make(Node::Kind::negation, std::move(operands));
    result.span = join(span, result.span);
    return result;
  }

  // --- what comes first
  Node prefix() {
    const Token& token = now();
    switch (token.kind) {
      case Token::Kind::integer:
        return integer("", take().span);
      case Token::Kind::real:
        return real();
      case Token::Kind::string:
        return literal(Type::text, Value(token.text), take().span);
      case Token::Kind::name:
        return column();
      case Token::Kind::word:
        return word();
      case Token::Kind::symbol:
        if (token.text == "(" || token.text == "-") return nested();
        [[fallthrough]];
      default:
        unexpected("a column, a literal, NOT, - or (");
    }
  }

  // Parentheses, unary minus, NOT: what nests.
  Node nested() {
    const Token& token = take();
    if (++depth_ > max_nesting) too_deep(token.span);
    Node node = token.text == "("   ? parenthesised(token)
                : token.text == "-" ? minus(token)
                                    : not_after(token);
    --depth_;
    return node;
  }

  Node parenthesised(const Token& open) {
    Node node = expression(disjunction);
    if (!is_symbol(now(), ")")) {
      if (now().kind == Token::Kind::end)
        fail_at(text_, open.span, "this parenthesis is never closed");
      unexpected("an operator or )");
    }
    node.span = join(open.span, take().span);
    return node;
  }

  Node minus(const Token& sign) {
    // -9223372036854775808 is an int64, but 9223372036854775808 is not.
    if (now().kind == Token::Kind::integer) return integer("-", join(sign.span, take().span));
    std::vector<Node> operands;
    operands.push_back(expression(unary));
    Node node = make(Node::Kind::negate, std::move(operands));
    node.span = join(sign.span, node.span);
    return node;
  }

  Node not_after(const Token& word) { return negated(expression(comparison), word.span); }

  Node word() {
    const Token& token = now();
    if (is_keyword(token, "NOT")) return nested();
    if (is_keyword(token, "NULL")) return literal(Type::int64, Value(), take().span);
    if (is_keyword(token, "TRUE")) return literal(Type::boolean, Value(true), take().span);
    if (is_keyword(token, "FALSE")) return literal(Type::boolean, Value(false), take().span);
    if (ahead(1).kind == Token::Kind::string) {
      if (is_keyword(token, "DATE")) return time(Type::date);
      if (is_keyword(token, "TIMESTAMP")) return time(Type::timestamp);
    }
    if (is_reserved(token.text)) unexpected("a column, a literal, NOT, - or (");
    return column();
  }

  // --- literals and columns
  static Node literal(Type type, Value value, SourceSpan span) {
    Node node;
    node.kind = Node::Kind::literal;
    node.type = type;
    node.literal = std::move(value);
    node.span = span;
    return node;
  }

  Node column() {
    const Token& token = take();
    Node node;
    node.kind = Node::Kind::column;
    node.text = token.text;
    node.quoted = token.kind == Token::Kind::name;
    node.span = token.span;
    return node;
  }

  // The digits are the token just taken.
  Node integer(const std::string& sign, SourceSpan span) const {
    const std::string digits = sign + tokens_[at_ - 1].text;
    const auto value = parse_int64(digits);
    if (!value) {
      fail_at(text_, span,
              fmt::format("{} is not a 64-bit integer (-9223372036854775808 to "
                          "9223372036854775807): write {}.0 to "
                          "compare with the nearest double",
                          digits, digits));
    }
    return literal(Type::int64, Value(*value), span);
  }

  Node real() {
    const Token& token = take();
    const auto value = parse_double(token.text);
    if (!value || !std::isfinite(*value)) {
      fail_at(text_, token.span,
              fmt::format("{} is outside the range of a double (largest 1.7976931348623157e+308)",
                          token.text));
    }
    return literal(Type::float64, Value(*value), token.span);
  }

  Node time(Type type) {
    const Token& word = take();
    const Token& token = take();
    const SourceSpan span = join(word.span, token.span);
    const auto value = type == Type::date ? parse_date(token.text) : parse_timestamp(token.text);
    if (value) return literal(type, Value(*value), span);
    if (type == Type::timestamp) {
      if (const auto midnight = parse_date(token.text))
        return literal(type, Value(*midnight), span);
    }
    fail_at(
        text_, token.span,
        fmt::format("{} is not a {}: write it as {}", quoted_for_message(token.text), name_of(type),
                    type == Type::date ? "'2025-12-31'"
                                       : "'2025-12-31 23:59:59' or '2025-12-31T23:59:59.5+01:00'"));
  }

  // --- comparisons and their kin
  Node comparison_after(Node left) {
    if (const auto op = compare_symbol(now().text); op && now().kind == Token::Kind::symbol) {
      take();
      std::vector<Node> operands;
      operands.push_back(std::move(left));
      operands.push_back(expression(sum));
      Node node = make(Node::Kind::compare, std::move(operands));
      node.compare = *op;
      return node;
    }
    if (is_keyword(now(), "IS")) return is_null(std::move(left));
    const SourceSpan begin = left.span;
    const bool inverted = accept_keyword("NOT");
    Node node = match(std::move(left));
    return inverted ? negated(std::move(node), begin) : node;
  }

  Node is_null(Node left) {
    take();
    const bool inverted = accept_keyword("NOT");
    if (!is_keyword(now(), "NULL")) unexpected(inverted ? "NULL" : "NULL or NOT NULL");
    const SourceSpan end = take().span;
    Node node = with_value(Node::Kind::is_null, std::move(left));
    node.span = join(node.span, end);
    return inverted ? negated(std::move(node), end) : node;
  }

  Node with_value(Node::Kind kind, Node value) const {
    std::vector<Node> operands;
    operands.push_back(std::move(value));
    return make(kind, std::move(operands));
  }

  Node match(Node left) {
    const Token& word = take();
    if (is_keyword(word, "BETWEEN")) return between(std::move(left));
    if (is_keyword(word, "IN")) {
      return is_keyword(now(), "FILE") ? in_file(std::move(left)) : in_list(std::move(left));
    }
    Node node = with_value(is_keyword(word, "REGEXP") ? Node::Kind::regexp : Node::Kind::like,
                           std::move(left));
    node.ignore_case = is_keyword(word, "ILIKE");
    add_operand(node, expression(sum));
    if (node.kind == Node::Kind::like && accept_keyword("ESCAPE")) {
      const Token& escape = expect_string("the escape character as a string, for example '\\'");
      add_operand(node, literal(Type::text, Value(escape.text), escape.span));
    }
    return node;
  }

  static void add_operand(Node& node, Node operand) {
    node.span = join(node.span, operand.span);
    node.height = std::max(node.height, operand.height + 1);
    node.operands.push_back(std::move(operand));
  }

  Node between(Node left) {
    Node node = with_value(Node::Kind::between, std::move(left));
    add_operand(node, expression(sum));
    if (!accept_keyword("AND")) unexpected("AND and the upper bound of BETWEEN");
    add_operand(node, expression(sum));
    return node;
  }

  Node in_list(Node left) {
    if (!accept_symbol("(")) unexpected("( or FILE after IN");
    Node node = with_value(Node::Kind::in_list, std::move(left));
    if (!is_symbol(now(), ")")) {
      do {
        add_operand(node, expression(sum));
      } while (accept_symbol(","));
    }
    if (!is_symbol(now(), ")")) unexpected(", or ) in the list of IN");
    node.span = join(node.span, take().span);
    return node;
  }

  Node in_file(Node left) {
    take();
    Node node = with_value(Node::Kind::in_file, std::move(left));
    const Token& path = expect_string("the path of the list as a string, for example 'keys.txt'");
    node.text = path.text;
    node.span = join(node.span, path.span);
    if (path.text.empty()) fail_at(text_, path.span, "the path of the list is empty");
    if (accept_keyword("COLUMN")) {
      const bool named = now().kind == Token::Kind::name || now().kind == Token::Kind::word;
      if (!named || now().text.empty()) unexpected("the name of a column of the list");
      node.span = join(node.span, now().span);
      node.key_column = take().text;
    }
    return node;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

SyntaxPtr parse(std::string_view text) {
  auto syntax = std::make_shared<Syntax>();
  syntax->root = Parser(text).run();
  syntax->text = text;
  return syntax;
}

}  // namespace trawl::core
