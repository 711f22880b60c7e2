#include "core/predicate/lexer.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>

#include "core/predicate/message.hpp"

namespace trawl::core {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool begins_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80u) != 0;
}
bool continues_word(char c) {
  return begins_word(c) || is_digit(c);
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    do {
      tokens.push_back(next());
    } while (tokens.back().kind != Token::Kind::end);
    return tokens;
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  SourceSpan since(std::size_t begin) const {
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)};
  }
  Token token(Token::Kind kind, std::size_t begin) const {
    return {kind, std::string(text_.substr(begin, at_ - begin)), since(begin)};
  }

  Token next() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    if (at_ == text_.size()) return token(Token::Kind::end, at_);
    const char c = peek();
    if (begins_word(c)) return word();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '\'') return quoted('\'', Token::Kind::string, "string");
    if (c == '"') return quoted('"', Token::Kind::name, "quoted name");
    return symbol();
  }

  Token word() {
    const std::size_t begin = at_;
    while (continues_word(peek())) ++at_;
    return token(Token::Kind::word, begin);
  }

  void digits() {
    while (is_digit(peek())) ++at_;
  }

  Token number() {
    const std::size_t begin = at_;
    Token::Kind kind = Token::Kind::integer;
    digits();
    if (peek() == '.') {
      kind = Token::Kind::real;
      ++at_;
      digits();
    }
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (lower(peek()) == 'e' && is_digit(peek(1 + sign))) {
      kind = Token::Kind::real;
      at_ += 1 + sign;
      digits();
    }
    if (continues_word(peek()) || peek() == '.') {
      while (continues_word(peek()) || peek() == '.') ++at_;
      fail_at(text_, since(begin),
              fmt::format("{} is neither a number nor a name: numbers look like 12, 1.5 or 2e-3; a "
                          "column name that "
                          "begins with a digit needs double quotes",
                          quoted_for_message(text_.substr(begin, at_ - begin))));
    }
    return token(kind, begin);
  }

  Token quoted(char quote, Token::Kind kind, const char* what) {
    const std::size_t begin = at_++;
    std::string decoded;
    while (true) {
      const std::size_t stop = text_.find(quote, at_);
      if (stop == std::string_view::npos) {
        at_ = begin + 1;
        fail_at(text_, since(begin),
                fmt::format("this {} has no end: a closing {} is missing", what, quote));
      }
      decoded += text_.substr(at_, stop - at_);
      at_ = stop + 1;
      if (peek() != quote) break;
      decoded += quote;
      ++at_;
    }
    return {kind, std::move(decoded), since(begin)};
  }

  Token symbol() {
    static constexpr std::array<std::string_view, 16> symbols = {
        "<=", ">=", "<>", "!=", "==", "=", "<", ">", "+", "-", "*", "/", "(", ")", ",", ""};
    const std::size_t begin = at_;
    const auto* found = std::find_if(symbols.begin(), symbols.end(),
                                     [&](auto s) { return text_.substr(at_).starts_with(s); });
    at_ += std::max<std::size_t>(found->size(), 1);
    if (found->empty()) unexpected(begin);
    return token(Token::Kind::symbol, begin);
  }

  [[noreturn]] void unexpected(std::size_t begin) const {
    const char c = text_[begin];
    std::string hint;
    if (c == '&') hint = ": write AND";
    if (c == '|') hint = ": write OR";
    if (c == '!') hint = ": write NOT, or != to compare";
    if (c == '`' || c == '[') hint = ": names are quoted as \"name\"";
    if (c == ';') hint = ": a predicate has no closing semicolon";
    if (c == '.') hint = ": a column name with a point needs double quotes";
    const std::string shown = static_cast<unsigned char>(c) < 0x20
                                  ? fmt::format("0x{:02x}", static_cast<unsigned char>(c))
                                  : std::string(1, c);
    fail_at(text_, since(begin), fmt::format("'{}' means nothing in a predicate{}", shown, hint));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Token> lex(std::string_view text) {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max()) {
    throw InputError(
        "the predicate is longer than 4 GB: put long lists into a file and write IN FILE 'path'");
  }
  if (const auto bad = invalid_utf8(text)) {
    throw InputError(fmt::format("the predicate is not UTF-8: byte {} (0x{:02x})", *bad,
                                 static_cast<unsigned char>(text[*bad])));
  }
  return Lexer(text).run();
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_reserved(std::string_view word) {
  static constexpr std::array<std::string_view, 11> reserved = {
      "AND", "OR", "NOT", "BETWEEN", "IN", "LIKE", "ILIKE", "REGEXP", "IS", "NULL", "TRUE"};
  return same_word(word, "FALSE") ||
         std::any_of(reserved.begin(), reserved.end(), [&](auto r) { return same_word(word, r); });
}

bool is_word(std::string_view text) {
  return !text.empty() && begins_word(text[0]) &&
         std::all_of(text.begin(), text.end(), continues_word);
}

}  // namespace trawl::core
