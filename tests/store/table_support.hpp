// Random tables for the tests of dataset files, kept twice: as columns and as plain values.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <trawl/base/column.hpp>
#include <trawl/base/file.hpp>
#include <trawl/base/zone.hpp>
#include <trawl/store/dataset.hpp>
#include <trawl/store/writer.hpp>

#include "base/temp_folder.hpp"

namespace trawl::store {

using Random = std::mt19937_64;
using test::TempFolder;

enum class Nulls { none, some, all, first_group, last_row };
inline constexpr Nulls all_nulls[] = {Nulls::none, Nulls::some, Nulls::all, Nulls::first_group,
                                      Nulls::last_row};

struct TableColumn {
  ColumnSchema schema;
  std::vector<Value> values;
};

struct Table {
  std::vector<TableColumn> columns;
  std::uint64_t rows = 0;
  std::uint64_t group_rows = 0;

  Schema schema() const {
    std::vector<ColumnSchema> all;
    for (const TableColumn& column : columns) all.push_back(column.schema);
    return Schema(std::move(all));
  }
  std::uint64_t groups() const { return (rows + group_rows - 1) / group_rows; }
};

struct TypeAndLane {
  Type type;
  Lane lane;
};
inline const std::vector<TypeAndLane> every_type = {
    {Type::int64, Lane::u8},       {Type::int64, Lane::i8},        {Type::int64, Lane::u16},
    {Type::int64, Lane::i16},      {Type::int64, Lane::u32},       {Type::int64, Lane::i32},
    {Type::int64, Lane::i64},      {Type::float64, Lane::f32},     {Type::float64, Lane::f64},
    {Type::boolean, Lane::u8},     {Type::date, Lane::i64},        {Type::timestamp, Lane::i64},
    {Type::categorical, Lane::u8}, {Type::categorical, Lane::u16}, {Type::categorical, Lane::u32},
    {Type::text, Lane::text},
};

inline std::string random_text(Random& random, std::size_t longest = 70) {
  std::string text(random() % (longest + 1), '\0');
  for (char& c : text)
    c = static_cast<char>(random() % 4 == 0 ? random() % 256 : 'a' + random() % 26);
  return text;
}

// A value that fits the lane, extremes and special values included.
inline Value random_value(const ColumnSchema& schema, Random& random) {
  const std::uint64_t bits = random() >> (random() % 64);
  switch (schema.type) {
    case Type::boolean:
      return random() % 2 == 0;
    case Type::date:
      return static_cast<std::int64_t>(random() % 40000) * 86'400'000'000;
    case Type::categorical:
      return (*schema.categories)[random() % schema.categories->size()];
    case Type::text:
      return random_text(random);
    case Type::float64: {
      static const std::vector<double> special = {0.0, -0.0, 1.5, NAN, INFINITY, -INFINITY, 1e-40};
      const double value = random() % 3 == 0 ? special[random() % special.size()]
                                             : std::normal_distribution<double>(0, 1e5)(random);
      return schema.lane == Lane::f32 ? static_cast<double>(static_cast<float>(value)) : value;
    }
    default:
      break;
  }
  return with_lane(schema.lane, [&]<class T>(T*) -> Value {
    return static_cast<std::int64_t>(static_cast<T>(bits));
  });
}

inline bool is_null_row(Nulls nulls, std::uint64_t row, const Table& table, Random& random) {
  switch (nulls) {
    case Nulls::none:
      return false;
    case Nulls::some:
      return random() % 4 == 0;
    case Nulls::all:
      return true;
    case Nulls::first_group:
      return row < table.group_rows && random() % 2 == 0;
    case Nulls::last_row:
      break;
  }
  return row + 1 == table.rows;
}

inline std::shared_ptr<const Categories> random_categories(Random& random) {
  std::vector<std::string> texts = {"", "a/b", "caf\xC3\xA9", "\xFF\x01"};
  for (int i = 0; i < 20; ++i) texts.push_back(random_text(random, 40) + "x");
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return std::make_shared<const Categories>(std::move(texts));
}

// Every type with every pattern of NULLs.
inline Table random_table(std::uint64_t rows, std::uint64_t group_rows, Random& random) {
  Table table{{}, rows, group_rows};
  for (const TypeAndLane& kind : every_type) {
    for (const Nulls nulls : all_nulls) {
      TableColumn column;
      column.schema.name = std::string(name_of(kind.type)) + " " + std::string(name_of(kind.lane)) +
                           "/" + std::to_string(static_cast<int>(nulls));
      column.schema.type = kind.type;
      column.schema.lane = kind.lane;
      if (kind.type == Type::categorical) column.schema.categories = random_categories(random);
      for (std::uint64_t row = 0; row < rows; ++row) {
        column.values.push_back(
            is_null_row(nulls, row, table, random) ? Value() : random_value(column.schema, random));
      }
      table.columns.push_back(std::move(column));
    }
  }
  return table;
}

inline void append_value(ColumnBuilder& builder, const Value& value) {
  if (is_null(value)) builder.append_null();
  if (const auto* x = std::get_if<std::int64_t>(&value)) builder.append(*x);
  if (const auto* x = std::get_if<bool>(&value)) builder.append(std::int64_t{*x});
  if (const auto* x = std::get_if<double>(&value)) builder.append(*x);
  if (const auto* x = std::get_if<std::string>(&value)) builder.append(std::string_view(*x));
}

inline std::vector<ColumnBuilder> build_group(const Table& table, std::uint64_t group) {
  std::vector<ColumnBuilder> builders;
  const std::uint64_t begin = group * table.group_rows;
  const std::uint64_t end = std::min(table.rows, begin + table.group_rows);
  for (const TableColumn& column : table.columns) {
    builders.emplace_back(column.schema);
    for (std::uint64_t row = begin; row < end; ++row)
      append_value(builders.back(), column.values[row]);
  }
  return builders;
}

inline std::vector<ColumnView> views_of(const std::vector<ColumnBuilder>& builders) {
  std::vector<ColumnView> views;
  for (const ColumnBuilder& builder : builders) views.push_back(builder.view());
  return views;
}

inline WrittenDataset write_table(const fs::path& path, const Table& table, Codec codec) {
  DatasetWriter writer(path, table.schema(), {codec, table.group_rows, true});
  for (std::uint64_t group = 0; group < table.groups(); ++group) {
    const std::vector<ColumnBuilder> builders = build_group(table, group);
    writer.append(views_of(builders));
  }
  return writer.finish();
}

inline DatasetRef ref_to(const fs::path& path, const std::string& table = "") {
  return {"data", path.string(), table, 0, 0};
}

// Equal bit by bit: NaN is NaN, and 0.0 is not -0.0.
inline bool same_value(const Value& a, const Value& b) {
  const auto* x = std::get_if<double>(&a);
  const auto* y = std::get_if<double>(&b);
  if (x == nullptr || y == nullptr) return a == b;
  return (std::isnan(*x) && std::isnan(*y)) ||
         std::bit_cast<std::uint64_t>(*x) == std::bit_cast<std::uint64_t>(*y);
}

// Every value of the dataset against the table, through reads of all row groups in any case of
// grouping.
inline void expect_same_values(const Dataset& dataset, const Table& table) {
  ASSERT_EQ(dataset.info().rows, table.rows);
  ASSERT_EQ(dataset.info().schema.size(), table.columns.size());
  ColumnBuffer buffer;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const TableColumn& column = table.columns[c];
    for (std::uint64_t group = 0; group < dataset.info().row_groups(); ++group) {
      dataset.read(group, c, buffer);
      ASSERT_EQ(buffer.view.rows, dataset.info().group_rows(group));
      for (std::uint64_t i = 0; i < buffer.view.rows; ++i) {
        const std::uint64_t row = dataset.info().group_begin(group) + i;
        const Value value = buffer.view.value(i);
        ASSERT_TRUE(same_value(value, column.values[row]))
            << "column " << column.schema.name << " row " << row << ": "
            << to_text(value, column.schema.type) << " instead of "
            << to_text(column.values[row], column.schema.type);
      }
    }
  }
}

}  // namespace trawl::store
