// The Minimum Covariance Determinant: robustbase's answers, every subset of small samples, planted
// outliers, and exact fits.
#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/mcd.hpp>

#include "core/baseline_support.hpp"
#include "core/stats/mcd_correction.hpp"
#include "core/stats/mcd_starts.hpp"

namespace trawl::core {
namespace {

std::vector<std::vector<double>> read_csv(const std::string& name) {
  std::ifstream file(std::string(TRAWL_SOURCE_DIR "/tests/data/") + name);
  std::vector<std::vector<double>> rows;
  std::string line, cell;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    rows.emplace_back();
    while (std::getline(cells, cell, ',')) rows.back().push_back(std::stod(cell));
  }
  EXPECT_FALSE(rows.empty()) << name;
  return rows;
}

std::vector<double> flat(const std::vector<std::vector<double>>& rows) {
  std::vector<double> out;
  for (const auto& row : rows) out.insert(out.end(), row.begin(), row.end());
  return out;
}

std::vector<std::size_t> range(std::size_t begin, std::size_t end) {
  std::vector<std::size_t> out(end - begin);
  std::iota(out.begin(), out.end(), begin);
  return out;
}

double normal(Rng& rng) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += std::ldexp(static_cast<double>(rng() >> 11), -53);
  return sum;
}

// covMcd(hbk[, 1:3], nsamp = "deterministic", alpha) of robustbase 0.95-0
struct Reference {
  double alpha;
  std::size_t h;
  double log_determinant;  // of the subset, uncorrected
  std::vector<double> raw_centre, centre;
  std::vector<std::size_t> outliers;
};

TEST(Mcd, HawkinsBraduKassAsRobustbase) {
  const std::vector<double> hbk = flat(read_csv("hbk.csv"));
  const std::vector<Reference> references{
      {0.5,
       39,
       -1.0455005941352118,
       {1.6051282051282052, 2.3256410256410258, 1.6538461538461537},
       {1.5377049180327869, 1.7803278688524591, 1.6868852459016395},
       range(0, 14)},
      {0.75,
       57,
       0.10000394910794075,
       {1.6087719298245615, 1.8526315789473684, 1.5842105263157895},
       {1.5377049180327869, 1.7803278688524591, 1.6868852459016395},
       range(0, 14)},
      {0.875,
       66,
       4.3481619577269672,
       {2.1909090909090909, 3.1757575757575758, 3.7454545454545451},
       {2.063076923076923, 2.9030769230769233, 3.3553846153846156},
       range(0, 14)},
      {1,
       75,
       5.9722895306543231,
       {3.2066666666666666, 5.5973333333333333, 7.230666666666667},
       {2.9794520547945202, 4.9698630136986299, 6.4561643835616431},
       range(11, 14)}};
  for (const Reference& expected : references) {
    SCOPED_TRACE(expected.alpha);
    const Mcd mcd = minimum_covariance_determinant(hbk, 3, {.alpha = expected.alpha});
    EXPECT_EQ(mcd.subset_size, expected.h);
    EXPECT_EQ(mcd.subset.size(), expected.h);
    // At 0.5 trawl finds a smaller determinant than robustbase: -1.04587.
    EXPECT_LT(mcd.raw.log_determinant(), expected.log_determinant + 1e-12);
    if (expected.alpha > 0.5) {
      EXPECT_NEAR(mcd.raw.log_determinant(), expected.log_determinant, 1e-12);
      EXPECT_THAT(mcd.raw.means(),
                  testing::Pointwise(testing::DoubleNear(1e-14), expected.raw_centre));
    }
    EXPECT_THAT(mcd.centre(), testing::Pointwise(testing::DoubleNear(1e-14), expected.centre));
    EXPECT_EQ(mcd.outliers(), expected.outliers);
    EXPECT_FALSE(mcd.exact_fit);
    EXPECT_NEAR(mcd.cutoff, 9.3484036044961449, 1e-13);
  }
}

