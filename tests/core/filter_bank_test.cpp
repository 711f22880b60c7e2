#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/filter/filter_bank.hpp>

namespace trawl::core {
namespace {

ColumnView numbers(const std::vector<std::int64_t>& values) {
  ColumnView view;
  view.rows = values.size();
  view.values = values.data();
  return view;
}

// A bank and its chunks in memory.
struct Bank {
  std::vector<std::vector<std::byte>> chunks;
  FilterLayout layout;
  std::uint64_t groups = 0;

  Bank(const std::vector<ColumnView>& row_groups, std::uint64_t keys, double fpr)
      : groups(row_groups.size()) {
    FilterBankBuilder builder(
        keys, fpr, [this](Bytes chunk) { chunks.emplace_back(chunk.begin(), chunk.end()); });
    for (const ColumnView& rows : row_groups) builder.add(rows);
    layout = builder.finish();
    EXPECT_EQ(FilterLayout::from_json(layout.to_json(), chunks.size(), chunks[0].size(), groups)
                  .to_json(),
              layout.to_json());
  }

  std::vector<bool> probe(const Value& value) const {
    std::vector<std::uint64_t> bits((groups + 63) / 64);
    std::set<std::uint64_t> read;
    probe_filter_bank(
        layout, groups, hash_value(value),
        [&](std::uint64_t chunk) {
          read.insert(chunk);
          return Bytes(chunks.at(chunk));
        },
        bits);
    const auto announced = chunks_probed(layout, groups, hash_value(value));
    EXPECT_EQ(read, std::set<std::uint64_t>(announced.begin(), announced.end()));
    std::vector<bool> may_hold;
    for (std::uint64_t g = 0; g < groups; ++g)
      may_hold.push_back((bits[g / 64] >> g % 64 & 1) != 0);
    return may_hold;
  }
};

TEST(FilterBank, NeverForgetsAValueInAnyNumberOfRowGroups) {
  std::mt19937_64 random(1);
  for (const std::size_t groups : {1u, 2u, 255u, 256u, 257u, 600u}) {
    std::vector<std::vector<std::int64_t>> values(groups);
    std::vector<ColumnView> views;
    for (auto& group : values) {
      group.resize(1 + random() % 40);
      for (auto& value : group) value = static_cast<std::int64_t>(random());
      views.push_back(numbers(group));
    }
    const Bank bank(views, 64, 0.01);
    for (std::size_t g = 0; g < groups; ++g) {
      for (const std::int64_t value : values[g]) ASSERT_TRUE(bank.probe(value)[g]) << groups;
    }
  }
}

TEST(FilterBank, RejectsAsOftenAsItPromises) {
  std::mt19937_64 random(2);
  // The second column has few distinct values, so its filters shrink, but not below the rate.
  for (const std::uint64_t distinct : {~std::uint64_t{0}, std::uint64_t{150}}) {
    std::vector<std::vector<std::int64_t>> values(40);
    std::vector<ColumnView> views;
    for (auto& group : values) {
      group.resize(4096);
      for (auto& value : group)
        value = static_cast<std::int64_t>(random() % distinct) * 3;  // multiples of three
      views.push_back(numbers(group));
    }
    const Bank bank(views, 4096, FilterBankBuilder::default_fpr);
    EXPECT_EQ(bank.layout.blocks < 10, distinct == 150);
    int passed = 0;
    for (int i = 0; i < 2000; ++i) {
      const auto absent = static_cast<std::int64_t>(random() % 1'000'000'000) * 3 + 1;
      for (const bool may_hold : bank.probe(absent)) passed += may_hold ? 1 : 0;
    }
    EXPECT_LT(passed / 80'000.0, 1.3 * FilterBankBuilder::default_fpr);
  }
}

TEST(FilterBank, HoldsEveryTypeButNeitherNullNorNan) {
  const std::vector<double> reals = {0.0, -1.5, std::nan(""), 7.0};
  ColumnView real_view;
  real_view.type = Type::float64;
  real_view.lane = Lane::f64;
  real_view.rows = reals.size();
  real_view.values = reals.data();
  const std::uint64_t valid = 0b0111;  // 7.0 is NULL
  real_view.valid = &valid;
  const Bank bank({real_view}, 64, 1e-6);
  for (const double held : {0.0, -0.0, -1.5}) EXPECT_TRUE(bank.probe(held)[0]) << held;
  EXPECT_FALSE(bank.probe(7.0)[0]);
  EXPECT_FALSE(bank.probe(1.5)[0]);

  ColumnBuilder texts({"t", Type::text, Lane::text, true, nullptr});
  texts.append(std::string_view("abc"));
  texts.append(std::string_view(""));
  texts.append_null();
  const auto categories = std::make_shared<const Categories>(Categories{"FR", "US", "abc"});
  ColumnBuilder codes({"c", Type::categorical, Lane::u8, true, categories});
  codes.append(std::string_view("US"));
  codes.append(std::string_view("abc"));
  for (const ColumnView& view : {texts.view(), codes.view()}) {
    const Bank text_bank({view}, 64, 1e-6);
    EXPECT_TRUE(text_bank.probe(std::string("abc"))[0]);
    EXPECT_FALSE(text_bank.probe(std::string("FR"))[0]);
  }
}

TEST(FilterLayout, IsRefusedWhenItDoesNotFit) {
  const FilterLayout layout{64, 3, 10};
  const std::size_t bytes = layout.chunk_words() * sizeof(std::uint64_t);
  EXPECT_NO_THROW(FilterLayout::from_json(layout.to_json(), 7, bytes, 3));
  EXPECT_THROW(FilterLayout::from_json(layout.to_json(), 8, bytes, 3), DataError);
  EXPECT_THROW(FilterLayout::from_json(layout.to_json(), 7, bytes + 8, 3), DataError);
  EXPECT_THROW(FilterLayout::from_json(layout.to_json(), 7, bytes, 4), DataError);
  EXPECT_THROW(FilterLayout::from_json("{}", 7, bytes, 3), DataError);
  EXPECT_THROW(FilterLayout::from_json(R"({"blocks":0,"groups_per_band":3,"blocks_per_chunk":10})",
                                       7, bytes, 3),
               DataError);
}

TEST(FilterBank, FiltersMadeElsewhereAreTheSame) {
  std::mt19937_64 random(7);
  std::vector<std::vector<std::int64_t>> values(70);
  std::vector<std::vector<std::byte>> chunks;
  constexpr std::uint64_t blocks = 37, band = 32;
  FilterBankBuilder builder(blocks, band,
                            [&](Bytes chunk) { chunks.emplace_back(chunk.begin(), chunk.end()); });
  for (auto& group : values) {
    for (int i = 0; i < 500; ++i) group.push_back(static_cast<std::int64_t>(random() % 20000));
    BankFilter filter(blocks);
    const std::size_t half = group.size() / 2;  // values come in several pieces
    filter.add(numbers({group.begin(), group.begin() + static_cast<std::ptrdiff_t>(half)}));
    filter.add(numbers({group.begin() + static_cast<std::ptrdiff_t>(half), group.end()}));
    if (&group == &values[40]) filter.fill();
    builder.add(std::move(filter));
  }
  const FilterLayout layout = builder.finish();
  EXPECT_EQ(layout.groups_per_band, band);
  EXPECT_EQ(layout.blocks, blocks);
  EXPECT_EQ(chunks.size(), 3 * layout.chunks_per_band());
  std::size_t wrong = 0;
  for (std::int64_t value = 0; value < 20000; ++value) {
    std::vector<std::uint64_t> may_hold(2);
    probe_filter_bank(
        layout, values.size(), hash_value(Value(value)),
        [&](std::uint64_t chunk) { return Bytes(chunks.at(chunk)); }, may_hold);
    for (std::size_t g = 0; g < values.size(); ++g) {
      const bool found = (may_hold[g / 64] >> g % 64 & 1) != 0;
      const bool holds = g == 40 || std::ranges::find(values[g], value) != values[g].end();
      ASSERT_TRUE(found || !holds) << value << " in " << g;
      wrong += found && !holds ? 1 : 0;
    }
  }
  EXPECT_LT(wrong, 20000u * 70 / 50);
}

}  // namespace
}  // namespace trawl::core
