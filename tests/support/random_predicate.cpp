#include "support/random_predicate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

namespace trawl::test {
namespace {

constexpr std::int64_t microseconds_per_day = 86'400'000'000;
constexpr std::int64_t first_day = 20089 * microseconds_per_day;  // 2025-01-01

// How tightly the operators of our language bind.
enum Level : int { disjunction = 1, conjunction, negation, comparison, sum, product, unary, atom };

// A piece of a predicate. The text for SQLite is in parentheses throughout and so needs no level.
struct Piece {
  std::string ours, sqlite;
  int level = atom;
};

template <class T>
const T& pick(Rng& rng, const std::vector<T>& items) {
  return items[below(rng, items.size())];
}

std::int64_t random_integer(Rng& rng, bool huge) {
  static const std::vector<std::int64_t> ends = {
      INT64_MIN,        INT64_MIN + 1,    INT64_MAX,         INT64_MAX - 1,       9007199254740991,
      9007199254740992, 9007199254740993, -9007199254740993, 4611686018427387904, 3037000500};
  if (huge && chance(rng, 25)) return pick(rng, ends);
  return static_cast<std::int64_t>(below(rng, 13)) - 6;
}

double random_double(Rng& rng, bool huge) {
  static const std::vector<double> ends = {
      1e308, -1e308, 5e-324, 9007199254740992.0, 9223372036854775808.0, -9223372036854775808.0,
      1e19,  0.1,    -0.0};
  if (huge && chance(rng, 25)) return pick(rng, ends);
  return (static_cast<double>(below(rng, 25)) - 12) / 2;
}

std::int64_t random_time(Rng& rng, bool midnight) {
  const std::int64_t day =
      first_day + static_cast<std::int64_t>(below(rng, 5)) * microseconds_per_day;
  static const std::vector<std::int64_t> offsets = {0, 1, 3'600'000'000, 43'200'500'000};
  return midnight ? day : day + pick(rng, offsets);
}

std::string random_text(Rng& rng, const TableFeatures& features) {
  static const std::vector<std::string> letters = {"a", "a", "b", "b",  "A", "c", "é",
                                                   "😀", "%", "_", "\\", "'", "1"};
  std::string text =
      features.long_text && chance(rng, 30) ? std::string(30 + below(rng, 3), 'a') : "";
  for (std::size_t i = below(rng, 5); i > 0; --i) text += pick(rng, letters);
  if (features.invalid_utf8 && chance(rng, 8))
    text += pick(rng, std::vector<std::string>{"\xFF", "\xC3", "\xF0\x9F"});
  return text;
}

std::string quoted(const std::string& text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result += quote;
    result += c;
  }
  return result + quote;
}

class Generator {
 public:
  Generator(Rng& rng, const Schema& schema, const PredicateFeatures& features,
            const std::vector<KeyFile>& key_files)
      : rng_(rng), schema_(schema), features_(features), key_files_(key_files) {}

  Piece condition(int depth) {
    if (depth <= 0 || chance(rng_, 25)) return leaf();
    const std::size_t kind = below(rng_, features_.negation ? 5 : 4);
    if (kind == 4) return negated(condition(depth - 1));
    return kind < 2 ? joined(depth, "AND", conjunction) : joined(depth, "OR", disjunction);
  }

 private:
  bool flip(int percent = 50) { return chance(rng_, percent); }