TEST(Mcd, DistancesAsRobustbase) {
  const std::vector<double> hbk = flat(read_csv("hbk.csv"));
  const Mcd mcd = minimum_covariance_determinant(hbk, 3, {.alpha = 0.75});
  EXPECT_NEAR(mcd.raw_correction.consistency, 1.5835562988486558, 1e-13);
  EXPECT_NEAR(mcd.raw_correction.small_sample, 1.0618515464598284, 1e-13);
  EXPECT_NEAR(mcd.correction.consistency, 1.4528285808075949, 1e-13);
  EXPECT_NEAR(mcd.correction.small_sample, 1.0206643505540796, 1e-13);
  EXPECT_NEAR(mcd.covariance()[1], 0.075260732005233116, 1e-14);
  EXPECT_NEAR(mcd.covariance()[8], 1.5868848509014692, 1e-13);
  EXPECT_NEAR(mcd.squared_distances[0], 584.58691171146677, 1e-10);
  EXPECT_NEAR(mcd.squared_distances[13], 1138.6871705437163, 1e-10);
  EXPECT_NEAR(mcd.squared_distances[52], 4.2719369664768756, 1e-12);
  EXPECT_EQ(mcd.squared_distance(std::span(hbk).first(3)), mcd.squared_distances[0]);
}

TEST(Mcd, CorrectionsAsRobustbase) {
  for (const auto& row : read_csv("mcd.csv")) {
    const auto p = static_cast<std::size_t>(row[0]), n = static_cast<std::size_t>(row[1]);
    SCOPED_TRACE(testing::Message() << p << " " << n << " " << row[2]);
    EXPECT_NEAR(mcd_small_sample(p, n, row[2]) / row[3], 1, 1e-13);
    EXPECT_NEAR(mcd_small_sample_reweighted(p, n, row[2]) / row[4], 1, 1e-13);
    EXPECT_NEAR(mcd_consistency(p, row[2]) / row[5], 1, 1e-12);
  }
}

// The least determinant of all subsets of size h.
double least_log_determinant(const Table& table, std::size_t h) {
  double least = std::numeric_limits<double>::infinity();
  const std::size_t n = table[0].size();
  for (std::uint32_t subset = 0; subset < std::uint32_t{1} << n; ++subset) {
    if (static_cast<std::size_t>(std::popcount(subset)) != h) continue;
    ExactMoments moments(table.size());
    for (std::size_t r = 0; r < n; ++r) {
      if ((subset >> r & 1) != 0) moments.add(record_of(table, r));
    }
    least = std::min(least, Baseline(moments).log_determinant());
  }
  return least;
}

TEST(Mcd, FindsTheBestOfAllSubsets) {
  Rng rng(81);
  for (int trial = 0; trial < 12; ++trial) {
    Table table(2);
    for (std::size_t r = 0; r < 13; ++r) {
      const double far = r < 4 ? 30.0 + trial : 0.0;  // 4 of 13 outliers in a cluster
      const double x = normal(rng);
      table[0].push_back(x + far);
      table[1].push_back(0.8 * x + 0.6 * normal(rng) - 2 * far);
    }
    const Mcd mcd = minimum_covariance_determinant(rows_of(table), 2);
    const double least = least_log_determinant(table, mcd.subset_size);
    EXPECT_GE(mcd.raw.log_determinant(), least - 1e-12);
    EXPECT_LT(mcd.raw.log_determinant(), least + 0.7) << trial;  // a heuristic, but a near one
    for (std::size_t r = 0; r < 4; ++r) EXPECT_TRUE(mcd.is_outlier(r)) << trial;
  }
}

// Outliers in a cluster, on a line, and as noise, up to 40 % of the records. (A cluster of 40 %
// that is much tighter than the rest has the least determinant itself.)
TEST(Mcd, FindsPlantedOutliers) {
  Rng rng(82);
  for (const std::size_t p : {2, 5, 10}) {
    for (const std::size_t outliers : {1, 50, 100, 200}) {
      for (int kind = 0; kind < 3; ++kind) {
        std::vector<double> rows;
        for (std::size_t r = 0; r < 500; ++r) {
          const double common = normal(rng), along = normal(rng);
          for (std::size_t i = 0; i < p; ++i) {
            const double own = normal(rng);
            const double far = kind == 0   ? 12 + own
                               : kind == 1 ? (i % 2 == 0 ? 40 : -40) * (1.5 + along / 6)
                                           : 1000 * own;
            rows.push_back(r < outliers ? far : own + 0.7 * common);
          }
        }
        SCOPED_TRACE(testing::Message() << p << " " << outliers << " " << kind);
        const Mcd mcd = minimum_covariance_determinant(rows, p);
        for (std::size_t r = 0; r < outliers; ++r) ASSERT_TRUE(mcd.is_outlier(r)) << r;
        EXPECT_LT(mcd.outliers().size(), outliers + 40);
      }
    }
  }
}

