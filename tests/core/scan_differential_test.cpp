// The fast path against its slow twin: random predicates on random tables, with the filters on and
// off.
#include <optional>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/scan_program.hpp>

#include "core/predicate_support.hpp"
#include "core/scan_support.hpp"
#include "support/random_predicate.hpp"

namespace trawl::core::test {
namespace {

using trawl::test::Rng;

// Row by row by the slow twin; nothing when some row is undecidable.
std::optional<std::vector<std::size_t>> matches_slowly(const Predicate& predicate,
                                                       const Table& table,
                                                       std::span<const KeySet* const> keys) {
  std::vector<std::size_t> matches;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const auto cell = [&](std::size_t column) { return table.cell(row, column); };
    const Truth truth = evaluate_reference(predicate, cell, keys);
    if (truth == Truth::undecidable) return std::nullopt;
    if (truth == Truth::yes) matches.push_back(row);
  }
  return matches;
}

// The same by the fast path: DataError stands for an undecidable row.
std::optional<std::vector<std::size_t>> matches_fast(const Predicate& predicate, const Table& table,
                                                     std::span<const KeySet* const> keys,
                                                     bool use_filter) {
  const ScanProgram program(predicate, table.schema(), keys, {.use_filter = use_filter});
  ScanProgram::Scratch scratch;
  TableSource source(table);
  std::vector<std::uint64_t> mask;
  try {
    const ScanCounts counts = program.scan(source, scratch, mask);
    EXPECT_EQ(counts.rows, table.rows());
    EXPECT_EQ(counts.candidates, counts.matches + counts.false_positives);
    EXPECT_EQ(counts.matches, rows_of(mask).size());
    return rows_of(mask);
  } catch (const DataError&) {
    return std::nullopt;
  }
}

// Columns without NULLs are said to be so: only then may a sketch alone accept a row.
Schema without_needless_nulls(const Table& table) {
  std::vector<ColumnSchema> columns;
  for (std::size_t c = 0; c < table.schema().size(); ++c) {
    columns.push_back(table.schema()[c]);
    bool has_null = false;
    for (std::size_t row = 0; row < table.rows(); ++row) has_null |= is_null(table.cell(row, c));
    columns.back().nullable = has_null;
  }
  return Schema(std::move(columns));
}

// With sketches of all columns that can have one.
std::optional<std::vector<std::size_t>> matches_by_sketch(const Predicate& predicate,
                                                          const Table& table,
                                                          std::span<const KeySet* const> keys,
                                                          bool paged) {
  ScanOptions options;
  options.sketched.assign(table.schema().size(), true);
  options.paged = paged;
  const Schema schema = without_needless_nulls(table);
  const ScanProgram program(predicate, schema, keys, std::move(options));
  ScanProgram::Scratch scratch;
  SketchedSource source(table);
  std::vector<std::uint64_t> mask;
  try {
    program.scan(source, scratch, mask);
    return rows_of(mask);
  } catch (const DataError&) {
    return std::nullopt;
  }
}

Table random_table(Rng& rng, const Schema& schema, const trawl::test::TableFeatures& features) {
  Table table(schema);
  for (std::size_t rows = trawl::test::below(rng, 150); rows > 0; --rows) {
    std::vector<Value> row;
    for (const ColumnSchema& column : schema)
      row.push_back(trawl::test::random_value(rng, column, features));
    table.add(row);
  }
  return table;
}

// A list that holds nearly all values makes its filter useless, one that holds few does not.
TEST(ScanDifferential, AUselessFilterIsPaused) {
  const Schema schema(
      {{"a", Type::int64, Lane::i64, true, nullptr}, {"t", Type::text, Lane::text, true, nullptr}});
  Table table(schema);
  for (std::int64_t row = 0; row < 5000; ++row)
    table.add({row % 7 == 3 ? Value() : Value(row), Value(std::to_string(row))});
  for (const std::int64_t step : {1, 2}) {
    std::vector<std::int64_t> integers;
    std::set<std::string> strings;
    for (std::int64_t key = 0; key < 5000; key += step) {
      if (key % 11 == 5) continue;
      integers.push_back(key);
      strings.insert(std::to_string(key));
    }
    const OwnedKeys numbers(integers, 0.01), texts(strings, 0.01);
    for (const char* text : {"a IN FILE 'k'", "t IN FILE 'k'", "NOT a IN FILE 'k' AND a < 3000"}) {
      const Predicate predicate = core::bind(parse(text), schema);
      const KeySet* keys[] = {text[0] == 't' ? &texts.set() : &numbers.set()};
      const ScanProgram program(predicate, schema, keys);
      ScanProgram::Scratch scratch;
      TableSource source(table);
      std::vector<std::uint64_t> mask;
      const ScanCounts counts = program.scan(source, scratch, mask);
      EXPECT_EQ(rows_of(mask), matches_slowly(predicate, table, keys)) << text;
      EXPECT_EQ(scratch.filters_paused(), step == 1 ? 1u : 0u) << text;
      EXPECT_EQ(counts.candidates, counts.matches + counts.false_positives);
    }
  }
}

TEST(ScanDifferential, AgreesWithTheReference) {
  constexpr std::uint64_t seed = 77;
  Rng rng(seed);
  const OwnedKeys numbers({-6, -2, 0, 3, 9007199254740993, 1735732800000000}, 0.1);
  const OwnedKeys texts(std::set<std::string>{"", "a", "aa", "ab", "b", "é"}, 0.1);
  int undecidable = 0, matched = 0;
  for (int round = 0; round < 6000; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    trawl::test::TableFeatures table_features;
    trawl::test::PredicateFeatures features;
    table_features.huge_numbers = features.huge_numbers = round % 2 == 0;
    features.in_file = true;
    features.max_depth = static_cast<int>(trawl::test::below(rng, 4));
    const Schema schema = trawl::test::random_schema(rng);
    const std::string text =
        trawl::test::random_predicate(rng, schema, features, {{"n", false, "n"}, {"t", true, "t"}})
            .ours;
    const Predicate predicate = bound(text, schema);
    std::vector<const KeySet*> keys;
    for (const KeyListRef& list : predicate.key_lists) {
      keys.push_back(list.type == Type::text ? &texts.set() : &numbers.set());
    }
    const Table table = random_table(rng, schema, table_features);
    const auto expected = matches_slowly(predicate, table, keys);
    undecidable += expected ? 0 : 1;
    matched += expected && !expected->empty() ? 1 : 0;
    for (const bool use_filter : {true, false}) {
      ASSERT_EQ(matches_fast(predicate, table, keys, use_filter), expected)
          << text << "\n"
          << predicate.normal_form << "\nfilter " << use_filter;
    }
    for (const bool paged : {true, false}) {
      ASSERT_EQ(matches_by_sketch(predicate, table, keys, paged), expected)
          << text << "\n"
          << predicate.normal_form << "\nby sketch";
    }
  }
  EXPECT_GT(undecidable, 50);
  EXPECT_GT(matched, 1000);
}

TEST(ScanDifferential, AScreenDoesNotForgetNullsOfOtherConditions) {
  const OwnedKeys keys({7}, 0.1);
  Table table(every_type());
  std::vector<Value> row(table.schema().size());
  row[0] = std::int64_t{7};
  table.add(row);  // note is NULL
  const Predicate predicate = bound("id IN FILE 'k' AND note NOT LIKE 'a%'");
  const std::vector<const KeySet*> lists = {&keys.set()};
  EXPECT_EQ(matches_fast(predicate, table, lists, true), std::vector<std::size_t>{});
}

}  // namespace
}  // namespace trawl::core::test
