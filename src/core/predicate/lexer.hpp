// Predicate text to tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <trawl/core/predicate/predicate.hpp>

namespace trawl::core {

struct Token {
  enum class Kind : std::uint8_t {
    word,     // unquoted identifier or keyword; text as written
    name,     // "quoted identifier"; text without quotes
    integer,  // digits
    real,     // digits with a point or an exponent
    string,   // 'literal'; text without quotes
    symbol,   // operator, parenthesis or comma
    end,
  };
  Kind kind = Kind::end;
  std::string text;
  SourceSpan span;
};

// The last token is Kind::end. InputError with caret: not UTF-8, stray characters, unterminated
// quotes, bad numbers.
std::vector<Token> lex(std::string_view text);

// Whether two words are the same but for the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);
// Keywords that cannot be column names unless quoted. DATE, TIMESTAMP, FILE, COLUMN and ESCAPE can:
// their place tells.
bool is_reserved(std::string_view word);
// [A-Za-z_] or a byte of a non-ASCII character, then also digits.
bool is_word(std::string_view text);

}  // namespace trawl::core