  // Keywords in any case.
  std::string word(std::string text) {
    if (flip(70)) return text;
    for (char& c : text) {
      if (flip() && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
  }

  // Our text with parentheses where the level asks for them, and now and then where it does not.
  std::string ours_at(const Piece& piece, int level) {
    return piece.level < level || flip(10) ? fmt::format("({})", piece.ours) : piece.ours;
  }

  Piece joined(int depth, const char* name, int level) {
    Piece result;
    result.level = level;
    const std::size_t count = 2 + below(rng_, 2);
    for (std::size_t i = 0; i < count; ++i) {
      const Piece operand = condition(depth - 1);
      result.ours += (i > 0 ? fmt::format(" {} ", word(name)) : "") + ours_at(operand, level + 1);
      result.sqlite +=
          (i > 0 ? fmt::format(" {} ", name) : "") + fmt::format("({})", operand.sqlite);
    }
    return result;
  }

  Piece negated(const Piece& operand) {
    return {fmt::format("{} {}", word("NOT"), ours_at(operand, negation)),
            fmt::format("NOT ({})", operand.sqlite), negation};
  }

  // --- leaves

  Piece leaf() {
    while (true) {
      switch (below(rng_, 12)) {
        case 0:
          return is_null();
        case 1:
          return boolean();
        case 2:
          return between();
        case 3:
          if (features_.in_list) return in_list();
          break;
        case 4:
        case 5:
          if (features_.like || features_.ilike) return like();
          break;
        case 6:
          if (features_.regexp) return regexp();
          break;
        case 7:
          if (features_.in_file && !key_files_.empty()) return in_file();
          break;
        case 8:
          if (features_.null_literals && flip(30)) return with_null();
          break;
        default:
          return compare();
      }
    }
  }

  const ColumnSchema& column_where(bool (*wanted)(Type)) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < schema_.size(); ++i) {
      if (wanted(schema_[i].type)) found.push_back(i);
    }
    return schema_[pick(rng_, found)];
  }
  const ColumnSchema& any_column() { return schema_[below(rng_, schema_.size())]; }

  Piece name(const ColumnSchema& column) {
    const bool plain = !column.name.empty() &&
                       column.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") ==
                           std::string::npos &&
                       column.name != "not" && column.name != "1st";
    const std::string safe = quoted(column.name, '"');
    return {plain && flip(80) ? column.name : safe, safe, atom};
  }

  // A value that can be compared with the column: a literal, another column, arithmetic.
  Piece value_like(const ColumnSchema& column, bool literal_only = false) {
    if (is_number(column.type)) return literal_only ? number_literal() : number(2);
    if (!literal_only && features_.column_against_column && flip(20))
      return name(column_where(same_family(column.type)));
    if (is_time(column.type)) return time_literal();
    if (column.type == Type::boolean) return boolean_literal();
    return text_literal(column);
  }

  static bool (*same_family(Type type))(Type) {
    if (is_time(type)) return is_time;
    if (is_text(type)) return is_text;
    return [](Type t) { return t == Type::boolean; };
  }

  std::string comparison_symbol() {
    return pick(rng_, std::vector<std::string>{"=", "!=", "<", "<=", ">", ">=", "==", "<>"});
  }

  Piece compare() {
    const ColumnSchema& column = any_column();
    const bool compute = is_number(column.type) && flip(40);
    return compare_pieces(compute ? number(2) : name(column), value_like(column));
  }

  Piece compare_pieces(Piece left, Piece right) {
    if (flip(20)) std::swap(left, right);
    const std::string symbol = comparison_symbol();
    const char* blank = flip(80) ? " " : "";
    return {ours_at(left, sum) + blank + symbol + blank + ours_at(right, sum),
            fmt::format("({}) {} ({})", left.sqlite, symbol, right.sqlite), comparison};
  }

  Piece with_null() {
    const Piece null{word("NULL"), "NULL", atom};
    return flip(20) ? null : compare_pieces(name(any_column()), null);
  }

  Piece is_null() {
    const Piece value = flip(20) && features_.arithmetic ? number(2) : name(any_column());
    const char* inverted = flip() ? "NOT " : "";
    return {fmt::format("{} {} {}{}", ours_at(value, sum), word("IS"), inverted, word("NULL")),
            fmt::format("({}) IS {}NULL", value.sqlite, inverted), comparison};
  }

  Piece boolean() {
    if (flip(20)) return boolean_literal();
    return name(column_where([](Type t) { return t == Type::boolean; }));
  }

  std::string maybe_not() { return features_.negation && flip(30) ? "NOT " : ""; }

  Piece between() {
    const ColumnSchema& column = any_column();
    const Piece value = name(column);
    const Piece low = value_like(column);
    const Piece high = value_like(column);
    const std::string inverted = maybe_not();
    return {fmt::format("{} {}{} {} {} {}", ours_at(value, sum), inverted, word("BETWEEN"),
                        ours_at(low, sum), word("AND"), ours_at(high, sum)),
            fmt::format("({}) {}BETWEEN ({}) AND ({})", value.sqlite, inverted, low.sqlite,
                        high.sqlite),
            comparison};
  }

