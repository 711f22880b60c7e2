// What predicates mean: truth tables, arithmetic, LIKE, each checked against an independent
// statement of it.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <trawl/base/text.hpp>

#include "core/predicate_support.hpp"
#include "support/random_predicate.hpp"

namespace trawl::core::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();

Value integer(std::int64_t x) {
  return x;
}

TEST(Reference, TruthTables) {
  // Conditions on `id` that give each truth value when id is the greatest int64 and flag is NULL.
  const Row row = {{"id", integer(greatest)}};
  const std::vector<std::pair<std::string, Truth>> inputs = {{"id < 0", Truth::no},
                                                             {"id > 0", Truth::yes},
                                                             {"flag", Truth::unknown},
                                                             {"id + 1 > 0", Truth::undecidable}};
  // Rows and columns: no, yes, unknown, undecidable.
  constexpr auto N = Truth::no, Y = Truth::yes, U = Truth::unknown, X = Truth::undecidable;
  const Truth conjunction[4][4] = {{N, N, N, N}, {N, Y, U, X}, {N, U, U, X}, {N, X, X, X}};
  const Truth disjunction[4][4] = {{N, Y, U, X}, {Y, Y, Y, Y}, {U, Y, U, X}, {X, Y, X, X}};
  const Truth negation[4] = {Y, N, U, X};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(truth(inputs[i].first, row), inputs[i].second);
    EXPECT_EQ(truth("NOT (" + inputs[i].first + ")", row), negation[i]);
    for (std::size_t j = 0; j < 4; ++j) {
      EXPECT_EQ(truth(inputs[i].first + " AND " + inputs[j].first, row), conjunction[i][j])
          << i << " " << j;
      EXPECT_EQ(truth(inputs[i].first + " OR " + inputs[j].first, row), disjunction[i][j])
          << i << " " << j;
    }
  }
}

TEST(Reference, NullIsNeitherEqualNorDifferent) {
  for (const char* text : {"id = 1", "id != 1", "id IN (1)", "id NOT IN (1)", "id BETWEEN 1 AND 2",
                           "id = other", "flag", "NOT flag", "note LIKE '%'", "note REGEXP ''",
                           "id = NULL", "NULL", "id IN ()", "-id > 1"}) {
    EXPECT_EQ(truth(text), Truth::unknown) << text;
  }
  EXPECT_EQ(truth("id IS NULL"), Truth::yes);
  EXPECT_EQ(truth("id IS NOT NULL"), Truth::no);
  EXPECT_EQ(truth("id + 1 IS NULL"), Truth::yes);
  EXPECT_EQ(truth("id BETWEEN 1 AND NULL", {{"id", integer(0)}}), Truth::no);
  EXPECT_EQ(truth("id IN (1, NULL)", {{"id", integer(1)}}), Truth::yes);
  EXPECT_EQ(truth("id IN (1, NULL)", {{"id", integer(2)}}), Truth::unknown);
  EXPECT_EQ(truth("id NOT IN (1, NULL)", {{"id", integer(2)}}), Truth::unknown);
  EXPECT_EQ(truth("id IN ()", {{"id", integer(2)}}), Truth::no);
}

TEST(Reference, NanIsUnequalToEverything) {
  const Row row = {{"amount", nan}, {"price", 1.0}};
  for (const char* text : {"amount = 1", "amount < 1", "amount <= 1", "amount > 1", "amount >= 1",
                           "amount = amount", "amount BETWEEN -1e308 AND 1e308", "amount IN (1, 2)",
                           "amount * 0 = 0", "amount IS NULL"}) {
    EXPECT_EQ(truth(text, row), Truth::no) << text;
  }
  for (const char* text : {"amount != 1", "amount != amount", "NOT amount < 1", "amount NOT IN (1)",
                           "amount + 1 != price"}) {
    EXPECT_EQ(truth(text, row), Truth::yes) << text;
  }
  EXPECT_EQ(truth("amount - amount = 0", {{"amount", infinity}}), Truth::no);
  EXPECT_EQ(truth("amount > 1e308", {{"amount", infinity}}), Truth::yes);
}

