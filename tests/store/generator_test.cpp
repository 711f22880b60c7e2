#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>
#include <trawl/store/dataset.hpp>
#include <trawl/store/generator.hpp>

#include "store/generated_dataset.hpp"
#include "store/generator_hash.hpp"

namespace trawl::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

enum Column : std::size_t { record_id, user_id, action, amount, country, time_column, note };

std::vector<Value> values_of(const Transactions& source, std::uint64_t dataset, std::uint64_t begin,
                             std::uint64_t end, std::size_t column) {
  ColumnBuffer buffer;
  source.fill(dataset, begin, end, column, buffer);
  EXPECT_EQ(buffer.view.rows, end - begin);
  std::vector<Value> values;
  for (std::size_t i = 0; i < buffer.view.rows; ++i) values.push_back(buffer.view.value(i));
  return values;
}

TEST(Generator, AnySlicesMakeTheWhole) {
  const Transactions source(
      {.datasets = 3, .rows = 5000, .seed = 7, .needles = 40, .text = true, .null_rate = 0.3});
  for (std::size_t column = 0; column < source.schema().size(); ++column) {
    SCOPED_TRACE(source.schema()[column].name);
    for (std::uint64_t dataset = 0; dataset < 3; ++dataset) {
      const std::vector<Value> whole = values_of(source, dataset, 0, 5000, column);
      for (const std::uint64_t step : {1u, 63u, 64u, 1000u, 4999u}) {
        std::vector<Value> joined;
        for (std::uint64_t begin = 0; begin < 5000; begin += step) {
          for (Value& value : values_of(source, dataset, begin,
                                        std::min<std::uint64_t>(begin + step, 5000), column)) {
            joined.push_back(std::move(value));
          }
        }
        ASSERT_EQ(joined, whole);
      }
      EXPECT_TRUE(values_of(source, dataset, 17, 17, column).empty());
    }
  }
}

