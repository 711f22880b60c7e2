#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>

#include "store/csv_support.hpp"

namespace trawl::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A file with one column `v` of these fields and a column of row numbers, so that empty fields are
// no empty lines.
std::string column_text(const std::vector<std::string>& fields) {
  std::string text = "n,v\n";
  for (std::size_t i = 0; i < fields.size(); ++i)
    text += std::to_string(i) + "," + fields[i] + "\n";
  return text;
}

struct Case {
  std::vector<std::string> fields;
  Type type;
  Lane lane;
  bool nullable = false;
};

TEST(CsvInference, FindsTheNarrowestTypeThatHoldsEveryValue) {
  const std::vector<Case> cases = {
      // integers
      {{"0", "255"}, Type::int64, Lane::u8},
      {{"0", "256"}, Type::int64, Lane::u16},
      {{"-1", "127"}, Type::int64, Lane::i8},
      {{"-128", "127"}, Type::int64, Lane::i8},
      {{"-1", "128"}, Type::int64, Lane::i16},
      {{"-129"}, Type::int64, Lane::i16},
      {{"65535"}, Type::int64, Lane::u16},
      {{"65536"}, Type::int64, Lane::u32},
      {{"-32769"}, Type::int64, Lane::i32},
      {{"-1", "32768"}, Type::int64, Lane::i32},
      {{"4294967295"}, Type::int64, Lane::u32},
      {{"4294967296"}, Type::int64, Lane::i64},
      {{"-1", "2147483648"}, Type::int64, Lane::i64},
      {{"-9223372036854775808", "9223372036854775807"}, Type::int64, Lane::i64},
      {{"1", "", "3"}, Type::int64, Lane::u8, true},
      {{"\"1\"", "2"}, Type::int64, Lane::u8},
      // what looks like integers and is none
      {{"9223372036854775808"}, Type::categorical, Lane::u8},
      {{"1", "9223372036854775808"}, Type::categorical, Lane::u8},
      {{"007", "8"}, Type::categorical, Lane::u8},
      {{"00"}, Type::categorical, Lane::u8},
      {{"+1"}, Type::categorical, Lane::u8},
      {{" 1"}, Type::categorical, Lane::u8},
      {{"1 "}, Type::categorical, Lane::u8},
      {{"-"}, Type::categorical, Lane::u8},
      {{"1", "\"\""}, Type::categorical, Lane::u8},
      // doubles
      {{"0.5", "2"}, Type::float64, Lane::f32},
      {{"0.1"}, Type::float64, Lane::f64},
      {{"-0", "1"}, Type::float64, Lane::f32},
      {{"1e3"}, Type::float64, Lane::f32},
      {{"1E+3", "2.5e-1"}, Type::float64, Lane::f32},
      {{".5", "5."}, Type::float64, Lane::f32},
      {{"16777217", "0.5"}, Type::float64, Lane::f64},
      {{"16777216", "0.5"}, Type::float64, Lane::f32},
      {{"1e39"}, Type::float64, Lane::f64},
      {{"340282346638528859811704183484516925440.0"}, Type::float64, Lane::f32},
      {{"1e-50"}, Type::float64, Lane::f64},
      {{"9007199254740993"}, Type::int64, Lane::i64},
      {{"9007199254740992", "0.5"}, Type::float64, Lane::f32},
      {{"9007199254740993", "0.5"}, Type::categorical, Lane::u8},
      {{"0.5", "9007199254740993"}, Type::categorical, Lane::u8},
      {{"9223372036854775807", "0.5"}, Type::categorical, Lane::u8},
      {{"nan", "1"}, Type::float64, Lane::f32},
      {{"1.5", "NaN", "inf", "-Inf", "infinity", ""}, Type::float64, Lane::f32, true},
      {{"9007199254740993", "nan"}, Type::categorical, Lane::u8},
      {{"nan", "9007199254740993"}, Type::categorical, Lane::u8},
      {{"nan", "inf"}, Type::categorical, Lane::u8},
      {{"1", "abc"}, Type::categorical, Lane::u8},
      {{"1e999"}, Type::categorical, Lane::u8},
      {{"1.5", "01.5"}, Type::categorical, Lane::u8},
      {{"1e"}, Type::categorical, Lane::u8},
      {{"."}, Type::categorical, Lane::u8},
      {{"0x10"}, Type::categorical, Lane::u8},
      // booleans
      {{"true", "FALSE", "True"}, Type::boolean, Lane::u8},
      {{"true", ""}, Type::boolean, Lane::u8, true},
      {{"true", "1"}, Type::categorical, Lane::u8},
      {{"1", "true"}, Type::categorical, Lane::u8},
      {{"t", "f"}, Type::categorical, Lane::u8},
      // times
      {{"2024-02-29", "1999-12-31"}, Type::date, Lane::i64},
      {{"2024-02-29", "1999-12-31 10:00"}, Type::timestamp, Lane::i64},
      {{"2024-02-29T00:00:00Z", "1999-12-31"}, Type::timestamp, Lane::i64},
      {{"2023-02-29"}, Type::categorical, Lane::u8},
      {{"2024-02-28", "2024-02-30"}, Type::categorical, Lane::u8},
      {{"2024-02-28", "true"}, Type::categorical, Lane::u8},
      {{"2024"}, Type::int64, Lane::u16},
      // text
      {{"", ""}, Type::text, Lane::text, true},
      {{}, Type::text, Lane::text, true},
      {{"\"\""}, Type::categorical, Lane::u8},
      {{std::string(256, 'x')}, Type::categorical, Lane::u8},
      {{std::string(257, 'x')}, Type::text, Lane::text},
  };
  const TempFolder folder;
  for (const Case& c : cases) {
    SCOPED_TRACE(::testing::PrintToString(c.fields));
    const Ingested result = ingest(folder.write("x.csv", column_text(c.fields)));
    EXPECT_EQ(name_of(result.column(1).type), name_of(c.type));
    EXPECT_EQ(name_of(result.column(1).lane), name_of(c.lane));
    EXPECT_EQ(result.column(1).nullable, c.nullable);
    EXPECT_EQ(result.counts.kept, c.fields.size());
    EXPECT_EQ(result.counts.records, c.fields.size());
    EXPECT_EQ(result.inferred.records, c.fields.size());
  }
}

