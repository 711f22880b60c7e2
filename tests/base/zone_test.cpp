#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/base/zone.hpp>

namespace trawl {
namespace {

using Random = std::mt19937_64;

// What the zone of the values is, by its definition.
Zone slow_zone(const std::vector<Value>& values) {
  Zone zone;
  zone.rows = values.size();
  Value min, max;
  for (Value value : values) {
    if (is_null(value)) {
      ++zone.nulls;
      continue;
    }
    if (double* x = std::get_if<double>(&value)) {
      if (std::isnan(*x)) {
        ++zone.nans;
        continue;
      }
      if (*x == 0) *x = 0.0;
    }
    if (is_null(min) || value < min) min = value;
    if (is_null(max) || max < value) max = value;
  }
  zone.min = min;
  zone.max = max;
  if (auto* text = std::get_if<std::string>(&zone.min)) {
    zone.min_cut = text->size() > 32;
    *text = text->substr(0, 32);
  }
  if (auto* text = std::get_if<std::string>(&zone.max)) {
    zone.max_cut = text->size() > 32;
    *text = text->substr(0, 32);
  }
  return zone;
}

// Every distinction counts, also that of 0.0 and -0.0, which are equal as values.
std::string show(const Zone& zone) {
  const auto bound = [](const Value& value) {
    return to_text(value, Type::text) + "/" + std::to_string(value.index());
  };
  return "rows " + std::to_string(zone.rows) + " nulls " + std::to_string(zone.nulls) + " nans " +
         std::to_string(zone.nans) + " min " + bound(zone.min) + (zone.min_cut ? "..." : "") +
         " max " + bound(zone.max) + (zone.max_cut ? "..." : "");
}

struct Kind {
  Type type;
  Lane lane;
};

const std::vector<Kind> kinds = {
    {Type::int64, Lane::u8},       {Type::int64, Lane::i8},        {Type::int64, Lane::u16},
    {Type::int64, Lane::i16},      {Type::int64, Lane::u32},       {Type::int64, Lane::i32},
    {Type::int64, Lane::i64},      {Type::float64, Lane::f32},     {Type::float64, Lane::f64},
    {Type::boolean, Lane::u8},     {Type::date, Lane::i64},        {Type::timestamp, Lane::i64},
    {Type::categorical, Lane::u8}, {Type::categorical, Lane::i32}, {Type::text, Lane::text},
};

// Texts that differ early, late, beyond the cut, or only in length around it; signed bytes would
// misorder some.
std::string random_text(Random& random) {
  static const std::vector<std::size_t> sizes = {0, 1, 31, 32, 33, 34, 40};
  std::string text(sizes[random() % sizes.size()], 'a');
  for (int changes = static_cast<int>(random() % 3); changes > 0 && !text.empty(); --changes) {
    text[random() % text.size()] =
        "\x01"
        "b\xC3\xFF"[random() % 4];
  }
  return text;
}

ColumnSchema random_schema(const Kind& kind, Random& random) {
  ColumnSchema schema;
  schema.name = "c";
  schema.type = kind.type;
  schema.lane = kind.lane;
  if (kind.type == Type::categorical) {
    Categories categories;
    for (int i = 0; i < 20; ++i) categories.push_back(random_text(random));
    std::sort(categories.begin(), categories.end());
    categories.erase(std::unique(categories.begin(), categories.end()), categories.end());
    schema.categories = std::make_shared<const Categories>(std::move(categories));
  }
  return schema;
}

double random_double(Random& random) {
  static const std::vector<double> special = {0.0, -0.0, std::nan(""), INFINITY, -INFINITY, 1e30};
  if (random() % 4 == 0) return static_cast<float>(special[random() % special.size()]);
  return static_cast<double>(static_cast<std::int64_t>(random() % 2001) - 1000) / 8;
}

std::int64_t random_integer(Lane lane, Random& random) {
  return with_lane(
      lane, [&]<class T>(T*) { return static_cast<std::int64_t>(static_cast<T>(random())); });
}

Value random_value(const ColumnSchema& schema, Random& random) {
  switch (schema.type) {
    case Type::float64:
      return random_double(random);
    case Type::boolean:
      return random() % 2 == 0;
    case Type::categorical:
      return (*schema.categories)[random() % schema.categories->size()];
    case Type::text:
      return random_text(random);
    default:
      break;
  }
  if (schema.lane == Lane::f32) return 0.0;
  return random() % 3 == 0 ? static_cast<std::int64_t>(random() % 50)
                           : random_integer(schema.lane, random);
}

// How many values are NULL: none, few (words with a few holes), most, all.
std::vector<Value> random_values(const ColumnSchema& schema, std::size_t rows, Random& random) {
  static const std::vector<std::uint64_t> rates = {0, 2, 30, 90, 100};
  const std::uint64_t rate = rates[random() % rates.size()];
  std::vector<Value> values;
  for (std::size_t i = 0; i < rows; ++i) {
    values.push_back(random() % 100 < rate ? Value() : random_value(schema, random));
  }
  return values;
}

struct Append {
  ColumnBuilder& builder;
  void operator()(std::monostate) const { builder.append_null(); }
  void operator()(bool x) const { builder.append(std::int64_t{x}); }
  void operator()(const std::string& x) const { builder.append(std::string_view(x)); }
  void operator()(std::int64_t x) const { builder.append(x); }
  void operator()(double x) const { builder.append(x); }
};

Zone fast_zone(const ColumnSchema& schema, const std::vector<Value>& values) {
  ColumnBuilder builder(schema);
  for (const Value& value : values) std::visit(Append{builder}, value);
  return zone_of(builder.view());
}

TEST(Zone, IsItsDefinitionForEveryLane) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    for (const Kind& kind : kinds) {
      Random random(seed);
      const ColumnSchema schema = random_schema(kind, random);
      const auto values = random_values(schema, random() % 400, random);
      ASSERT_EQ(show(fast_zone(schema, values)), show(slow_zone(values)))
          << "seed " << seed << " " << name_of(kind.type) << " " << name_of(kind.lane);
    }
  }
}

