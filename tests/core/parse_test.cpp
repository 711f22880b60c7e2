// The words and the errors of the predicate language. Every error is golden: text, line and caret.
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "core/predicate_support.hpp"

namespace trawl::core::test {
namespace {

std::string error_of(std::string_view text) {
  try {
    parse(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Parse, PrecedenceIsThatOfSql) {
  EXPECT_EQ(normal("flag OR flag AND id = 1"), normal("flag OR (flag AND (id = 1))"));
  EXPECT_NE(normal("flag OR flag AND id = 1"), normal("(flag OR flag) AND id = 1"));
  EXPECT_EQ(normal("NOT flag AND id = 1"), normal("(NOT flag) AND (id = 1)"));
  EXPECT_EQ(normal("NOT id = 1"), normal("NOT (id = 1)"));
  EXPECT_EQ(normal("NOT note IS NULL"), normal("note IS NOT NULL"));
  EXPECT_EQ(normal("id + other * 2 > 1"), normal("(id + (other * 2)) > 1"));
  EXPECT_EQ(normal("id - other - 2 > 1"), normal("((id - other) - 2) > 1"));
  EXPECT_EQ(normal("-id * other > 1"), normal("(-id) * other > 1"));
  EXPECT_EQ(normal("id BETWEEN 1 AND 2 + 3 AND flag"), normal("(id >= 1 AND id <= 5) AND flag"));
  EXPECT_EQ(normal("id NOT BETWEEN 1 AND 2 OR flag"),
            normal("(NOT (id >= 1 AND id <= 2)) OR flag"));
  EXPECT_EQ(normal("2 + 3 < id"), "id > 5");
}

TEST(Parse, KeywordsInAnyCaseNamesInTheirs) {
  EXPECT_EQ(normal("id Is nOt nUlL aNd NOT flag"), "NOT flag AND id IS NOT NULL");
  EXPECT_THROW(bound("ID = 1"), InputError);
}

TEST(Parse, QuotesAreDoubledInside) {
  const Schema schema({{"a \"b\"", Type::text, Lane::text, true, nullptr}});
  EXPECT_EQ(bound("\"a \"\"b\"\"\" = 'it''s'", schema).normal_form, "\"a \"\"b\"\"\" = 'it''s'");
}

TEST(Parse, WordsOfLiteralsAreNamesElsewhere) {
  const Schema schema({{"date", Type::date, Lane::i64, true, nullptr},
                       {"file", Type::int64, Lane::i64, true, nullptr},
                       {"escape", Type::text, Lane::text, true, nullptr}});
  EXPECT_EQ(bound("date = DATE '2025-01-02' AND file = 1 AND escape LIKE 'a!%' ESCAPE '!'", schema)
                .normal_form,
            "date = DATE '2025-01-02' AND escape LIKE 'a\\%' ESCAPE '\\' AND file = 1");
}

TEST(Parse, Numbers) {
  EXPECT_EQ(normal("id = -9223372036854775808"), "id = -9223372036854775808");
  EXPECT_EQ(normal("id = 9223372036854775807"), "id = 9223372036854775807");
  EXPECT_EQ(normal("amount = .5 OR amount = 5. OR amount = 25e-2"),
            "amount = 0.25 OR amount = 0.5 OR amount = 5");
  EXPECT_EQ(normal("id-1=-1"), "id - 1 = -1");
}

TEST(Parse, ErrorsPointAtThePlace) {
  EXPECT_EQ(error_of(""),
            "the predicate is empty: write a condition, for example amount > 100\n"
            "  \n"
            "  ^");
  EXPECT_EQ(error_of("id = "),
            "expected a column, a literal, NOT, - or (, found the predicate ends\n"
            "  id = \n"
            "       ^");
  EXPECT_EQ(error_of("id = 1 id"),
            "expected AND, OR or the end, found 'id'\n"
            "  id = 1 id\n"
            "         ^~");
  EXPECT_EQ(error_of("(id = 1 OR (flag)"),
            "this parenthesis is never closed\n"
            "  (id = 1 OR (flag)\n"
            "  ^");
  EXPECT_EQ(error_of("(id = 1, 2)"),
            "expected an operator or ), found ','\n"
            "  (id = 1, 2)\n"
            "         ^");
  EXPECT_EQ(error_of("1 < id < 5"),
            "comparisons do not chain: write a < b AND b < c instead of a < b < c\n"
            "  1 < id < 5\n"
            "         ^");
  EXPECT_EQ(error_of("id IN 5"),
            "expected ( or FILE after IN, found '5'\n"
            "  id IN 5\n"
            "        ^");
  EXPECT_EQ(error_of("id IN (1 2)"),
            "expected , or ) in the list of IN, found '2'\n"
            "  id IN (1 2)\n"
            "           ^");
  EXPECT_EQ(error_of("id IS 5"),
            "expected NULL or NOT NULL, found '5'\n"
            "  id IS 5\n"
            "        ^");
  EXPECT_EQ(error_of("id BETWEEN 1 OR 2"),
            "expected AND and the upper bound of BETWEEN, found 'OR'\n"
            "  id BETWEEN 1 OR 2\n"
            "               ^~");
  EXPECT_EQ(error_of("id IN FILE keys"),
            "expected the path of the list as a string, for example 'keys.txt', found 'keys'\n"
            "  id IN FILE keys\n"
            "             ^~~~");
}

TEST(Parse, ErrorsInWordsAndNumbers) {
  EXPECT_EQ(error_of("note = 'abc"),
            "this string has no end: a closing ' is missing\n"
            "  note = 'abc\n"
            "         ^");
  EXPECT_EQ(error_of("id = 12ab"),
            "'12ab' is neither a number nor a name: numbers look like 12, 1.5 or 2e-3; a column "
            "name that begins with a "
            "digit needs double quotes\n"
            "  id = 12ab\n"
            "       ^~~~");
  EXPECT_EQ(error_of("9223372036854775808 = id"),
            "9223372036854775808 is not a 64-bit integer (-9223372036854775808 to "
            "9223372036854775807): write "
            "9223372036854775808.0 to compare with the nearest double\n"
            "  9223372036854775808 = id\n"
            "  ^~~~~~~~~~~~~~~~~~~");
  EXPECT_EQ(error_of("amount < 1e999"),
            "1e999 is outside the range of a double (largest 1.7976931348623157e+308)\n"
            "  amount < 1e999\n"
            "           ^~~~~");
  EXPECT_EQ(error_of("flag && flag"),
            "'&' means nothing in a predicate: write AND\n"
            "  flag && flag\n"
            "       ^");
  EXPECT_EQ(error_of("day = DATE '2025-02-30'"),
            "'2025-02-30' is not a date: write it as '2025-12-31'\n"
            "  day = DATE '2025-02-30'\n"
            "             ^~~~~~~~~~~~");
  EXPECT_EQ(error_of("id = '\xFF'"), "the predicate is not UTF-8: byte 6 (0xff)");
}

TEST(Parse, CaretCountsCharactersAndFollowsLinesAndTabs) {
  EXPECT_EQ(error_of("note = 'größe 😀' AND = 1"),
            "expected a column, a literal, NOT, - or (, found '='\n"
            "  note = 'größe 😀' AND = 1\n"
            "                       ^");
  EXPECT_EQ(error_of("id = 1\nAND\t= 2\nOR flag"),
            "expected a column, a literal, NOT, - or (, found '='\n"
            "  AND\t= 2\n"
            "     \t^");
}

TEST(Parse, LongPredicatesAreShownAroundThePlace) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "id = 1 OR ";
  const std::string error = error_of(text + "= 5 OR " + text + "flag");
  EXPECT_EQ(error,
            "expected a column, a literal, NOT, - or (, found '='\n"
            "  ... id = 1 OR id = 1 OR id = 1 OR id = 1 OR id = 1 OR id = 1 OR = 5 OR id = 1 OR id "
            "= 1 OR "
            "id = 1 OR id = 1 OR id = 1 OR id = 1 OR id = 1 OR id = 1 OR id = 1 OR id = 1 OR id = "
            "1 OR id  ...\n"
            "                                                                  ^");
}

std::string repeated(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

TEST(Parse, DeepNestingIsAnErrorNotACrash) {
  const std::string fine = repeated("(", 500) + "flag" + repeated(")", 500);
  EXPECT_EQ(normal(fine), "flag");
  EXPECT_THAT(error_of(repeated("(", 501) + "flag" + repeated(")", 501)),
              testing::StartsWith("the predicate nests too deeply"));
  EXPECT_THAT(error_of(repeated("NOT ", 100'000) + "flag"),
              testing::StartsWith("the predicate nests too deeply"));
  EXPECT_THAT(error_of(repeated("- ", 100'000) + "id = 1"),
              testing::StartsWith("the predicate nests too deeply"));
  EXPECT_THAT(error_of("id" + repeated(" + id", 100'000) + " = 1"),
              testing::StartsWith("the predicate nests too deeply"));
  EXPECT_NO_THROW(normal("id" + repeated(" + id", 900) + " = 1"));
  // The worst the limits allow: every kind of nesting at once.
  std::string mixed = "flag";
  for (int i = 0; i < 160; ++i) mixed = "NOT (flag OR id < 1 AND " + mixed + ")";
  EXPECT_NO_THROW(normal(mixed));
}

TEST(Parse, LongChainsAreFlat) {
  std::string text = "id = 0";
  for (int i = 1; i < 100'000; ++i) text += " OR id = " + std::to_string(i) + " AND flag";
  const Predicate predicate = bound(text);
  EXPECT_EQ(predicate.root.kind, Condition::Kind::any_of);
  EXPECT_EQ(predicate.root.operands.size(), 100'000u);
}

TEST(Parse, RandomBytesNeverCrash) {
  const std::vector<std::string> pieces = {"id",
                                           "amount",
                                           "note",
                                           "flag",
                                           "time",
                                           "country",
                                           "AND",
                                           "OR",
                                           "NOT",
                                           "(",
                                           ")",
                                           "=",
                                           "<",
                                           "<>",
                                           "IN",
                                           "FILE",
                                           "'k'",
                                           "BETWEEN",
                                           "LIKE",
                                           "'a%'",
                                           "IS",
                                           "NULL",
                                           "1",
                                           "-",
                                           "+",
                                           "/",
                                           "*",
                                           "2.5",
                                           ",",
                                           "DATE",
                                           "'2025-01-01'",
                                           "TIMESTAMP",
                                           "ESCAPE",
                                           "\"",
                                           "'",
                                           "REGEXP",
                                           "TRUE",
                                           "ILIKE",
                                           "COLUMN",
                                           "9223372036854775807",
                                           "\xC3",
                                           ".",
                                           "e5"};
  std::mt19937_64 rng(20250101);
  int parsed = 0;
  int bound_count = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text;
    const bool bytes = round % 3 == 0;
    for (std::uint64_t i = rng() % 12; i > 0; --i) {
      text += bytes ? std::string(1, static_cast<char>(rng() % 256))
                    : pieces[rng() % pieces.size()] + (rng() % 8 ? " " : "");
    }
    try {
      const SyntaxPtr syntax = parse(text);
      ++parsed;
      core::bind(syntax, every_type());
      ++bound_count;
    } catch (const InputError&) {
    }
  }
  EXPECT_GT(parsed, 100);
  EXPECT_GT(bound_count, 20);
}

}  // namespace
}  // namespace trawl::core::test