// Of normal records: unit covariance, and the share of outliers that was asked for.
TEST(Mcd, IsConsistentForNormalRecords) {
  Rng rng(87);
  std::vector<double> rows;
  for (int i = 0; i < 4000 * 4; ++i) rows.push_back(normal(rng));
  for (const double alpha : {0.5, 0.75}) {
    const Mcd mcd = minimum_covariance_determinant(rows, 4, {.alpha = alpha});
    double raw = 0, final = 0;
    for (std::size_t i = 0; i < 16; i += 5) {
      raw += mcd.raw.covariance()[i] * mcd.raw_correction.factor() / 4;
      final += mcd.covariance()[i] / 4;
    }
    EXPECT_NEAR(raw, 1, 0.1) << alpha;
    EXPECT_NEAR(final, 1, 0.04) << alpha;
    EXPECT_NEAR(static_cast<double>(mcd.outliers().size()) / 4000, 0.025, 0.008) << alpha;
  }
}

// Without ties, with equal records, and on a grid, where many records are equally far.
std::vector<std::vector<double>> records_with_ties(Rng& rng, int kind) {
  std::vector<std::vector<double>> records;
  for (int r = 0; r < 120; ++r) {
    const double far = r < 30 ? 9 : 0;
    records.push_back({normal(rng) + far, normal(rng) - far, normal(rng)});
    if (kind == 0) continue;
    for (double& x : records.back()) x = std::round(x);
    if (kind == 2) records.back() = {r % 5 - 2.0, r / 5 % 5 - 2.0, r / 25 % 5 - 2.0};
  }
  return records;
}

TEST(Mcd, OrderChangesNoBits) {
  Rng rng(83);
  for (int kind = 0; kind < 3; ++kind) {
    const auto records = records_with_ties(rng, kind);
    const Mcd first = minimum_covariance_determinant(flat(records), 3);
    for (int trial = 0; trial < 5; ++trial) {
      auto order = range(0, records.size());
      std::shuffle(order.begin(), order.end(), rng);
      std::vector<std::vector<double>> shuffled;
      for (const std::size_t r : order) shuffled.push_back(records[r]);
      const Mcd other = minimum_covariance_determinant(flat(shuffled), 3);
      for (std::size_t r = 0; r < order.size(); ++r) {
        ASSERT_EQ(other.squared_distances[r], first.squared_distances[order[r]]) << kind;
      }
      ASSERT_EQ(other.covariance(), first.covariance()) << kind;
      ASSERT_EQ(other.raw.covariance(), first.raw.covariance()) << kind;
    }
  }
}

TEST(Mcd, PowersOfTwoChangeNoBits) {
  const std::vector<double> hbk = flat(read_csv("hbk.csv"));
  std::vector<double> scaled = hbk;
  constexpr int exponents[] = {-400, 3, 350};
  for (std::size_t i = 0; i < scaled.size(); ++i)
    scaled[i] = std::ldexp(scaled[i], exponents[i % 3]);
  const Mcd a = minimum_covariance_determinant(hbk, 3),
            b = minimum_covariance_determinant(scaled, 3);
  EXPECT_EQ(a.subset, b.subset);
  EXPECT_EQ(a.squared_distances, b.squared_distances);
}

TEST(Mcd, FeaturesThatDependOnOthersChangeNothing) {
  const auto records = read_csv("hbk.csv");
  std::vector<double> more;
  for (const auto& r : records) more.insert(more.end(), {4.25, r[0], r[1], r[0], r[2]});
  const Mcd mcd = minimum_covariance_determinant(more, 5);
  EXPECT_FALSE(mcd.exact_fit);
  EXPECT_EQ(mcd.reweighted.rank(), 3u);
  EXPECT_EQ(mcd.squared_distances,
            minimum_covariance_determinant(flat(records), 3).squared_distances);
}

