#include <algorithm>
#include <thread>
#include <utility>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>

#include "store/native_dataset.hpp"
#include "store/table_support.hpp"

namespace trawl::store {
namespace {

constexpr std::uint64_t group_rows = 100;

std::string show(const Zone& zone) {
  const auto bound = [](const Value& value) {
    return to_text(value, Type::text) + "/" + std::to_string(value.index());
  };
  return "rows " + std::to_string(zone.rows) + " nulls " + std::to_string(zone.nulls) + " nans " +
         std::to_string(zone.nans) + " min " + bound(zone.min) + (zone.min_cut ? "..." : "") +
         " max " + bound(zone.max) + (zone.max_cut ? "..." : "");
}

void expect_zones(const Dataset& dataset, const Table& table) {
  for (std::uint64_t group = 0; group < table.groups(); ++group) {
    const std::vector<ColumnBuilder> builders = build_group(table, group);
    for (std::size_t c = 0; c < builders.size(); ++c) {
      const auto zone = dataset.zone(group, c);
      ASSERT_TRUE(zone);
      EXPECT_EQ(show(*zone), show(zone_of(builders[c].view()))) << table.columns[c].schema.name;
    }
  }
}

void expect_schema(const Dataset& dataset, const Table& table) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const ColumnSchema& written = table.columns[c].schema;
    const ColumnSchema& read = dataset.info().schema[c];
    EXPECT_EQ(read.name, written.name);
    EXPECT_EQ(read.type, written.type);
    EXPECT_EQ(read.lane, written.lane);
    const auto& values = table.columns[c].values;
    EXPECT_EQ(read.nullable, std::any_of(values.begin(), values.end(), is_null)) << read.name;
    ASSERT_EQ(read.categories == nullptr, written.categories == nullptr);
    if (read.categories) {
      EXPECT_EQ(*read.categories, *written.categories);
    }
  }
}

struct Case {
  Codec codec;
  std::uint64_t rows;
};

class RoundTrip : public testing::TestWithParam<Case> {};

TEST_P(RoundTrip, EveryTypeAndPatternOfNulls) {
  const auto [codec, rows] = GetParam();
  const std::uint64_t seed = 1000 * static_cast<std::uint64_t>(codec) + rows;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const TempFolder folder;
  const fs::path path = folder / "data.h5";
  const Table table = random_table(rows, group_rows, random);
  const WrittenDataset written = write_table(path, table, codec);
  EXPECT_EQ(written.rows, rows);
  EXPECT_EQ(written.bytes, fs::file_size(path));
  EXPECT_FALSE(fs::exists(temporary_name(path)));

  const auto dataset = open_dataset(ref_to(path));
  const DatasetInfo& info = dataset->info();
  EXPECT_EQ(info.kind, "trawl");
  EXPECT_EQ(info.codec, name_of(codec));
  EXPECT_EQ(info.row_group_rows, group_rows);
  EXPECT_EQ(info.digest, written.digest);
  EXPECT_EQ(info.index_digest.size(), 32u);
  EXPECT_EQ(dataset->recompute_digest(), written.digest);
  expect_schema(*dataset, table);
  expect_same_values(*dataset, table);
  expect_zones(*dataset, table);
  const std::uint64_t small = std::exchange(NativeDataset::small_bytes, 0);  // mapped
  expect_same_values(*open_dataset(ref_to(path)), table);
  NativeDataset::small_bytes = small;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Codec codec : {Codec::none, Codec::gzip, Codec::lz4, Codec::zstd, Codec::packed}) {
    for (const std::uint64_t rows : {0, 1, 63, 99, 100, 101, 300, 357})
      cases.push_back({codec, rows});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, RoundTrip, testing::ValuesIn(all_cases()), [](const auto& test) {
  return std::string(name_of(test.param.codec)) + "_" + std::to_string(test.param.rows);
});

