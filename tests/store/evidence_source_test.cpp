#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/store/dataset.hpp>
#include <trawl/store/evidence_source.hpp>

namespace trawl::store {
namespace {

using ::testing::HasSubstr;

enum Column : std::size_t { id, entity, source, type, time_column, log_odds, weight, columns };
using Row = std::vector<Value>;

std::vector<Value> values_of(const EvidenceSource& from, std::uint64_t dataset, std::uint64_t begin,
                             std::uint64_t end, std::size_t column) {
  ColumnBuffer buffer;
  from.fill(dataset, begin, end, column, buffer);
  EXPECT_EQ(buffer.view.rows, end - begin);
  std::vector<Value> values;
  for (std::size_t i = 0; i < buffer.view.rows; ++i) values.push_back(buffer.view.value(i));
  return values;
}

std::vector<Row> rows_of(const EvidenceSource& from) {
  std::vector<Row> rows;
  for (std::uint64_t d = 0; d < from.params().datasets; ++d) {
    std::vector<Row> of_dataset(from.params().rows);
    for (std::size_t column = 0; column < columns; ++column) {
      const auto values = values_of(from, d, 0, from.params().rows, column);
      for (std::size_t i = 0; i < values.size(); ++i) of_dataset[i].push_back(values[i]);
    }
    rows.insert(rows.end(), of_dataset.begin(), of_dataset.end());
  }
  return rows;
}

std::uint64_t number(const Value& value) {
  return static_cast<std::uint64_t>(std::get<std::int64_t>(value));
}
double real(const Value& value) {
  return std::get<double>(value);
}

TEST(Evidence, AnySlicesMakeTheWhole) {
  const EvidenceSource from(
      {.datasets = 3, .rows = 3000, .seed = 7, .duplicates = 0.3, .equivocations = 0.2});
  for (std::size_t column = 0; column < columns; ++column) {
    SCOPED_TRACE(from.schema()[column].name);
    for (std::uint64_t dataset = 0; dataset < 3; ++dataset) {
      const std::vector<Value> whole = values_of(from, dataset, 0, 3000, column);
      for (const std::uint64_t step : {1u, 63u, 64u, 1000u, 2999u}) {
        std::vector<Value> joined;
        for (std::uint64_t begin = 0; begin < 3000; begin += step) {
          for (Value& value :
               values_of(from, dataset, begin, std::min<std::uint64_t>(begin + step, 3000), column))
            joined.push_back(std::move(value));
        }
        ASSERT_EQ(joined, whole);
      }
      EXPECT_TRUE(values_of(from, dataset, 17, 17, column).empty());
    }
  }
  ColumnBuffer buffer;
  EXPECT_THROW(from.fill(3, 0, 1, 0, buffer), std::out_of_range);
  EXPECT_THROW(from.fill(0, 0, 3001, 0, buffer), std::out_of_range);
  EXPECT_THROW(from.fill(0, 0, 1, columns, buffer), std::out_of_range);
}

// Counted by what the rows say, not by how they were made.
TEST(Evidence, CopiesAreWhatTheyAreSaidToBe) {
  for (const auto& [duplicates, equivocations] :
       {std::pair(0.0, 0.0), {0.2, 0.0}, {0.0, 0.2}, {0.1, 0.05}, {0.5, 0.4}}) {
    const EvidenceSource from(
        {.datasets = 4, .rows = 5000, .duplicates = duplicates, .equivocations = equivocations});
    const std::vector<Row> rows = rows_of(from);
    std::map<std::uint64_t, std::set<Row>> statements;
    std::set<Row> distinct;
    std::set<std::uint64_t> datasets_of_copies;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      distinct.insert(rows[i]);
      const auto [known, is_new] = statements.try_emplace(number(rows[i][id]));
      known->second.insert(rows[i]);
      if (!is_new) datasets_of_copies.insert(i / 5000);
    }
    EvidenceSource::Copies copies;
    for (std::uint64_t d = 0; d < 4; ++d) {
      for (const auto& [begin, end] : {std::pair(0u, 1234u), {1234u, 5000u}}) {
        const EvidenceSource::Copies some = from.count_copies(d, begin, end);
        copies.duplicates += some.duplicates;
        copies.equivocations += some.equivocations;
      }
    }
    EXPECT_EQ(rows.size() - distinct.size(), copies.duplicates);
    EXPECT_EQ(distinct.size() - statements.size(), copies.equivocations);
    EXPECT_NEAR(static_cast<double>(copies.duplicates), duplicates * 20'000, 300);
    EXPECT_NEAR(static_cast<double>(copies.equivocations), equivocations * 20'000, 300);
    std::set<std::uint64_t> contradicted;
    for (const auto& [of, contents] : statements)
      if (contents.size() > 1) contradicted.insert(number((*contents.begin())[source]));
    for (const std::uint64_t s : contradicted) EXPECT_TRUE(from.is_equivocator(s));
    EXPECT_EQ(contradicted.size(), equivocations > 0 ? 3u : 0u);
    EXPECT_EQ(datasets_of_copies.size(), duplicates + equivocations > 0 ? 4u : 0u);
    for (const auto& [_, of_one] : statements) {
      Row first = *of_one.begin();
      for (Row row : of_one) {
        row[log_odds] = first[log_odds];
        ASSERT_EQ(row, first) << "an equivocation changes more than log_odds";
      }
    }
  }
}

TEST(Evidence, ValuesAreWhatTheHeaderSays) {
  const EvidenceSource from({.datasets = 2,
                             .rows = 50'000,
                             .entities = 500,
                             .sources = 100,
                             .case_rate = 0.2,
                             .lying_sources = 0.33,
                             .equivocations = 0});
  std::uint64_t liars = 0, cases = 0, ones = 0;
  for (std::uint64_t s = 0; s < 100; ++s) liars += from.is_liar(s) ? 1 : 0;
  for (std::uint64_t e = 0; e < 500; ++e) cases += from.is_case(e) ? 1 : 0;
  EXPECT_EQ(liars, 33u);
  EXPECT_NEAR(static_cast<double>(cases), 100, 30);
  std::map<std::string, std::pair<double, int>> honest;
  std::set<std::uint64_t> entities, sources;
  double honest_sum = 0, lies_sum = 0;
  for (const Row& row : rows_of(from)) {
    entities.insert(number(row[entity]));
    sources.insert(number(row[source]));
    const double w = real(row[weight]), side = from.is_case(number(row[entity])) ? 1 : -1;
    ASSERT_TRUE(w >= 0 && w <= 1);
    ones += w == 1 ? 1 : 0;
    ASSERT_LT(std::abs(real(row[log_odds])), 4 + 4.9 + 0.25 * 4.9);
    (from.is_liar(number(row[source])) ? lies_sum : honest_sum) += side * real(row[log_odds]);
    if (from.is_liar(number(row[source]))) continue;
    auto& [sum, count] = honest[std::get<std::string>(row[type])];
    sum += side * real(row[log_odds]);
    ++count;
  }
  EXPECT_EQ(entities.size(), 500u);
  EXPECT_EQ(*entities.rbegin(), 499u);
  EXPECT_EQ(sources.size(), 100u);
  EXPECT_NEAR(static_cast<double>(ones), 12'500, 500);
  EXPECT_NEAR(honest_sum / 67'000, 1.2375, 0.1);  // the mean strength
  EXPECT_NEAR(lies_sum / 33'000, -2 * 1.2375, 0.2);
  const std::map<std::string, double> strength = {
      {"document", 1.5}, {"image", 1}, {"interview", 0.5}, {"sensor", 0.75}, {"transaction", 2}};
  ASSERT_EQ(honest.size(), strength.size());
  for (const auto& [name, sum] : honest)
    EXPECT_NEAR(sum.first / sum.second, strength.at(name), 0.1) << name;
}

TEST(Evidence, ExtremeShares) {
  const EvidenceSource none({.case_rate = 0, .lying_sources = 0});
  const EvidenceSource all({.case_rate = 1, .lying_sources = 1});
  const EvidenceSource half({.sources = 3, .lying_sources = 0.5});
  int liars = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_FALSE(none.is_case(i) || none.is_liar(i));
    EXPECT_TRUE(all.is_case(i) && all.is_liar(i));
    liars += i < 3 && half.is_liar(i) ? 1 : 0;
  }
  EXPECT_EQ(liars, 2);
  // Liars equivocate first, and somebody does.
  for (const double share : {0.001, 0.1, 0.5, 1.0}) {
    const EvidenceSource some({.lying_sources = 0.3, .equivocating_sources = share});
    int equivocators = 0, honest = 0, silent_liars = 0;
    for (std::uint64_t s = 0; s < 100; ++s) {
      equivocators += some.is_equivocator(s) ? 1 : 0;
      honest += some.is_equivocator(s) && !some.is_liar(s) ? 1 : 0;
      silent_liars += some.is_liar(s) && !some.is_equivocator(s) ? 1 : 0;
    }
    EXPECT_EQ(equivocators, std::max(1, static_cast<int>(share * 100)));
    EXPECT_TRUE(honest == 0 || silent_liars == 0);
  }
  const EvidenceSource empty({.datasets = 1, .rows = 0});
  EXPECT_TRUE(values_of(empty, 0, 0, 0, time_column).empty());
  const std::uint64_t most = EvidenceSource::max_rows;
  const EvidenceSource longest({.datasets = 4096, .rows = most});
  EXPECT_EQ(values_of(longest, 4095, most - 2, most, time_column).size(), 2u);
}

// The data must never change silently. Rows computed by a second implementation, of a few lines of
// Python: the first three, and the first of each kind of copy.
TEST(Evidence, RowsOfASeedArePinned) {
  const EvidenceSource from({.datasets = 4,
                             .rows = 10'000,
                             .seed = 42,
                             .lying_sources = 0.33,
                             .equivocating_sources = 1});
  const auto row = [&](std::uint64_t i) {
    Row values;
    for (std::size_t column = 0; column < columns; ++column)
      values.push_back(values_of(from, 0, i, i + 1, column).front());
    return values;
  };
  const auto made = [](std::int64_t i, std::int64_t e, std::int64_t s, const char* t,
                       std::int64_t at, double l,
                       double w) { return Row{i, e, s, std::string(t), at, l, w}; };
  EXPECT_EQ(row(0), made(6989170936388492230, 5610, 71, "transaction", 1704069296512664,
                         -1.6706124766048358, 0.6808478537508059));
  EXPECT_EQ(row(1), made(-2408194922687990229, 2036, 43, "transaction", 1704075123811832,
                         -3.3288377202653283, 0.8518166944916914));
  EXPECT_EQ(row(2), made(-521008381344181269, 5697, 66, "sensor", 1704080645294839,
                         1.3869882442568207, 0.039644213922953475));
  EXPECT_EQ(row(130), made(-6719564352973223298, 7000, 4, "sensor", 1704794416856038,
                           -1.4789582951583486, 0.06901622057365742));
  EXPECT_EQ(row(1692), made(1026054324525519845, 43, 98, "interview", 1706337874882730,
                            -3.0654398225045494, 0.8186463457112249));
}

// Values that were written down once.
TEST(Evidence, ValuesOfASeedArePinned) {
  const EvidenceSource from({.datasets = 4,
                             .rows = 10'000,
                             .seed = 42,
                             .lying_sources = 0.33,
                             .equivocating_sources = 1});
  std::vector<std::string> digests;
  for (std::size_t column = 0; column < columns; ++column) {
    ColumnBuffer buffer;
    from.fill(3, 0, 10'000, column, buffer);
    const auto* lanes = static_cast<const std::byte*>(buffer.view.values);
    Xxh3Stream stream;
    stream.add({lanes, 10'000 * lane_bytes(buffer.view.lane)});
    digests.push_back(stream.hex());
  }
  EXPECT_THAT(digests, ::testing::ElementsAre(
                           "5afa8fa7944ce9df49a3fd0a06f6778d", "3265448e85144c19dfe44324c8f6b970",
                           "078894fd63f6292dcc8d232d95cf4740", "4bd8fc98d11e5e24bac947018bad7596",
                           "27d285bd1e6585bd712556fe0a559a7b", "90efb21c198c82fdbf6982b60ee02064",
                           "4eafa6737423e2d8c8911e7f7ca359fd"));
}

// The same where few sources equivocate: 42 is the seed of --help.
TEST(Evidence, EquivocationsOfASeedArePinned) {
  const EvidenceSource from({.datasets = 4, .rows = 10'000});
  EvidenceSource::Copies all;
  Xxh3Stream stream;
  for (std::uint64_t d = 0; d < 4; ++d) {
    const EvidenceSource::Copies some = from.count_copies(d, 0, 10'000);
    all.equivocations += some.equivocations;
    stream.add(bytes_of(std::span<const std::uint64_t>(some.contradicted)));
  }
  EXPECT_EQ(all.equivocations, 46u);
  EXPECT_EQ(stream.hex(), "2d7393152763d6a4f97ce14bcb88db57");
}

TEST(Evidence, SourceText) {
  const std::string canonical =
      "gen:evidence?datasets=8&rows=1000000&seed=42&entities=10000&sources=100&case_rate=0.01&"
      "lying_sources=0.1&duplicates=0.01&equivocations=0.001&equivocating_sources=0.03&"
      "row_group_rows=65536";
  EXPECT_EQ(EvidenceSource::parse("gen:evidence").canonical(), canonical);
  EXPECT_EQ(EvidenceSource::parse(canonical).canonical(), canonical);
  EXPECT_EQ(parse_generated("gen:evidence?case_rate=-0&sources=7&rows=5")->canonical(),
            "gen:evidence?datasets=8&rows=5&seed=42&entities=10000&sources=7&case_rate=0&"
            "lying_sources=0.1&duplicates=0.01&equivocations=0.001&equivocating_sources=0.03&"
            "row_group_rows=65536");
  EXPECT_EQ(parse_generated("gen:transactions?rows=5")->kind(), "transactions");
}

TEST(Evidence, MistakesAreNamed) {
  const auto error = [](const std::string& text) -> std::string {
    try {
      parse_generated(text);
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(error("gen:people"), HasSubstr("gen:transactions and gen:evidence"));
  EXPECT_THAT(error("gen:evidence?needles=5"), HasSubstr("datasets, rows, seed, entities"));
  EXPECT_THAT(error("gen:evidence?entities=0"), HasSubstr("must be 1 to"));
  EXPECT_THAT(error("gen:evidence?sources=1000001"), HasSubstr("must be 1 to"));
  EXPECT_THAT(error("gen:evidence?case_rate=1.5"), HasSubstr("must be 0 to 1"));
  EXPECT_THAT(error("gen:evidence?lying_sources=nan"), HasSubstr("must be 0 to 1"));
  EXPECT_THAT(error("gen:evidence?duplicates=1"), HasSubstr("less than 1"));
  EXPECT_THAT(error("gen:evidence?duplicates=0.5&equivocations=0.5"), HasSubstr("together"));
  EXPECT_THAT(error("gen:evidence?equivocating_sources=0"), HasSubstr("somebody must"));
  EXPECT_THAT(error("gen:evidence?datasets=5000&rows=1099511627776"), HasSubstr("2^52"));
}

TEST(Evidence, IsAnInput) {
  const auto refs =
      list_inputs(std::vector<std::string>{"gen:evidence?datasets=2&rows=100&row_group_rows=30"});
  ASSERT_EQ(refs.size(), 2u);
  EXPECT_EQ(refs[1].name, "evidence-00001");
  const auto dataset = open_dataset(refs[1]);
  ASSERT_EQ(dataset->info().row_groups(), 4u);
  ColumnBuffer buffer;
  dataset->read(3, log_odds, buffer);
  const auto from = EvidenceSource::parse(refs[1].location);
  const auto expected = values_of(from, 1, 90, 100, log_odds);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(buffer.view.value(i), expected[i]);
}

}  // namespace
}  // namespace trawl::store