// 60 of 100 records lie on x2 = 2 x0 - x1 + 1 exactly.
TEST(Mcd, ExactFitNamesTheHyperplane) {
  Rng rng(84);
  std::vector<double> rows;
  for (int r = 0; r < 100; ++r) {
    const auto x = static_cast<double>(rng() % 1000), y = static_cast<double>(rng() % 1000);
    rows.insert(rows.end(),
                {x, y, 2 * x - y + 1 + (r < 40 ? 1.0 + static_cast<double>(rng() % 50) : 0)});
  }
  const Mcd mcd = minimum_covariance_determinant(rows, 3);
  ASSERT_TRUE(mcd.exact_fit);
  EXPECT_EQ(mcd.raw.count(), 60);
  ASSERT_EQ(mcd.raw.dependencies().size(), 1u);
  EXPECT_EQ(mcd.raw.dependencies()[0].coefficients, (std::vector<double>{2, -1}));
  EXPECT_EQ(mcd.raw.dependencies()[0].constant, 1.0);
  EXPECT_THAT(mcd.outliers(), testing::IsSupersetOf(range(0, 40)));
  EXPECT_EQ(mcd.squared_distances[0], std::numeric_limits<double>::infinity());
}

TEST(Mcd, MostRecordsEqual) {
  std::vector<double> rows;
  for (int r = 0; r < 20; ++r) rows.insert(rows.end(), {r < 15 ? 3.0 : r, r < 15 ? -1.0 : r * r});
  const Mcd mcd = minimum_covariance_determinant(rows, 2);
  EXPECT_TRUE(mcd.exact_fit);
  EXPECT_EQ(mcd.raw.rank(), 0u);
  EXPECT_EQ(mcd.outliers(), range(15, 20));
  const Mcd all = minimum_covariance_determinant(std::vector<double>(10, 7.0), 2);
  EXPECT_TRUE(all.outliers().empty());
  EXPECT_FALSE(all.exact_fit);
}

TEST(Mcd, RefusesWhatItCannotUse) {
  const std::vector<double> rows{1, 2, 3, 4, 5, 6, 7, 9};
  EXPECT_THROW(minimum_covariance_determinant(rows, 3), InputError);
  EXPECT_THROW(minimum_covariance_determinant(rows, 1, {.alpha = 0.4}), InputError);
  EXPECT_THROW(minimum_covariance_determinant(rows, 1, {.alpha = 0.5, .tail = 1}), InputError);
  EXPECT_THROW(minimum_covariance_determinant(std::vector{1.0, 5.0, 2.0, 1.0, 8.0, 7.0}, 2),
               InputError);
  EXPECT_THROW(minimum_covariance_determinant(std::vector{1.0, std::nan("")}, 1), InputError);
}

TEST(McdStarts, EigenvectorsDiagonalise) {
  Rng rng(85);
  for (const std::size_t p : {1, 2, 3, 10, 30}) {
    const Table table = random_table(rng, 0, p, 3 * p);
    const std::vector<double> a = moments_of(table).covariance_matrix();
    const std::vector<double> v = eigenvectors(a, p);
    for (std::size_t j = 0; j < p; ++j) {
      for (std::size_t k = 0; k < p; ++k) {
        double product = 0, dot = 0;
        for (std::size_t i = 0; i < p; ++i) {
          dot += v[i * p + j] * v[i * p + k];
          for (std::size_t l = 0; l < p; ++l) product += v[i * p + j] * a[i * p + l] * v[l * p + k];
        }
        EXPECT_NEAR(dot, j == k, 1e-13);
        EXPECT_NEAR(j == k ? 0 : product, 0, 1e-13);
      }
    }
  }
}

// Each start alone puts the outliers last.
TEST(McdStarts, OrdersAreRobust) {
  Rng rng(86);
  std::vector<std::vector<double>> columns(3);
  for (std::size_t r = 0; r < 200; ++r) {
    for (std::size_t i = 0; i < 3; ++i) {
      columns[i].push_back((r < 40 ? 0.5 + normal(rng) / 100 : normal(rng) / 100));
    }
  }
  const McdStarts starts(columns);
  for (int start = 0; start < mcd_starts; ++start) {
    auto order = starts.order(start);
    EXPECT_TRUE(std::all_of(order.end() - 40, order.end(), [](std::size_t r) { return r < 40; }))
        << start;
  }
}

TEST(McdStarts, TauScale) {
  std::vector<double> values{3, 1, 2, 4, 5, 1e9};
  const double scale = tau_scale(values);
  EXPECT_GT(scale, 1);
  EXPECT_LT(scale, 4);
  EXPECT_EQ(tau_scale(std::vector<double>(5, 3.0)), 0);
  EXPECT_GT(tau_scale(std::vector<double>{3, 3, 3, 3, 4}), 0);
}

}  // namespace
}  // namespace trawl::core
