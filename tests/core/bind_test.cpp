// Names and types: what binds to what, and how mistakes are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "core/predicate_support.hpp"

namespace trawl::core::test {
namespace {

std::string error_of(std::string_view text) {
  try {
    bound(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Bind, UnknownColumnsNameTheNearest) {
  EXPECT_EQ(error_of("id = 5 AND amuont > 3"),
            "there is no column 'amuont'; the nearest name is 'amount'\n"
            "  id = 5 AND amuont > 3\n"
            "             ^~~~~~");
  EXPECT_EQ(error_of("country = \"Flag\""),
            "there is no column 'Flag'; the nearest name is 'flag' (text is written in single "
            "quotes, names in double "
            "quotes)\n"
            "  country = \"Flag\"\n"
            "            ^~~~~~");
}

TEST(Bind, TypesThatCannotBeCompared) {
  EXPECT_EQ(error_of("id = 'x'"),
            "id (int64) cannot be compared with 'x' (text): write numbers without quotes\n"
            "  id = 'x'\n"
            "       ^~~");
  EXPECT_EQ(error_of("country IN ('DE', 5)"),
            "country (text) cannot be compared with 5 (int64): write text in single quotes\n"
            "  country IN ('DE', 5)\n"
            "                    ^");
  EXPECT_EQ(
      error_of("flag = 1"),
      "flag (boolean) cannot be compared with 1 (int64): compare a boolean with TRUE or FALSE\n"
      "  flag = 1\n"
      "         ^");
  EXPECT_EQ(
      error_of("flag BETWEEN FALSE AND note"),
      "flag (boolean) cannot be compared with note (text): compare a boolean with TRUE or FALSE\n"
      "  flag BETWEEN FALSE AND note\n"
      "                         ^~~~");
  EXPECT_EQ(error_of("time > 5"),
            "time (timestamp) cannot be compared with 5 (int64): compare a time with DATE "
            "'2025-12-31' or TIMESTAMP "
            "'2025-12-31 23:59:59'\n"
            "  time > 5\n"
            "         ^");
  EXPECT_EQ(error_of("5 < note"),
            "5 (int64) cannot be compared with note (text): write text in single quotes\n"
            "  5 < note\n"
            "  ^");
  EXPECT_EQ(error_of("time > '2025-13-01'"),
            "'2025-13-01' is not a date or time, but time is one: write '2025-12-31' or "
            "'2025-12-31 23:59:59'\n"
            "  time > '2025-13-01'\n"
            "         ^~~~~~~~~~~~");
}

TEST(Bind, ValuesAndConditionsAreNotTheSame) {
  EXPECT_EQ(
      error_of("flag AND id"),
      "expected a condition, found id (int64): compare it with something, or test IS NOT NULL\n"
      "  flag AND id\n"
      "           ^~");
  EXPECT_EQ(
      error_of("(id = 1) = flag"),
      "expected a value, found the condition (id = 1): conditions are joined by AND, OR and NOT\n"
      "  (id = 1) = flag\n"
      "  ^~~~~~~~");
  EXPECT_EQ(error_of("id + note > 1"),
            "arithmetic needs numbers, found note (text)\n"
            "  id + note > 1\n"
            "       ^~~~");
  EXPECT_EQ(error_of("id IN (1, other)"),
            "IN takes literals, found other (int64): write a = b OR a = c to compare with columns\n"
            "  id IN (1, other)\n"
            "            ^~~~~");
}

TEST(Bind, PatternsAreChecked) {
  EXPECT_EQ(error_of("note REGEXP 'a('"),
            "this regular expression is not valid: missing ): a( (syntax: RE2)\n"
            "  note REGEXP 'a('\n"
            "              ^~~~");
  EXPECT_EQ(error_of("note LIKE 'a!b' ESCAPE '!'"),
            "the escape character ! must stand before %, _ or another ! in the pattern\n"
            "  note LIKE 'a!b' ESCAPE '!'\n"
            "            ^~~~~");
  EXPECT_EQ(error_of("note LIKE 'a' ESCAPE '!!'"),
            "ESCAPE takes exactly one character\n"
            "  note LIKE 'a' ESCAPE '!!'\n"
            "                       ^~~~");
  EXPECT_EQ(error_of("id LIKE '1%'"),
            "LIKE needs text before it, found id (int64)\n"
            "  id LIKE '1%'\n"
            "  ^~");
  EXPECT_EQ(error_of("note ILIKE country"),
            "the pattern of ILIKE must be a string literal, found country (text)\n"
            "  note ILIKE country\n"
            "             ^~~~~~~");
}

TEST(Bind, ConstantsThatOverflowAreErrors) {
  EXPECT_EQ(error_of("id > 9223372036854775807 + 1"),
            "9223372036854775807 + 1 overflows a 64-bit integer: write one of the numbers with a "
            "decimal point to compute "
            "with doubles\n"
            "  id > 9223372036854775807 + 1\n"
            "       ^~~~~~~~~~~~~~~~~~~~~~~");
  EXPECT_THAT(error_of("id > - -9223372036854775808"),
              testing::StartsWith("- -9223372036854775808 overflows"));
  EXPECT_THAT(error_of("id > -9223372036854775808 / -1"), testing::HasSubstr("overflows"));
  EXPECT_THAT(error_of("amount > 1e308 * 10"),
              testing::StartsWith("1e308 * 10 is outside the range of a double"));
}

TEST(Bind, KeyListsAreKnownOnce) {
  const Predicate p = bound(
      "id IN FILE 'a.txt' AND (country IN FILE 'b.csv' COLUMN code OR id IN FILE 'a.txt' OR time "
      "IN FILE 'c')");
  EXPECT_EQ(p.key_lists, (std::vector<KeyListRef>{{"b.csv", "code", "country", Type::text},
                                                  {"a.txt", "", "id", Type::int64},
                                                  {"c", "", "time", Type::timestamp}}));
  EXPECT_TRUE(bound("FALSE AND id IN FILE 'a.txt'").key_lists.empty());
  EXPECT_EQ(bound("day IN FILE 'd'").key_lists[0].type, Type::date);
  EXPECT_EQ(error_of("amount IN FILE 'a'"),
            "amount (float64) cannot be searched by a key list, since equal doubles may be written "
            "in many ways: write the "
            "numbers into IN (...), or store the column as int64\n"
            "  amount IN FILE 'a'\n"
            "  ^~~~~~");
  EXPECT_EQ(error_of("flag IN FILE 'a'"),
            "flag (boolean) cannot be searched by a key list: write it alone, or after NOT\n"
            "  flag IN FILE 'a'\n"
            "  ^~~~");
  EXPECT_EQ(error_of("id + 1 IN FILE 'a'"),
            "IN FILE needs a column before it, found id + 1 (int64)\n"
            "  id + 1 IN FILE 'a'\n"
            "  ^~~~~~");
}

TEST(Bind, ColumnsAreThoseStillRead) {
  EXPECT_EQ(bound("note LIKE 'a%' AND id + other = 1 OR id = 2").columns,
            (std::vector<std::size_t>{0, 1, 8}));
  EXPECT_EQ(bound("amount = NULL OR id = 2").columns, (std::vector<std::size_t>{0}));
  EXPECT_TRUE(bound("TRUE").columns.empty());
}

TEST(Bind, ListsHoldValuesOfTheColumnsKind) {
  const auto values = [](std::string_view text) { return bound(text).root.values; };
  using Values = std::vector<Value>;
  EXPECT_EQ(values("id IN (5.0, 5, 5.5, -1, 1e300)"), (Values{std::int64_t{-1}, std::int64_t{5}}));
  EXPECT_EQ(values("amount IN (1, 2.5, 9007199254740993, -0.0)"), (Values{0.0, 1.0, 2.5}));
  EXPECT_EQ(values("day IN ('1970-01-02', '1970-01-02 12:00')"),
            (Values{std::int64_t{86'400'000'000}}));
  EXPECT_EQ(values("time IN ('1970-01-01', '1970-01-01 00:00:01')"),
            (Values{std::int64_t{0}, std::int64_t{1'000'000}}));
  EXPECT_EQ(values("country IN ('FR', 'DE', 'FR')"), (Values{"DE", "FR"}));
  EXPECT_TRUE(bound("id IN (1, NULL)").root.list_has_null);
}

}  // namespace
}  // namespace trawl::core::test