TEST(Reference, IntegersAndDoublesCompareByValue) {
  const auto compare = [](std::int64_t id, double amount, const char* op) {
    return truth("id " + std::string(op) + " amount", {{"id", integer(id)}, {"amount", amount}}) ==
           Truth::yes;
  };
  EXPECT_TRUE(compare(9007199254740993, 9007199254740992.0, ">"));
  EXPECT_FALSE(compare(9007199254740993, 9007199254740992.0, "="));
  EXPECT_TRUE(compare(greatest, 9223372036854775808.0, "<"));
  EXPECT_TRUE(compare(least, -9223372036854775808.0, "="));
  EXPECT_TRUE(compare(least, -9223372036854777856.0, ">"));
  EXPECT_TRUE(compare(0, 5e-324, "<"));
  EXPECT_TRUE(compare(0, -0.0, "="));
  EXPECT_TRUE(compare(-1, -0.5, "<"));
  EXPECT_TRUE(compare(0, -0.5, ">"));
  EXPECT_TRUE(compare(greatest, infinity, "<"));
  EXPECT_TRUE(compare(least, -infinity, ">"));
}

TEST(Reference, IntegerDoubleOrderAgreesWithLongDouble) {
  if (std::numeric_limits<long double>::digits < 64)
    GTEST_SKIP() << "long double cannot hold every int64";
  constexpr std::uint64_t seed = 99;
  trawl::test::Rng rng(seed);
  const Schema schema = every_type();
  const Predicate less = bound("id < amount"), equal = bound("id = amount");
  for (int round = 0; round < 20'000; ++round) {
    const auto a = static_cast<std::int64_t>(rng() >> (rng() % 64)) * (rng() % 2 ? 1 : -1);
    const double b = static_cast<double>(rng() % 3 ? a : static_cast<std::int64_t>(rng())) +
                     (rng() % 4 == 0 ? 0.5 : 0);
    const auto cell = [&](std::size_t column) { return column == 0 ? Value(a) : Value(b); };
    const auto x = static_cast<long double>(a);
    ASSERT_EQ(evaluate_reference(less, cell, {}) == Truth::yes, x < b)
        << a << " " << b << " seed " << seed;
    ASSERT_EQ(evaluate_reference(equal, cell, {}) == Truth::yes, x == b)
        << a << " " << b << " seed " << seed;
  }
}

TEST(Reference, Arithmetic) {
  const Row row = {{"id", integer(7)}, {"other", integer(-2)}, {"amount", 0.5}, {"price", 0.0}};
  for (const char* text :
       {"id / other = -3", "id / 2 * 2 = 6", "id + amount = 7.5", "id * other = -14", "-id = -7",
        "id / 2.0 = 3.5", "id - other - 1 = 8", "id / 0 IS NULL", "amount / price IS NULL",
        "id / -0.0 IS NULL", "amount / 0 IS NULL"}) {
    EXPECT_EQ(truth(text, row), Truth::yes) << text;
  }
  EXPECT_EQ(truth("id / 0 = 1", row), Truth::unknown);
}

TEST(Reference, OverflowIsUndecidable) {
  const Row row = {{"id", integer(least)}, {"other", integer(greatest)}};
  for (const char* text :
       {"-id > 0", "id - 1 < 0", "other + 1 > 0", "id * 2 < 0", "id / -1 > 0", "id * other > 0",
        "other + 1 IS NULL", "other + 1 IN (1)", "other + 1 + amount > 0",
        "(other + 1) * amount = NULL", "NOT other + 1 > 0", "other + 1 = NULL"}) {
    EXPECT_EQ(truth(text, row), Truth::undecidable) << text;
  }
  for (const char* text :
       {"-other < 0", "id + other = -1", "id / 1 = id", "other * 1.0 > 0", "id + 1.0 < 0"}) {
    EXPECT_EQ(truth(text, row), Truth::yes) << text;
  }
}

TEST(Reference, TextComparesBytewise) {
  EXPECT_EQ(truth("note < 'b'", {{"note", "a"}}), Truth::yes);
  EXPECT_EQ(truth("note < 'a'", {{"note", "Z"}}), Truth::yes);
  EXPECT_EQ(truth("note > 'z'", {{"note", "é"}}), Truth::yes);
  EXPECT_EQ(truth("note = country", {{"note", "DE"}, {"country", "DE"}}), Truth::yes);
  EXPECT_EQ(truth("note < 'ab'", {{"note", "a"}}), Truth::yes);
}

TEST(Reference, TimesAndBooleans) {
  const Row row = {{"day", integer(0)}, {"time", integer(1)}, {"flag", true}};
  EXPECT_EQ(truth("day < time", row), Truth::yes);
  EXPECT_EQ(truth("day = '1970-01-01'", row), Truth::yes);
  EXPECT_EQ(truth("time BETWEEN '1969-12-31' AND '1970-01-01'", row), Truth::no)
      << "that midnight, not that day";
  EXPECT_EQ(truth("flag AND flag = TRUE AND flag > FALSE AND flag IN (TRUE)", row), Truth::yes);
}