  Piece in_list() {
    const ColumnSchema& column = any_column();
    const Piece value =
        is_number(column.type) && features_.arithmetic && flip(20) ? number(2) : name(column);
    std::string ours, sqlite;
    const std::size_t least = features_.empty_in_list ? 0 : 1;
    for (std::size_t i = least + below(rng_, 5); i > 0; --i) {
      const Piece element = features_.null_literals && flip(8) ? Piece{"NULL", "NULL", atom}
                                                               : value_like(column, true);
      ours += (ours.empty() ? "" : ", ") + element.ours;
      sqlite += (sqlite.empty() ? "" : ", ") + element.sqlite;
    }
    const std::string inverted = maybe_not();
    // SQLite takes x IN () for FALSE even where x is NULL.
    const std::string list =
        sqlite.empty()
            ? fmt::format("{}(CASE WHEN ({}) IS NOT NULL THEN FALSE END)", inverted, value.sqlite)
            : fmt::format("({}) {}IN ({})", value.sqlite, inverted, sqlite);
    return {fmt::format("{} {}{} ({})", ours_at(value, sum), inverted, word("IN"), ours), list,
            comparison};
  }

  Piece in_file() {
    const KeyFile& file = pick(rng_, key_files_);
    const Piece value =
        name(file.text ? column_where(is_text)
                       : column_where([](Type t) { return t == Type::int64 || is_time(t); }));
    const std::string inverted = maybe_not();
    return {
        fmt::format("{} {}{} {} {}", ours_at(value, sum), inverted, word("IN"), word("FILE"),
                    quoted(file.path, '\'')),
        fmt::format("({}) {}IN (SELECT key FROM {})", value.sqlite, inverted, file.sqlite_table),
        comparison};
  }

  Piece like() {
    const Piece value = name(column_where(is_text));
    const bool ignore_case = features_.ilike && (!features_.like || flip(30));
    static const std::vector<std::string> plain = {"%", "%", "_", "_", "a",  "b",
                                                   "A", "c", "é", "😀", "\\", "'"};
    static const std::vector<std::string> escaped = {"%", "_", "a", "b", "!%", "!_", "!!", "\\"};
    const bool escape = flip(25);
    std::string pattern = flip(20) ? std::string(30 + below(rng_, 3), 'a') : "";
    for (std::size_t i = below(rng_, 5); i > 0; --i)
      pattern += pick(rng_, escape ? escaped : plain);
    const std::string inverted = maybe_not();
    const std::string ending = escape ? " ESCAPE '!'" : "";
    const std::string literal = quoted(pattern, '\'');
    const char* operation = ignore_case ? "ILIKE" : "LIKE";
    const std::string sqlite =
        ignore_case
            ? fmt::format("lower({}) {}LIKE lower({}){}", value.sqlite, inverted, literal, ending)
            : fmt::format("({}) {}LIKE {}{}", value.sqlite, inverted, literal, ending);
    return {fmt::format("{} {}{} {}{}", ours_at(value, sum), inverted, word(operation), literal,
                        ending),
            sqlite, comparison};
  }

  Piece regexp() {
    static const std::vector<std::string> patterns = {"a",      "^a", "b$", "a.*b", "(a|b)c",
                                                      "[0-9]+", "^$", "é",  "^.$",  "(?i)A"};
    const Piece value = name(column_where(is_text));
    const std::string inverted = maybe_not();
    const std::string pattern = quoted(pick(rng_, patterns), '\'');
    return {fmt::format("{} {}{} {}", ours_at(value, sum), inverted, word("REGEXP"), pattern),
            fmt::format("({}) {}REGEXP {}", value.sqlite, inverted, pattern), comparison};
  }

  // --- values

  // Operations always have a column below: constants that overflow are errors.
  Piece number(int depth) {
    const ColumnSchema& column = column_where(is_number);
    if (!features_.arithmetic || depth == 0 || flip(50)) {
      return flip(50) || depth < 2 ? name(column) : number_literal();
    }
    if (flip(15)) {
      const Piece operand = number_with_column(depth - 1);
      return {fmt::format("-{}", ours_at(operand, unary)), fmt::format("-({})", operand.sqlite),
              unary};
    }
    Piece left = number_with_column(depth - 1);
    Piece right = flip() ? number_literal() : number_with_column(depth - 1);
    if (flip()) std::swap(left, right);
    const char symbol = "+-*/"[below(rng_, 4)];
    const int level = symbol == '+' || symbol == '-' ? sum : product;
    return {fmt::format("{} {} {}", ours_at(left, level), symbol, ours_at(right, level + 1)),
            fmt::format("({}) {} ({})", left.sqlite, symbol, right.sqlite), level};
  }

