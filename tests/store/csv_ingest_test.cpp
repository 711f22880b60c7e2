#include <algorithm>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "store/csv_support.hpp"

namespace trawl::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string quote(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

// A good row over five columns: integer, double, category, text with line breaks and quotes, NULLs
// everywhere.
struct GoodRow {
  std::string raw;
  std::vector<Value> values;
};
GoodRow good_row(std::mt19937_64& random) {
  GoodRow row;
  const auto add = [&](const std::string& raw, Value value) {
    if (!row.values.empty()) row.raw += ',';
    const bool null = random() % 10 == 0;
    row.raw += null ? "" : raw;
    row.values.push_back(null ? Value{} : std::move(value));
  };
  const auto number = static_cast<std::int64_t>(random() % 2'000'000) - 1'000'000;
  add(std::to_string(number), number);
  const double real = static_cast<double>(random() % 1000) / 8;
  add(to_text(real), real);
  const std::string category(1, static_cast<char>('a' + random() % 5));
  add(category, category);
  std::string text = "t" + std::to_string(random());
  static constexpr std::array<std::string_view, 6> pieces = {"\n", "\r\n",     "\"",
                                                             ",",  "\xc3\xa9", " x "};
  for (std::uint64_t n = random() % 4; n > 0; --n)
    text += std::string(pieces[random() % pieces.size()]) + "w";
  add(quote(text), text);
  add(quote("k"), std::string("k"));
  return row;
}

// One line that no reading can save, whatever follows.
std::string bad_line(std::mt19937_64& random) {
  static const std::vector<std::string> lines = {"1,2.0,a,b",
                                                 "1,2.0,a,b,c,d",
                                                 "x",
                                                 ",,,,,",
                                                 "1,2.0,a,\"lost,k",
                                                 "\"lost",
                                                 "1,2.0,a\"b,c,d",
                                                 "1,2.0,\"a\"b,c,d",
                                                 "1,2.0,a,b,\xff",
                                                 std::string("1,2.0,a,\0,k", 11),
                                                 "1,2.0,a,b\rc,d"};
  return lines[random() % lines.size()];
}

TEST(CsvIngest, QuarantinesExactlyTheBadLines) {
  const TempFolder folder;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::string end = seed % 2 == 0 ? "\n" : "\r\n";
    std::string text = "number,real,category,text,key" + end;
    std::vector<std::vector<Value>> rows;
    std::vector<std::pair<std::uint64_t, std::string>> bad;  // offset, raw
    for (int i = 0; i < 500; ++i) {
      if (random() % 20 == 0) {
        bad.emplace_back(text.size(), bad_line(random));
        text += bad.back().second + end;
      } else {
        const GoodRow row = good_row(random);
        text += row.raw + end;
        rows.push_back(row.values);
      }
    }
    const std::string bytes = seed % 3 == 0 ? text : seed % 3 == 1 ? gzip(text) : zstd(text);
    const Ingested result = ingest(folder.write("x.csv", bytes), {}, 64);
    ASSERT_EQ(result.rows, rows);
    ASSERT_EQ(result.quarantined.size(), bad.size());
    for (std::size_t i = 0; i < bad.size(); ++i) {
      const QuarantinedRow& row = result.quarantined[i];
      EXPECT_EQ(row.offset, bad[i].first);
      EXPECT_EQ(row.raw, bad[i].second);
      EXPECT_NE(row.reason, "");
      const auto line =
          1 + std::count(text.begin(), text.begin() + static_cast<long>(row.offset), '\n');
      EXPECT_EQ(row.line, static_cast<std::uint64_t>(line));
    }
    EXPECT_EQ(result.counts.records, 500u);
    EXPECT_EQ(result.counts.kept, rows.size());
    EXPECT_EQ(result.counts.quarantined, bad.size());
    EXPECT_EQ(result.inferred.records, 500u);
    EXPECT_EQ(result.column(0).type, Type::int64);
    EXPECT_EQ(result.column(1).type, Type::float64);
    EXPECT_EQ(result.column(2).type, Type::categorical);
    EXPECT_EQ(result.column(3).type, Type::text);
  }
}