// Texts much longer than a chunk of bytes, none at all, and chunk borders inside and between rows.
TEST(LongTexts, CrossChunks) {
  for (const Codec codec : {Codec::none, Codec::gzip, Codec::lz4, Codec::zstd, Codec::packed}) {
    for (const std::size_t longest : {0u, 20'000u, 700'000u}) {
      Random random(longest);
      const TempFolder folder;
      Table table{{{{"text", Type::text, Lane::text, true, nullptr}, {}}}, 90, 20};
      for (std::uint64_t row = 0; row < table.rows; ++row) {
        const std::size_t size = random() % 3 == 0 ? 0 : random() % (longest + 1);
        std::string text(size, 'a');
        for (std::size_t i = 0; i < size; i += 7) text[i] = static_cast<char>(random());
        table.columns[0].values.push_back(row % 11 == 5 ? Value() : Value(text));
      }
      write_table(folder / "text.h5", table, codec);
      const auto dataset = open_dataset(ref_to(folder / "text.h5"));
      expect_same_values(*dataset, table);
      EXPECT_EQ(dataset->recompute_digest(), dataset->info().digest);
    }
  }
}

// Equal data make equal files: no clock, no memory addresses, no left-overs at NULL rows.
TEST(Files, AreReproducible) {
  Random random(5);
  const TempFolder folder;
  const Table table = random_table(250, group_rows, random);
  write_table(folder / "a.h5", table, Codec::zstd);
  write_table(folder / "b.h5", table, Codec::zstd);
  EXPECT_EQ(read_file(folder / "a.h5"), read_file(folder / "b.h5"));
}

TEST(Files, AreReadByManyThreadsAtOnce) {
  Random random(6);
  const TempFolder folder;
  const Table table = random_table(450, group_rows, random);
  write_table(folder / "a.h5", table, Codec::zstd);
  const auto dataset = open_dataset(ref_to(folder / "a.h5"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back([&] { expect_same_values(*dataset, table); });
  for (std::thread& thread : threads) thread.join();
}

TEST(Files, KeepDistinctCounts) {
  Random random(7);
  const TempFolder folder;
  Table table = random_table(10, group_rows, random);
  table.columns.resize(2);
  DatasetWriter writer(folder / "a.h5", table.schema(), {Codec::none, group_rows, false});
  writer.append(views_of(build_group(table, 0)));
  const std::vector<std::optional<std::uint64_t>> distinct = {std::nullopt, 7};
  writer.finish(distinct);
  EXPECT_EQ(open_dataset(ref_to(folder / "a.h5"))->info().distinct, distinct);
}

// The first chunk of a dataset lies behind its index node, all others at the end of the file: both
// must be found.
TEST(Files, LeadPastHdf5ForManyChunks) {
  Random random(8);
  const TempFolder folder;
  Table table{{{{"n", Type::int64, Lane::i32, false, nullptr}, {}},
               {{"t", Type::text, Lane::text, false, nullptr}, {}}},
              20'000,
              8};
  for (std::uint64_t row = 0; row < table.rows; ++row) {
    table.columns[0].values.emplace_back(static_cast<std::int64_t>(random() % 1000));
    table.columns[1].values.emplace_back(random_text(random, 200));
  }
  write_table(folder / "a.h5", table, Codec::lz4);
  expect_same_values(*open_dataset(ref_to(folder / "a.h5")), table);
}

TEST(Categories, WithoutAnyAreAllNull) {
  const TempFolder folder;
  const auto none = std::make_shared<const Categories>();
  const Table table{{{{"c", Type::categorical, Lane::u8, true, none}, {Value(), Value()}}}, 2, 4};
  write_table(folder / "a.h5", table, Codec::zstd);
  expect_same_values(*open_dataset(ref_to(folder / "a.h5")), table);
}

TEST(Names, OfColumnsMayBeAnyUtf8Text) {
  const TempFolder folder;
  Table table{{}, 1, 4};
  for (const char* name : {"a/b", ".", "..", "100%", "%2F", "caf\xC3\xA9", " ", "a.b"}) {
    table.columns.push_back(
        {{name, Type::int64, Lane::u8, true, nullptr}, {Value(std::int64_t{3})}});
  }
  write_table(folder / "a.h5", table, Codec::none);
  const auto dataset = open_dataset(ref_to(folder / "a.h5"));
  expect_schema(*dataset, table);
  expect_same_values(*dataset, table);
}

}  // namespace
}  // namespace trawl::store