// Cuts the values anywhere, into any number of parts (also empty ones), and merges the parts in any
// order.
TEST(Zone, MergeOfAnyPartsIsTheZoneOfTheWhole) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    for (const Kind& kind : kinds) {
      Random random(1000 + seed);
      const ColumnSchema schema = random_schema(kind, random);
      std::vector<Value> values;
      std::vector<Zone> parts;
      for (auto count = random() % 6; count > 0; --count) {
        const auto part = random_values(schema, random() % 5 == 0 ? 0 : random() % 20, random);
        values.insert(values.end(), part.begin(), part.end());
        parts.push_back(fast_zone(schema, part));
      }
      std::shuffle(parts.begin(), parts.end(), random);
      while (parts.size() > 1) {  // a random tree
        const std::size_t left = random() % (parts.size() - 1);
        parts[left].merge(parts[left + 1]);
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(left) + 1);
      }
      const Zone merged = parts.empty() ? Zone() : parts.front();
      ASSERT_EQ(show(merged), show(slow_zone(values)))
          << "seed " << seed << " " << name_of(kind.type) << " " << name_of(kind.lane);
    }
  }
}

TEST(Zone, EmptyIsTheIdentity) {
  Random random(3);
  for (const Kind& kind : kinds) {
    const ColumnSchema schema = random_schema(kind, random);
    const Zone zone = fast_zone(schema, random_values(schema, 50, random));
    Zone left;
    left.merge(zone);
    Zone right = zone;
    right.merge(Zone());
    EXPECT_EQ(show(left), show(zone));
    EXPECT_EQ(show(right), show(zone));
    EXPECT_EQ(left, right);
  }
}

Zone text_zone(std::initializer_list<std::string> texts) {
  return fast_zone({"c", Type::text, Lane::text, true, nullptr},
                   std::vector<Value>(texts.begin(), texts.end()));
}

TEST(Zone, OfEqualPrefixesTheLongerTextIsTheMaximum) {
  const std::string prefix(32, 'a');
  for (const auto& order : {std::pair{prefix, prefix + "z"}, std::pair{prefix + "z", prefix}}) {
    Zone zone = text_zone({order.first});
    zone.merge(text_zone({order.second}));
    EXPECT_EQ(zone.min, Value(prefix));
    EXPECT_FALSE(zone.min_cut);
    EXPECT_EQ(zone.max, Value(prefix));
    EXPECT_TRUE(zone.max_cut);
    EXPECT_EQ(zone, text_zone({order.first, order.second}));
  }
}

TEST(Zone, TextsAreOrderedByUnsignedBytes) {
  const Zone zone = text_zone({"z", "\xC3\xA9", "a"});
  EXPECT_EQ(zone.min, Value(std::string("a")));
  EXPECT_EQ(zone.max, Value(std::string("\xC3\xA9")));
}

TEST(Zone, OnlyNaNsBoundNothing) {
  const ColumnSchema schema = {"c", Type::float64, Lane::f64, true, nullptr};
  const Zone zone = fast_zone(schema, {Value(std::nan("")), Value(), Value(std::nan(""))});
  EXPECT_FALSE(zone.bounded());
  EXPECT_EQ(zone.rows, 3u);
  EXPECT_EQ(zone.nulls, 1u);
  EXPECT_EQ(zone.nans, 2u);
}

TEST(Zone, MinusZeroDoesNotShow) {
  const ColumnSchema schema = {"c", Type::float64, Lane::f64, true, nullptr};
  const Zone zone = fast_zone(schema, {Value(-0.0)});
  EXPECT_FALSE(std::signbit(std::get<double>(zone.min)));
  EXPECT_FALSE(std::signbit(std::get<double>(zone.max)));
}

TEST(Zone, ValuesAndCodesAtNullRowsDoNotCount) {
  const std::vector<std::int32_t> codes = {1, 99, 1, -7};
  const std::uint64_t valid = 0b0101;
  const Categories categories = {"a", "b"};
  ColumnView view;
  view.type = Type::categorical;
  view.lane = Lane::i32;
  view.rows = 4;
  view.values = codes.data();
  view.valid = &valid;
  view.categories = &categories;
  const Zone zone = zone_of(view);
  EXPECT_EQ(zone.nulls, 2u);
  EXPECT_EQ(zone.min, Value(std::string("b")));
  EXPECT_EQ(zone.max, Value(std::string("b")));
  view.valid = nullptr;
  EXPECT_THROW(zone_of(view), DataError);
}

TEST(Zone, ValidityBitsBeyondTheLastRowDoNotCount) {
  const std::vector<std::int64_t> lanes = {5, 6};
  const std::uint64_t valid = ~std::uint64_t{0} - 1;
  ColumnView view;
  view.rows = 2;
  view.values = lanes.data();
  view.valid = &valid;
  const Zone zone = zone_of(view);
  EXPECT_EQ(zone.nulls, 1u);
  EXPECT_EQ(zone.min, Value(std::int64_t{6}));
}

}  // namespace
}  // namespace trawl