TEST(Reference, LikeExamples) {
  const auto like = [](std::string text, const std::string& pattern) {
    return truth("note LIKE " + pattern, {{"note", std::move(text)}}) == Truth::yes;
  };
  EXPECT_TRUE(like("", "''"));
  EXPECT_TRUE(like("", "'%'"));
  EXPECT_FALSE(like("", "'_'"));
  EXPECT_TRUE(like("abc", "'a%'"));
  EXPECT_FALSE(like("abc", "'A%'"));
  EXPECT_TRUE(like("aXbXc", "'a%b%c'"));
  EXPECT_TRUE(like("é", "'_'"));
  EXPECT_TRUE(like("😀", "'_'"));
  EXPECT_FALSE(like("😀", "'%__'")) << "% does not stop inside a character";
  EXPECT_TRUE(like("\xFF", "'_'")) << "a byte that is no character counts as one";
  EXPECT_TRUE(like("\xF0\x9F", "'__'"));
  EXPECT_TRUE(like("50%", "'50!%' ESCAPE '!'"));
  EXPECT_FALSE(like("500", "'50!%' ESCAPE '!'"));
  EXPECT_TRUE(like("a\\b", "'a\\b'")) << "no escape unless named";
  EXPECT_TRUE(like("a%", "'aé%' ESCAPE 'é'")) << "any character can be the escape";
  EXPECT_EQ(truth("note ILIKE 'AB%'", {{"note", "aBc"}}), Truth::yes);
  EXPECT_EQ(truth("note ILIKE 'É'", {{"note", "é"}}), Truth::no) << "only ASCII letters are folded";
}

// RE2 on a stand-in alphabet: every character becomes one letter.
TEST(Reference, LikeAgreesWithRegularExpressions) {
  constexpr std::uint64_t seed = 5;
  trawl::test::Rng rng(seed);
  const std::vector<std::string> text_letters = {"a", "b", "A", "é", "😀", "\xFF", "%"};
  const std::string stand_in = "abAcdef";
  for (int round = 0; round < 4000; ++round) {
    std::string text, text_stand_in, pattern, regex;
    for (std::size_t i = trawl::test::below(rng, 7); i > 0; --i) {
      const std::size_t letter = trawl::test::below(rng, text_letters.size());
      text += text_letters[letter];
      text_stand_in += stand_in[letter];
    }
    for (std::size_t i = trawl::test::below(rng, 6); i > 0; --i) {
      switch (const std::size_t kind = trawl::test::below(rng, 9); kind) {
        case 0:
        case 1:
          pattern += "%", regex += ".*";
          break;
        case 2:
        case 3:
          pattern += "_", regex += ".";
          break;
        case 4:
          pattern += "!%", regex += "f";
          break;
        default:
          pattern += text_letters[kind - 5], regex += stand_in[kind - 5];  // a, b, A, é
      }
    }
    const bool ignore_case = trawl::test::chance(rng, 30);
    const bool expected = RE2::FullMatch(text_stand_in, (ignore_case ? "(?i)" : "") + regex);
    const std::string where =
        std::string("note ") + (ignore_case ? "ILIKE" : "LIKE") + " '" + pattern + "' ESCAPE '!'";
    ASSERT_EQ(truth(where, {{"note", text}}), expected ? Truth::yes : Truth::no)
        << where << " on " << text << " seed " << seed;
  }
}

TEST(Reference, KeyLists) {
  const std::vector<std::int64_t> numbers = {-5, 1, 7};
  const std::string bytes = "abbc";
  const std::vector<std::uint64_t> ends = {1, 3, 4};  // a, bb, c
  const KeySet integers(numbers, MembershipFilter());
  const KeySet texts(ends, bytes, MembershipFilter());
  const std::string text = "id IN FILE 'a' AND note NOT IN FILE 'b'";
  EXPECT_EQ(truth(text, {{"id", integer(7)}, {"note", "b"}}, {&integers, &texts}), Truth::yes);
  EXPECT_EQ(truth(text, {{"id", integer(7)}, {"note", "bb"}}, {&integers, &texts}), Truth::no);
  EXPECT_EQ(truth(text, {{"id", integer(6)}, {"note", "b"}}, {&integers, &texts}), Truth::no);
  EXPECT_EQ(truth(text, {{"id", integer(7)}}, {&integers, &texts}), Truth::unknown);
}

}  // namespace
}  // namespace trawl::core::test