TEST(CsvInference, DeliversTheValuesThatWereWritten) {
  const TempFolder folder;
  const auto values = [&](const std::vector<std::string>& fields,
                          const IngestOptions& options = {}) {
    std::vector<Value> column;
    for (const auto& row : ingest(folder.write("x.csv", column_text(fields)), options).rows)
      column.push_back(row[1]);
    return column;
  };
  const Value null;
  EXPECT_EQ(values({"-1", "", "70000"}),
            (std::vector<Value>{std::int64_t{-1}, null, std::int64_t{70000}}));
  EXPECT_EQ(values({"0.1", "1e3", "9007199254740992"}),
            (std::vector<Value>{0.1, 1000.0, 9007199254740992.0}));
  EXPECT_EQ(values({"TRUE", "false", ""}), (std::vector<Value>{true, false, null}));
  EXPECT_EQ(values({"1970-01-02", ""}), (std::vector<Value>{std::int64_t{86'400'000'000}, null}));
  EXPECT_EQ(values({"1970-01-02", "1970-01-01T00:00:00.000001"}),
            (std::vector<Value>{std::int64_t{86'400'000'000}, std::int64_t{1}}));
  using std::string;
  EXPECT_EQ(values({"b", "", "\"\"", "a"}),
            (std::vector<Value>{string("b"), null, string(), string("a")}));
  EXPECT_EQ(values({"9223372036854775808", "1"}),
            (std::vector<Value>{string("9223372036854775808"), string("1")}));
  const string longest(300, 'y');
  EXPECT_EQ(values({longest, "", "\"\"", "z"}),
            (std::vector<Value>{longest, null, string(), string("z")}));
  EXPECT_EQ(values({"NA", "5", "\"NA\""}, {.null_texts = {"NA", "-"}}),
            (std::vector<Value>{null, std::int64_t{5}, null}));
  const std::vector<Value> minus_zero = values({"-0", "nan", "1"});
  EXPECT_TRUE(std::signbit(std::get<double>(minus_zero[0])));
  EXPECT_TRUE(std::isnan(std::get<double>(minus_zero[1])));
}

TEST(CsvInference, MakesCategoriesOfFewTextsOnly) {
  const TempFolder folder;
  const auto type_of = [&](std::size_t distinct, std::size_t rows,
                           std::size_t max_categories = 65536) {
    std::vector<std::string> fields;
    for (std::size_t i = 0; i < rows; ++i) fields.push_back("t" + std::to_string(i % distinct));
    const Ingested result =
        ingest(folder.write("x.csv", column_text(fields)), {.max_categories = max_categories});
    return std::pair(result.column(1).type, result.column(1).lane);
  };
  EXPECT_EQ(type_of(16, 16), std::pair(Type::categorical, Lane::u8));
  EXPECT_EQ(type_of(17, 17), std::pair(Type::text, Lane::text));
  EXPECT_EQ(type_of(17, 33), std::pair(Type::text, Lane::text));
  EXPECT_EQ(type_of(17, 34), std::pair(Type::categorical, Lane::u8));
  EXPECT_EQ(type_of(256, 512), std::pair(Type::categorical, Lane::u8));
  EXPECT_EQ(type_of(257, 600), std::pair(Type::categorical, Lane::u16));
  EXPECT_EQ(type_of(65536, 140'000), std::pair(Type::categorical, Lane::u16));
  EXPECT_EQ(type_of(65537, 140'000), std::pair(Type::text, Lane::text));
  EXPECT_EQ(type_of(65537, 140'000, 100'000), std::pair(Type::categorical, Lane::u32));
  EXPECT_EQ(type_of(5, 100, 4), std::pair(Type::text, Lane::text));
  EXPECT_EQ(type_of(4, 100, 4), std::pair(Type::categorical, Lane::u8));
}

// Texts before the column was known to be text count as well: the same column in any order has the
// same categories.
TEST(CsvInference, CategoriesDoNotDependOnTheOrderOfRows) {
  const TempFolder folder;
  std::vector<std::string> fields;
  for (int i = 0; i < 40; ++i) fields.push_back(std::to_string(i % 10));
  fields.push_back("abc");
  const auto categories = [&] {
    const Ingested result = ingest(folder.write("x.csv", column_text(fields)));
    EXPECT_EQ(result.counts.kept, 41u);
    return *result.column(1).categories;
  };
  const Categories late = categories();
  std::rotate(fields.begin(), fields.end() - 1, fields.end());
  const Categories early = categories();
  EXPECT_EQ(late, early);
  EXPECT_THAT(late, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "abc"));
}

TEST(CsvInference, ObeysGivenTypes) {
  const TempFolder folder;
  const auto path = folder.write(
      "x.csv",
      "id,when,code\n1,2024-01-01,a\nx,2024-01-02,b\n3,soon,c\n,2024-01-03,d\n400,2024-01-04,\n");
  IngestOptions options;
  options.given = {{"id", Type::int64, Lane::i64, true, nullptr},
                   {"when", Type::timestamp, Lane::i64, true, nullptr},
                   {"code", Type::text, Lane::text, true, nullptr}};
  const Ingested result = ingest(path, options);
  EXPECT_EQ(result.column(0).lane, Lane::u16);
  EXPECT_EQ(result.column(1).type, Type::timestamp);
  EXPECT_EQ(result.column(2).type, Type::text);
  EXPECT_EQ(result.counts.records, 5u);
  EXPECT_EQ(result.counts.kept, 3u);
  ASSERT_EQ(result.quarantined.size(), 2u);
  EXPECT_EQ(result.quarantined[0].reason, "column id: 'x' is not an int64");
  EXPECT_EQ(result.quarantined[0].line, 3u);
  EXPECT_EQ(result.quarantined[0].raw, "x,2024-01-02,b");
  EXPECT_EQ(result.quarantined[1].reason, "column when: 'soon' is not a timestamp");
}

TEST(CsvInference, QuarantinedRowsWidenNothing) {
  const TempFolder folder;
  const auto path = folder.write("x.csv", "id,v,w\n1,2,a\nx,1000,zzz\n3,4,b\n5,text,c,d\n");
  const Ingested result = ingest(path, {.given = {{"id", Type::int64, Lane::i64, true, nullptr}}});
  EXPECT_EQ(result.column(1).type, Type::int64);
  EXPECT_EQ(result.column(1).lane, Lane::u8);
  EXPECT_THAT(*result.column(2).categories, ElementsAre("a", "b"));
  EXPECT_EQ(result.counts.kept, 2u);
  EXPECT_EQ(result.counts.quarantined, 2u);
}

TEST(CsvInference, GivenCategoriesComeFromTheFile) {
  const TempFolder folder;
  std::vector<std::string> fields;
  for (int i = 0; i < 100; ++i) fields.push_back(std::to_string(i) + std::string(300, 'x'));
  const Ingested result =
      ingest(folder.write("x.csv", column_text(fields)),
             {.given = {{"v", Type::categorical, Lane::u8, true, nullptr}}, .max_categories = 5});
  EXPECT_EQ(result.column(1).type, Type::categorical);
  EXPECT_EQ(result.column(1).categories->size(), 100u);
  EXPECT_EQ(result.counts.kept, 100u);
}

TEST(CsvInference, AGivenColumnWithoutNullQuarantinesNulls) {
  const TempFolder folder;
  const Ingested result = ingest(folder.write("x.csv", "a,b\n1,2\n,3\n"),
                                 {.given = {{"a", Type::int64, Lane::i64, false, nullptr}}});
  EXPECT_FALSE(result.column(0).nullable);
  ASSERT_EQ(result.quarantined.size(), 1u);
  EXPECT_EQ(result.quarantined[0].reason, "column a: NULL, but the schema allows none");
  EXPECT_EQ(result.column(1).lane, Lane::u8);
}

TEST(CsvInference, RefusesGivenColumnsThatAreNotThere) {
  const TempFolder folder;
  const auto path = folder.write("x.csv", "a,b\n1,2\n");
  const ColumnSchema c{"c", Type::int64, Lane::i64, true, nullptr};
  const ColumnSchema a{"a", Type::int64, Lane::i64, true, nullptr};
  EXPECT_THROW(infer_csv(path, {.given = {c}}), InputError);
  EXPECT_THROW(infer_csv(path, {.given = {a, a}}), InputError);
}

}  // namespace
}  // namespace trawl::store::testing
