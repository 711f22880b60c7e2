// One text for all spellings of a predicate.
#include <gtest/gtest.h>

#include "core/predicate_support.hpp"
#include "support/random_predicate.hpp"

namespace trawl::core::test {
namespace {

TEST(NormalForm, ConnectivesAreFlatSortedAndDistinct) {
  EXPECT_EQ(normal("(other = 2 AND (id = 1 AND flag)) AND id = 1"),
            "flag AND id = 1 AND other = 2");
  EXPECT_EQ(normal("other = 2 OR id = 1 AND flag"), "(flag AND id = 1) OR other = 2");
  EXPECT_EQ(normal("id = 1 AND id = 1"), "id = 1");
  EXPECT_EQ(normal("NOT NOT flag"), "flag");
  EXPECT_EQ(normal("NOT (id = 1 OR flag)"), "NOT (flag OR id = 1)");
}

TEST(NormalForm, ColumnsStandOnTheLeft) {
  EXPECT_EQ(normal("5 < id"), "id > 5");
  EXPECT_EQ(normal("5 >= id + 1"), "id + 1 <= 5");
  EXPECT_EQ(normal("other > id"), "id < other");
  EXPECT_EQ(normal("id <> 5 AND 5 != id AND id == 7"), "id != 5 AND id = 7");
}

TEST(NormalForm, ConstantsAreFolded) {
  EXPECT_EQ(normal("id > 2 * 3 + 1"), "id > 7");
  EXPECT_EQ(normal("id > 7 / 2 OR id < 7 / 0"), "NULL OR id > 3");
  EXPECT_EQ(normal("1 = 1 AND flag"), "flag");
  EXPECT_EQ(normal("1 = 2 AND flag"), "FALSE");
  EXPECT_EQ(normal("1 = 2 OR flag"), "flag");
  EXPECT_EQ(normal("id = NULL"), "NULL");
  EXPECT_EQ(normal("NULL IS NULL"), "TRUE");
  EXPECT_EQ(normal("NOT NULL"), "NULL");
  EXPECT_EQ(normal("'abc' LIKE 'a%' AND 'abc' REGEXP 'c$' AND 3 IN (1, 3.0)"), "TRUE");
  EXPECT_EQ(normal("note LIKE NULL"), "NULL");
  EXPECT_EQ(normal("id + NULL = 1"), "NULL");
  // An overflow on the left would not be unknown.
  EXPECT_EQ(normal("id + other = NULL"), "id + other = NULL");
  EXPECT_EQ(normal("id + other IN (NULL)"), "id + other IN (NULL)");
}

TEST(NormalForm, NumbersKeepTheirMeaning) {
  EXPECT_EQ(normal("id = 5.0"), "id = 5");
  EXPECT_EQ(normal("id < 5.5"), "id < 5.5");
  EXPECT_EQ(normal("amount > 10000"), "amount > 10000");
  EXPECT_EQ(normal("amount > 1e4"), "amount > 10000");
  EXPECT_EQ(normal("amount = 9007199254740993"), "amount = 9007199254740993");
  EXPECT_EQ(normal("amount = 1e300"), "amount = 1e+300");
  EXPECT_EQ(normal("id * 2.0 = 3"), "id * 2.0 = 3");
  EXPECT_EQ(normal("id * 2 = 3.0"), "id * 2 = 3");
  EXPECT_EQ(normal("amount > -0.0"), "amount > 0");
  EXPECT_EQ(normal("id IN (5.5)"), "id IN ()");
  EXPECT_EQ(normal("id IN (5.5, NULL)"), "NULL");
}

TEST(NormalForm, TimesTakeTheKindOfTheColumn) {
  EXPECT_EQ(normal("time = '2025-12-31'"), "time = TIMESTAMP '2025-12-31T00:00:00Z'");
  EXPECT_EQ(normal("time = DATE '2025-12-31'"), "time = TIMESTAMP '2025-12-31T00:00:00Z'");
  EXPECT_EQ(normal("time = '2025-12-31 01:00:00.5+01:00'"),
            "time = TIMESTAMP '2025-12-31T00:00:00.500000Z'");
  EXPECT_EQ(normal("day = '2025-12-31'"), "day = DATE '2025-12-31'");
  EXPECT_EQ(normal("day = TIMESTAMP '2025-12-31 00:00'"), "day = DATE '2025-12-31'");
  EXPECT_EQ(normal("day < '2025-12-31 12:00'"), "day < TIMESTAMP '2025-12-31T12:00:00Z'");
  EXPECT_EQ(normal("time IN (DATE '2025-01-01')"), "time IN (TIMESTAMP '2025-01-01T00:00:00Z')");
}

TEST(NormalForm, NamesAndTextAreQuotedWhereNeeded) {
  EXPECT_EQ(normal("\"id\" = 1 AND \"two words\" = 2"), "\"two words\" = 2 AND id = 1");
  EXPECT_EQ(normal("note = 'it''s'"), "note = 'it''s'");
  EXPECT_EQ(normal("note LIKE 'a\\b%'"), "note LIKE 'a\\b%'");
  EXPECT_EQ(normal("note LIKE 'a!%b!!%' ESCAPE '!'"), "note LIKE 'a\\%b!%' ESCAPE '\\'");
  EXPECT_EQ(normal("note NOT ILIKE 'x' AND note NOT REGEXP 'y'"),
            "note NOT ILIKE 'x' AND note NOT REGEXP 'y'");
  EXPECT_EQ(normal("id IN FILE 'k''s' COLUMN \"a b\""), "id IN FILE 'k''s' COLUMN \"a b\"");
  EXPECT_EQ(normal("-(id + 1) * (other - -2) > id - (other - 1)"),
            "-(id + 1) * (other - -2) > id - (other - 1)");
}

// The normal form is a predicate like any other: its own normal form, and of the same value on
// every row.
TEST(NormalForm, IsIdempotentAndEquivalent) {
  constexpr std::uint64_t seed = 4711;
  trawl::test::Rng rng(seed);
  for (int round = 0; round < 3000; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    const Schema schema = trawl::test::random_schema(rng);
    const std::string text = trawl::test::random_predicate(rng, schema, {}).ours;
    const Predicate original = bound(text, schema);
    const Predicate again = bound(original.normal_form, schema);
    ASSERT_EQ(again.normal_form, original.normal_form) << text;
    ASSERT_EQ(again.columns, original.columns) << text;
    for (int row = 0; row < 20; ++row) {
      std::vector<Value> values;
      for (const ColumnSchema& column : schema)
        values.push_back(trawl::test::random_value(rng, column, {}));
      const auto cell = [&](std::size_t column) { return values[column]; };
      ASSERT_EQ(evaluate_reference(again, cell, {}), evaluate_reference(original, cell, {}))
          << text << "\n"
          << original.normal_form;
    }
  }
}

// Predicates that differ only in the order of operands and in redundant words have one normal form.
TEST(NormalForm, OrderAndRepetitionDoNotMatter) {
  constexpr std::uint64_t seed = 4712;
  trawl::test::Rng rng(seed);
  for (int round = 0; round < 500; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    const Schema schema = trawl::test::random_schema(rng);
    std::vector<std::string> parts;
    for (int i = 0; i < 4; ++i)
      parts.push_back("(" + trawl::test::random_predicate(rng, schema, {}).ours + ")");
    const std::string one =
        parts[0] + " AND (" + parts[1] + " OR " + parts[2] + ") AND " + parts[3];
    const std::string two = parts[3] + " AND NOT NOT (" + parts[2] + " OR " + parts[1] + ") AND " +
                            parts[0] + " AND TRUE AND " + parts[3];
    ASSERT_EQ(bound(one, schema).normal_form, bound(two, schema).normal_form);
  }
}

}  // namespace
}  // namespace trawl::core::test