  Piece number_with_column(int depth) {
    while (true) {
      Piece piece = number(std::min(depth, 1));
      if (piece.level != atom || piece.sqlite[0] == '"') return piece;
    }
  }

  Piece number_literal() {
    if (flip(60)) {
      const std::string text = std::to_string(random_integer(rng_, features_.huge_numbers));
      return {text, text, text[0] == '-' ? unary : atom};
    }
    std::string text = trawl::to_text(random_double(rng_, features_.huge_numbers));
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return {text, text, text[0] == '-' ? unary : atom};
  }

  Piece boolean_literal() {
    const char* text = flip() ? "TRUE" : "FALSE";
    return {word(text), text, atom};
  }

  Piece time_literal() {
    const std::int64_t time = random_time(rng_, flip());
    const bool midnight = time % microseconds_per_day == 0;
    const std::string day = quoted(format_date(time), '\'');
    const std::string moment = quoted(format_timestamp(time), '\'');
    std::vector<std::string> spellings = {moment, fmt::format("{} {}", word("TIMESTAMP"), moment)};
    if (midnight) spellings.insert(spellings.end(), {day, fmt::format("{} {}", word("DATE"), day)});
    return {pick(rng_, spellings), std::to_string(time), atom};
  }

  Piece text_literal(const ColumnSchema& column) {
    TableFeatures valid;
    valid.invalid_utf8 = false;
    const std::string text =
        column.categories && flip(80) ? pick(rng_, *column.categories) : random_text(rng_, valid);
    return {quoted(text, '\''), quoted(text, '\''), atom};
  }

  Rng& rng_;
  const Schema& schema_;
  const PredicateFeatures& features_;
  const std::vector<KeyFile>& key_files_;
};

}  // namespace

Schema random_schema(Rng& rng) {
  static const std::vector<std::string> odd_names = {"a b",   "not",       "date",
                                                     "Größe", "say \"x\"", "1st"};
  static constexpr std::array<std::pair<Type, Lane>, 7> kinds = {{{Type::int64, Lane::i64},
                                                                  {Type::float64, Lane::f64},
                                                                  {Type::boolean, Lane::u8},
                                                                  {Type::date, Lane::i64},
                                                                  {Type::timestamp, Lane::i64},
                                                                  {Type::categorical, Lane::u8},
                                                                  {Type::text, Lane::text}}};
  const auto categories =
      std::make_shared<const Categories>(Categories{"", "A", "a", "a%", "ab", "b", "é"});
  std::vector<ColumnSchema> columns;
  std::size_t odd = below(rng, odd_names.size() * 2);
  for (const auto& [type, lane] : kinds) {
    for (std::size_t i = 1 + below(rng, 3); i > 0; --i) {
      std::string name = fmt::format("c{}", columns.size());
      if (odd < odd_names.size() && chance(rng, 20)) name = odd_names[odd++];
      columns.push_back(
          {name, type, lane, !chance(rng, 20), type == Type::categorical ? categories : nullptr});
    }
  }
  return Schema(std::move(columns));
}

Value random_value(Rng& rng, const ColumnSchema& column, const TableFeatures& features) {
  if (column.nullable && chance(rng, features.null_percent)) return {};
  switch (column.type) {
    case Type::int64:
      return random_integer(rng, features.huge_numbers);
    case Type::float64:
      if (features.nan && chance(rng, 10)) {
        constexpr double infinity = std::numeric_limits<double>::infinity();
        return pick(rng, std::vector<double>{NAN, NAN, infinity, -infinity});
      }
      return random_double(rng, features.huge_numbers);
    case Type::boolean:
      return chance(rng, 50);
    case Type::date:
      return random_time(rng, true);
    case Type::timestamp:
      return random_time(rng, chance(rng, 30));
    case Type::categorical:
      return pick(rng, *column.categories);
    default:
      return random_text(rng, features);
  }
}

PredicateText random_predicate(Rng& rng, const Schema& schema, const PredicateFeatures& features,
                               const std::vector<KeyFile>& key_files) {
  Piece piece = Generator(rng, schema, features, key_files).condition(features.max_depth);
  return {std::move(piece.ours), std::move(piece.sqlite)};
}

}  // namespace trawl::test