// Every row of every dataset, by the words of the task: needles match, decoys miss by one
// condition, no one else has the user.
TEST(Generator, PlantsExactlyTheNeedlesAndDecoys) {
  const std::vector<TransactionParams> cases = {
      {.datasets = 8, .rows = 20'000, .seed = 42, .needles = 7},
      {.datasets = 1, .rows = 100'000, .seed = 1, .needles = 0},
      {.datasets = 50, .rows = 1000, .seed = 0xffffffffffffffffu, .needles = 500, .null_rate = 0.9},
      {.datasets = 3, .rows = 20, .seed = 5, .needles = 10},
      {.datasets = 1, .rows = 5, .seed = 5, .needles = 5},
      {.datasets = 5, .rows = 0, .seed = 5, .needles = 0},
  };
  for (const TransactionParams& params : cases) {
    SCOPED_TRACE(params.seed);
    const Transactions source(params);
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> found;
    for (std::uint64_t d = 0; d < params.datasets; ++d) {
      const auto users = values_of(source, d, 0, params.rows, user_id);
      const auto actions = values_of(source, d, 0, params.rows, action);
      const auto amounts = values_of(source, d, 0, params.rows, amount);
      const auto countries = values_of(source, d, 0, params.rows, country);
      for (std::uint64_t row = 0; row < params.rows; ++row) {
        if (std::get<std::int64_t>(users[row]) != 12345) continue;
        ASSERT_FALSE(is_null(amounts[row]) || is_null(countries[row]));
        const double dollars = std::get<double>(amounts[row]);
        const auto& what = std::get<std::string>(actions[row]);
        EXPECT_LE(dollars, 60'000);
        if (what == "purchase" && dollars > 10'000)
          found[{d, row}] = "needle";
        else if (what == "purchase" && dollars == 10'000)
          found[{d, row}] = "amount is exactly 10000";
        else if (what != "purchase" && dollars >= 10'001)
          found[{d, row}] = "action is " + what;
        else
          FAIL() << "dataset " << d << " row " << row;
      }
    }
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> planted;
    std::uint64_t needles = 0, exact = 0;
    for (const PlantedRow& p : source.planted()) {
      EXPECT_EQ(p.needle, p.kind == "needle");
      needles += p.needle ? 1 : 0;
      exact += p.kind == "amount is exactly 10000" ? 1 : 0;
      planted[{p.dataset, p.row}] = p.kind;
    }
    EXPECT_EQ(found, planted);
    const std::uint64_t decoys =
        std::min<std::uint64_t>(64, params.datasets * params.rows - params.needles);
    EXPECT_EQ(needles, params.needles);
    EXPECT_EQ(exact, (decoys + 1) / 2);
    EXPECT_EQ(planted.size(), params.needles + decoys);
    EXPECT_TRUE(std::is_sorted(source.planted().begin(), source.planted().end(),
                               [](const auto& a, const auto& b) {
                                 return std::pair(a.dataset, a.row) < std::pair(b.dataset, b.row);
                               }));
  }
}

TEST(Generator, HasTheDistributionsItNames) {
  constexpr std::uint64_t rows = 400'000;
  const Transactions source(
      {.datasets = 2, .rows = rows, .seed = 3, .text = true, .null_rate = 0.02});
  const auto users = values_of(source, 1, 0, rows, user_id);
  std::int64_t low = 0, high = 0;
  double mean = 0;
  for (const Value& value : users) {
    const auto user = std::get<std::int64_t>(value);
    low = std::min(low, user);
    high = std::max(high, user);
    mean += static_cast<double>(user) / rows;
  }
  constexpr std::int64_t bound = std::int64_t{1} << 39;
  EXPECT_GE(low, -bound);
  EXPECT_LT(high, bound);
  EXPECT_LT(low, -bound / 1000 * 999);
  EXPECT_GT(high, bound / 1000 * 999);
  EXPECT_LT(std::fabs(mean), static_cast<double>(bound) / 100);

  std::map<std::string, double> shares;
  for (const Value& value : values_of(source, 1, 0, rows, action))
    shares[std::get<std::string>(value)] += 1.0 / rows;
  const std::map<std::string, double> wanted = {{"view", .55},     {"click", .25},  {"cart", .08},
                                                {"purchase", .05}, {"refund", .01}, {"login", .04},
                                                {"logout", .02}};
  ASSERT_EQ(shares.size(), wanted.size());
  for (const auto& [name, share] : wanted) EXPECT_NEAR(shares[name], share, 0.003) << name;

  std::vector<double> logs;
  double sum = 0, squares = 0;
  for (const Value& value : values_of(source, 1, 0, rows, amount)) {
    if (is_null(value)) continue;
    const double dollars = std::get<double>(value);
    ASSERT_GE(dollars, 0.01);
    ASSERT_EQ(std::round(dollars * 100) / 100, dollars);
    logs.push_back(std::log(dollars));
    sum += logs.back();
    squares += logs.back() * logs.back();
  }
  const auto count = static_cast<double>(logs.size());
  EXPECT_NEAR(1 - count / rows, 0.02, 0.002);
  EXPECT_NEAR(std::exp(sum / count), 25, 0.5);
  EXPECT_NEAR(std::sqrt(squares / count - sum / count * sum / count), 1.5, 0.02);

  std::map<std::string, int> countries;
  int null_countries = 0;
  for (const Value& value : values_of(source, 1, 0, rows, country)) {
    if (is_null(value))
      ++null_countries;
    else
      ++countries[std::get<std::string>(value)];
  }
  EXPECT_EQ(countries.size(), 60u);
  EXPECT_NEAR(null_countries / static_cast<double>(rows), 0.02, 0.002);
  // Zipf: the second has half of the first's share, the third a third.
  EXPECT_NEAR(static_cast<double>(countries["CN"]) / countries["US"], 1.0 / 2, 0.02);
  EXPECT_NEAR(static_cast<double>(countries["IN"]) / countries["US"], 1.0 / 3, 0.02);

  std::size_t words = 0, texts = 0, numbers = 0;
  for (const Value& value : values_of(source, 1, 0, 20'000, note)) {
    if (is_null(value)) continue;
    const auto& text = std::get<std::string>(value);
    std::size_t count_here = split(text, ' ').size();
    const bool number = text.back() >= '0' && text.back() <= '9';
    numbers += number ? 1 : 0;
    count_here -= number ? 1 : 0;
    ASSERT_GE(count_here, 2u);
    ASSERT_LE(count_here, 12u);
    words += count_here;
    ++texts;
  }
  EXPECT_NEAR(static_cast<double>(words) / static_cast<double>(texts), 7, 0.1);
  EXPECT_NEAR(static_cast<double>(numbers) / static_cast<double>(texts), 0.25, 0.02);
}

TEST(Generator, TimesAscendOverTwoYears) {
  const std::int64_t begin = *parse_timestamp("2024-01-01"), end = *parse_timestamp("2026-01-01");
  for (const std::uint64_t rows : {1u, 2u, 1000u, 100'000u}) {
    const Transactions source({.datasets = 1, .rows = rows, .needles = 0});
    const auto times = values_of(source, 0, 0, rows, time_column);
    for (std::uint64_t row = 0; row < rows; ++row) {
      const auto time = std::get<std::int64_t>(times[row]);
      const auto expected =
          begin + static_cast<std::int64_t>(static_cast<long double>(end - begin) * row / rows);
      ASSERT_GE(time, expected - 1);
      ASSERT_LE(time, expected + 3'600'000'000);
      ASSERT_LT(time, end);
    }
  }
  // The last rows of the longest dataset: 128-bit arithmetic.
  const std::uint64_t most = Transactions::max_rows;
  const Transactions longest({.datasets = 1, .rows = most});
  const auto last = values_of(longest, 0, most - 2, most, time_column);
  EXPECT_EQ(std::get<std::int64_t>(last[1]), end - 1);
  const auto ids = values_of(longest, 0, most - 2, most, record_id);
  EXPECT_EQ(std::get<std::int64_t>(ids[1]), (std::int64_t{1} << 40) - 1);
}

TEST(Generator, SchemaSaysWhatTheColumnsHold) {
  const Transactions with({.rows = 1000, .text = true, .null_rate = 0.5});
  const Transactions without({.rows = 1000, .null_rate = 0});
  ASSERT_EQ(with.schema().size(), 7u);
  ASSERT_EQ(without.schema().size(), 6u);
  for (const Transactions* source : {&with, &without}) {
    for (std::size_t column = 0; column < source->schema().size(); ++column) {
      ColumnBuffer buffer;
      source->fill(0, 0, 1000, column, buffer);
      const ColumnSchema& schema = source->schema()[column];
      EXPECT_EQ(buffer.view.type, schema.type);
      EXPECT_EQ(buffer.view.lane, schema.lane);
      EXPECT_EQ(buffer.view.valid != nullptr, schema.nullable);
      EXPECT_EQ(buffer.view.categories, schema.categories.get());
      if (schema.categories) {
        EXPECT_TRUE(std::is_sorted(schema.categories->begin(), schema.categories->end()));
      }
    }
  }
}

// The data must never change silently: published digests and positions depend on every bit of it.
TEST(Generator, IsPinned) {
  const Transactions source({.datasets = 4, .rows = 10'000, .seed = 42, .text = true});
  std::vector<std::string> digests;
  for (std::size_t column = 0; column < source.schema().size(); ++column) {
    Xxh3Stream stream;
    for (std::uint64_t dataset = 0; dataset < 4; ++dataset) {
      for (const Value& value : values_of(source, dataset, 0, 10'000, column)) {
        stream.add(bytes_of(to_text(value, source.schema()[column].type) + "\n"));
      }
    }
    digests.push_back(stream.hex());
  }
  EXPECT_THAT(digests,
              ElementsAre("19165a81a6bcd8bdd4174547a577cd1f", "01c026eb65a8fdc04d26f0f7d0b55480",
                          "518887bc070689fa63331be57edad9ee", "274722b48b40dc46af5d5a3d245521da",
                          "c6570faa9cb692082b3b5e5eae09503e", "91aada789a01086468e9c454bb32e555",
                          "76bfe05773a38a384a9843d5d62f4204"));
  std::string planted;
  for (const PlantedRow& p : source.planted()) {
    if (p.needle) planted += std::to_string(p.dataset) + ":" + std::to_string(p.row) + " ";
  }
  EXPECT_EQ(planted, "0:712 1:5266 2:850 2:4065 2:8233 3:882 3:6210 ");
  // Computed by a second implementation, of a few lines of Python.
  const auto first = [&](std::size_t column) { return values_of(source, 0, 0, 3, column); };
  EXPECT_EQ(first(user_id),
            (std::vector<Value>{std::int64_t{280803011792}, std::int64_t{-59142517801},
                                std::int64_t{-282064195000}}));
  EXPECT_EQ(first(amount), (std::vector<Value>{22.26, 25.83, 146.74}));
  EXPECT_EQ(first(time_column),
            (std::vector<Value>{std::int64_t{1704070639098908}, std::int64_t{1704077017659521},
                                std::int64_t{1704083122055987}}));
}

// The first outputs of SplitMix64 for the seed 1234567, as its authors' program prints them.
TEST(Generator, DrawsAreSplitMix64) {
  EXPECT_EQ(draw(1234567, 0), 6457827717110365317u);
  EXPECT_EQ(draw(1234567, 1), 3203168211198807973u);
  EXPECT_EQ(draw(1234567, 2), 9817491932198370423u);
}

TEST(Generator, ParsesItsCanonicalText) {
  const std::string canonical =
      "gen:transactions?datasets=8&rows=1000000&seed=42&needles=7&text=0&null_rate=0.02&row_group_"
      "rows=65536";
  EXPECT_EQ(Transactions::parse("gen:transactions").canonical(), canonical);
  EXPECT_EQ(Transactions::parse(canonical).canonical(), canonical);
  EXPECT_EQ(Transactions::parse("gen:transactions?text=1&null_rate=0.5&rows=100&row_group_rows=10&"
                                "needles=3&seed=18446744073709551615&datasets=2")
                .canonical(),
            "gen:transactions?datasets=2&rows=100&seed=18446744073709551615&needles=3&text=1&null_"
            "rate=0.5&row_group_rows=10");
  EXPECT_EQ(Transactions::parse("gen:transactions?null_rate=-0").canonical(),
            Transactions::parse("gen:transactions?null_rate=0").canonical());
  EXPECT_EQ(Transactions({}).name_of(7), "transactions-00007");
}

TEST(Generator, RefusesWrongSources) {
  const auto error = [](std::string_view source) -> std::string {
    try {
      Transactions::parse(source);
    } catch (const InputError& e) {
      return e.what();
    }
    return "no InputError";
  };
  EXPECT_THAT(error("gen:people"), HasSubstr("gen:transactions"));
  EXPECT_THAT(error("gen:transactions?row=5"), HasSubstr("datasets, rows, seed"));
  EXPECT_THAT(error("gen:transactions?rows"), HasSubstr("parameter=value"));
  EXPECT_THAT(error("gen:transactions?"), HasSubstr("parameter=value"));
  EXPECT_THAT(error("gen:transactions?rows=5&rows=6"), HasSubstr("given twice"));
  EXPECT_THAT(error("gen:transactions?rows=-5"), HasSubstr("whole number"));
  EXPECT_THAT(error("gen:transactions?rows=1e3"), HasSubstr("whole number"));
  EXPECT_THAT(error("gen:transactions?seed=18446744073709551616"), HasSubstr("whole number"));
  EXPECT_THAT(error("gen:transactions?text=yes"), HasSubstr("0 or 1"));
  EXPECT_THAT(error("gen:transactions?null_rate=1"), HasSubstr("less than 1"));
  EXPECT_THAT(error("gen:transactions?null_rate=nan"), HasSubstr("less than 1"));
  EXPECT_THAT(error("gen:transactions?null_rate=x"), HasSubstr("must be a number"));
  EXPECT_THAT(error("gen:transactions?datasets=0"), HasSubstr("must be 1 to"));
  EXPECT_THAT(error("gen:transactions?rows=2000000000000"), HasSubstr("must be 0 to"));
  EXPECT_THAT(error("gen:transactions?row_group_rows=0"), HasSubstr("must be 1 to"));
  EXPECT_THAT(error("gen:transactions?datasets=2&rows=3&needles=7"), HasSubstr("only 6 rows"));
}

TEST(GeneratedDataset, ReadsWhatTheSourceMakes) {
  const Transactions source({.datasets = 3, .rows = 1000, .text = true, .row_group_rows = 300});
  const DatasetRef ref{source.name_of(2), source.canonical(), "", 2, 0};
  const std::unique_ptr<Dataset> dataset = open_generated(ref);
  const DatasetInfo& info = dataset->info();
  EXPECT_EQ(info.name, "transactions-00002");
  EXPECT_EQ(info.kind, "generated");
  EXPECT_EQ(info.codec, "-");
  EXPECT_EQ(info.rows, 1000u);
  EXPECT_EQ(info.bytes, 0u);
  EXPECT_EQ(info.index_digest, "");
  ASSERT_EQ(info.row_groups(), 4u);
  for (std::size_t column = 0; column < info.schema.size(); ++column) {
    std::vector<Value> joined;
    for (std::uint64_t group = 0; group < 4; ++group) {
      ColumnBuffer buffer;
      EXPECT_EQ(dataset->read(group, column, buffer), 0u);
      EXPECT_FALSE(dataset->zone(group, column));
      for (std::size_t i = 0; i < buffer.view.rows; ++i) joined.push_back(buffer.view.value(i));
    }
    EXPECT_EQ(joined, values_of(source, 2, 0, 1000, column));
  }
  EXPECT_EQ(dataset->recompute_digest(), info.digest);
}

TEST(GeneratedDataset, DigestTellsSourceAndIndex) {
  const auto digest = [](const std::string& location, std::uint64_t index) {
    return open_generated({"x", location, "", index, 0})->info().digest;
  };
  const std::string other = "gen:transactions?seed=43";
  EXPECT_EQ(digest("gen:transactions", 0), digest("gen:transactions?seed=42&rows=1000000", 0));
  EXPECT_NE(digest("gen:transactions", 0), digest("gen:transactions", 1));
  EXPECT_NE(digest("gen:transactions", 0), digest(other, 0));
  EXPECT_THROW(digest(other, 8), InputError);
}

}  // namespace
}  // namespace trawl::store