// Whatever the fields are: the second pass keeps every well-formed row, and each value reads as
// what stands there.
TEST(CsvIngest, ThePassesAgreeOnRandomColumns) {
  const std::vector<std::string> pool = {"0",          "1",
                                         "-1",         "255",
                                         "70000",      "9007199254740993",
                                         "1.5",        "0.1",
                                         "1e300",      "-0",
                                         "nan",        "inf",
                                         "true",       "FALSE",
                                         "2024-01-01", "2024-01-01 10:00",
                                         "abc",        "",
                                         "\"\"",       "\"1\"",
                                         "007",        "99999999999999999999",
                                         "NA"};
  const TempFolder folder;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<std::string> used;
    for (std::uint64_t n = 1 + random() % 4; n > 0; --n)
      used.push_back(pool[random() % pool.size()]);
    std::string text = "n,v\n";
    const std::uint64_t count = 1 + random() % 40;
    for (std::uint64_t i = 0; i < count; ++i)
      text += std::to_string(i) + "," + used[random() % used.size()] + "\n";
    IngestOptions options;
    if (random() % 2 == 0) options.null_texts = {"NA"};
    if (random() % 3 == 0) options.max_categories = 2;
    const auto path = folder.write("x.csv", text);
    const Ingested result = ingest(path, options, 7);
    ASSERT_EQ(result.counts.kept, count) << text;
    const std::vector<ReadRecord> records = read_all(path);
    bool null_seen = false;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string& field = records[i].fields[1];
      const bool null = (field.empty() && !records[i].quoted[1]) ||
                        (field == "NA" && !options.null_texts.empty());
      null_seen = null_seen || null;
      ASSERT_EQ(is_null(result.rows[i][1]), null) << text;
      if (!null && is_text(result.column(1).type)) {
        ASSERT_EQ(std::get<std::string>(result.rows[i][1]), field) << text;
      }
      if (!null && result.column(1).type == Type::int64) {
        ASSERT_EQ(std::to_string(std::get<std::int64_t>(result.rows[i][1])), field) << text;
      }
    }
    EXPECT_EQ(result.column(1).nullable, null_seen) << text;
  }
}

TEST(CsvIngest, CutsRowGroups) {
  const TempFolder folder;
  std::string text = "v\n";
  for (int i = 0; i < 10; ++i) text += std::to_string(i) + "\n";
  const auto path = folder.write("x.csv", text);
  EXPECT_THAT(ingest(path, {}, 4).group_rows, ElementsAre(4, 4, 2));
  EXPECT_THAT(ingest(path, {}, 5).group_rows, ElementsAre(5, 5));
  EXPECT_THAT(ingest(path, {}, 1000).group_rows, ElementsAre(10));
  EXPECT_THAT(ingest(folder.write("e.csv", "v\n"), {}, 4).group_rows, ElementsAre());
  EXPECT_THROW(ingest(path, {}, 0), InputError);
}

TEST(CsvIngest, ValidityEndsWithTheLastRow) {
  const TempFolder folder;
  const auto path = folder.write("x.csv", "a,b\n1,1\n,2\n3,x\n");
  const IngestOptions options{.given = {{"b", Type::int64, Lane::i64, true, nullptr}}};
  const InferredCsv inferred = infer_csv(path, options);
  read_csv(
      path, inferred.schema, options, 100,
      [](std::span<const ColumnView> columns) {
        ASSERT_NE(columns[0].valid, nullptr);
        EXPECT_EQ(columns[0].valid[0], 1u);
        EXPECT_EQ(columns[1].valid, nullptr);
      },
      [](const QuarantinedRow&) {});
}

TEST(CsvIngest, AFileThatChangedBetweenThePassesLosesNothing) {
  const TempFolder folder;
  auto path = folder.write("x.csv", "n,c\n1,a\n2,b\n");
  const Schema schema = infer_csv(path, {}).schema;
  path = folder.write("x.csv", "n,c\n300,a\n2,zebra\n,a\n1,b\n1.5,b\n");
  std::vector<std::string> reasons;
  const CsvCounts counts = read_csv(
      path, schema, {}, 10, [](std::span<const ColumnView>) {},
      [&](const QuarantinedRow& row) { reasons.push_back(row.reason); });
  EXPECT_EQ(counts.records, 5u);
  EXPECT_EQ(counts.kept, 1u);
  EXPECT_THAT(reasons, ElementsAre("column n: '300' does not fit lane u8 exactly",
                                   "column c: 'zebra' is not among the categories",
                                   "column n: NULL, but the schema allows none",
                                   "column n: '1.5' is not an int64"));
  path = folder.write("x.csv", "n,d\n1,a\n");
  EXPECT_THROW(
      read_csv(
          path, schema, {}, 10, [](std::span<const ColumnView>) {}, [](const QuarantinedRow&) {}),
      DataError);
}

TEST(CsvIngest, ShortensLongValuesInReasonsButNotInRawText) {
  const TempFolder folder;
  std::string value;
  for (int i = 0; i < 100; ++i) value += "\xc3\xa9";
  const Ingested result = ingest(folder.write("x.csv", "a,b\n" + value + ",1\n"),
                                 {.given = {{"a", Type::int64, Lane::i64, true, nullptr}}});
  ASSERT_EQ(result.quarantined.size(), 1u);
  EXPECT_EQ(result.quarantined[0].reason,
            "column a: '" + value.substr(0, 60) + "...' (200 bytes) is not an int64");
  EXPECT_EQ(result.quarantined[0].raw, value + ",1");
}

}  // namespace
}  // namespace trawl::store::testing
