// What intervals, distances and false discovery rates promise, counted in simulated sets. Limits
// are four standard errors of the count; seeds are fixed.
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <trawl/core/stats/fdr.hpp>
#include <trawl/core/stats/mahalanobis.hpp>
#include <trawl/core/stats/tails.hpp>

namespace trawl::core {
namespace {

constexpr int sets = 10'000;

double four_errors(double rate, double trials) {
  return 4 * std::sqrt(rate * (1 - rate) / trials);
}

class Normal {
 public:
  explicit Normal(std::uint64_t seed) : rng_(seed) {}
  double operator()() { return law_(rng_); }

 private:
  std::mt19937_64 rng_;
  std::normal_distribution<double> law_;
};

using Point = std::array<double, 2>;

// Two features of different size that depend on each other.
Point random_point(Normal& normal) {
  const double a = normal(), b = normal();
  return {1e3 + 5 * a, 0.8 * a + 0.6 * b};
}

// Mean and covariance of records, and squared distances from them.
struct Baseline2 {
  Point mean{};
  double xx = 0, xy = 0, yy = 0;

  explicit Baseline2(const std::vector<Point>& records) {
    const auto n = static_cast<double>(records.size());
    for (const Point& r : records) {
      mean[0] += r[0] / n;
      mean[1] += r[1] / n;
    }
    for (const Point& r : records) {
      const double x = r[0] - mean[0], y = r[1] - mean[1];
      xx += x * x / (n - 1);
      xy += x * y / (n - 1);
      yy += y * y / (n - 1);
    }
  }
  double squared_distance(const Point& p) const {
    const double x = p[0] - mean[0], y = p[1] - mean[1];
    return (yy * x * x - 2 * xy * x * y + xx * y * y) / (xx * yy - xy * xy);
  }
};

std::vector<Point> random_records(Normal& normal, int n) {
  std::vector<Point> records;
  for (int i = 0; i < n; ++i) records.push_back(random_point(normal));
  return records;
}

TEST(Simulation, IntervalsOfTheMeanCover) {
  Normal normal(41);
  constexpr int n = 5;
  const double t = upper_t_quantile(0.025, n - 1);
  int covered = 0;
  for (int s = 0; s < sets; ++s) {
    double sum = 0, squares = 0;
    for (int i = 0; i < n; ++i) {
      const double x = normal();
      sum += x;
      squares += x * x;
    }
    const double variance = (squares - sum * sum / n) / (n - 1);
    covered += std::abs(sum / n) <= t * std::sqrt(variance / n) ? 1 : 0;
  }
  EXPECT_NEAR(covered / double{sets}, 0.95, four_errors(0.95, sets));
}

TEST(Simulation, RegionsOfTheMeanVectorCover) {
  Normal normal(42);
  constexpr int n = 8;
  const double limit = upper_hotelling_quantile(0.05, n, 2);
  int covered = 0;
  for (int s = 0; s < sets; ++s) {
    const Baseline2 baseline(random_records(normal, n));
    covered += n * baseline.squared_distance({1e3, 0}) <= limit ? 1 : 0;
  }
  EXPECT_NEAR(covered / double{sets}, 0.95, four_errors(0.95, sets));
}

TEST(Simulation, DistancesFlagAsOftenAsTheySay) {
  Normal normal(43);
  constexpr int n = 20;
  constexpr double rate = 0.01;
  const DistanceLaw without(n, 2, BaselineKind::without_record), with(n, 2, BaselineKind::with_record);
  const double limit_without = without.critical_squared_distance(std::log(rate)).value();
  const double limit_with = with.critical_squared_distance(std::log(rate)).value();
  const double limit_chi_square = -2 * std::log(rate);
  int flagged_without = 0, flagged_with = 0, flagged_chi_square = 0;
  for (int s = 0; s < sets; ++s) {
    const std::vector<Point> records = random_records(normal, n);
    const Baseline2 baseline(records);
    const double outside = baseline.squared_distance(random_point(normal));
    flagged_without += outside > limit_without ? 1 : 0;
    flagged_chi_square += outside > limit_chi_square ? 1 : 0;
    flagged_with += baseline.squared_distance(records[0]) > limit_with ? 1 : 0;
  }
  EXPECT_NEAR(flagged_without / double{sets}, rate, four_errors(rate, sets));
  EXPECT_NEAR(flagged_with / double{sets}, rate, four_errors(rate, sets));
  EXPECT_GT(flagged_chi_square / double{sets}, 2 * rate);
}

// Mean share of false ones among the rejected; the first `true_nulls` hypotheses are true.
class FalseDiscoveries {
 public:
  void add(const std::vector<double>& values, std::size_t true_nulls, const Rejection& r) {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < true_nulls; ++i) wrong += values[i] <= r.log_threshold ? 1 : 0;
    const double share =
        r.rejected == 0 ? 0.0 : static_cast<double>(wrong) / static_cast<double>(r.rejected);
    sum_ += share;
    squares_ += share * share;
    power_ +=
        static_cast<double>(r.rejected - wrong) / static_cast<double>(values.size() - true_nulls);
    ++count_;
  }
  double rate() const { return sum_ / count_; }
  double power() const { return power_ / count_; }
  double four_errors() const {
    return 4 * std::sqrt((squares_ / count_ - rate() * rate()) / count_);
  }

 private:
  double sum_ = 0, squares_ = 0, power_ = 0, count_ = 0;
};

constexpr std::size_t tests = 40, true_nulls = 30;
constexpr double alpha = 0.1;

// One-sided normal tests; `common` is the share of variance that all have in common.
std::vector<double> normal_log_p(Normal& normal, double common) {
  const double shared = normal() * std::sqrt(common);
  std::vector<double> log_p;
  for (std::size_t i = 0; i < tests; ++i) {
    const double z = shared + std::sqrt(1 - common) * normal() + (i < true_nulls ? 0 : 3);
    const double two_sided = log_upper_chi_square(z * z, 1);
    log_p.push_back(z > 0 ? two_sided - std::log(2) : std::log1p(-std::exp(two_sided) / 2));
  }
  return log_p;
}

TEST(Simulation, FalseDiscoveryRateOfIndependentTests) {
  Normal normal(44);
  FalseDiscoveries bh, by;
  for (int s = 0; s < sets; ++s) {
    const std::vector<double> log_p = normal_log_p(normal, 0);
    bh.add(log_p, true_nulls,
           step_up(log_p, alpha, FdrMethod::benjamini_hochberg, RankSums::solo()));
    by.add(log_p, true_nulls,
           step_up(log_p, alpha, FdrMethod::benjamini_yekutieli, RankSums::solo()));
  }
  // With independent tests it is alpha times the share of true nulls, exactly.
  EXPECT_NEAR(bh.rate(), alpha * true_nulls / tests, bh.four_errors());
  EXPECT_LE(by.rate(), bh.rate());
  EXPECT_GT(bh.power(), 0.7);
}

TEST(Simulation, FalseDiscoveryRateOfCorrelatedTests) {
  Normal normal(45);
  FalseDiscoveries bh, e;
  for (int s = 0; s < sets; ++s) {
    const std::vector<double> log_p = normal_log_p(normal, 0.5);
    bh.add(log_p, true_nulls,
           step_up(log_p, alpha, FdrMethod::benjamini_hochberg, RankSums::solo()));
    std::vector<double> minus_log_e;
    for (const double v : log_p) minus_log_e.push_back(-log_e_value(v));
    e.add(minus_log_e, true_nulls,
          step_up(minus_log_e, alpha, FdrMethod::e_values, RankSums::solo()));
  }
  EXPECT_LE(bh.rate(), alpha + bh.four_errors());
  EXPECT_LE(e.rate(), alpha + e.four_errors());
  EXPECT_GT(bh.power(), 0.5);
}

// As it is used: distances of records to one estimated baseline, some of the records shifted.
TEST(Simulation, FalseDiscoveryRateOfDistances) {
  Normal normal(46);
  const DistanceLaw law(30, 2, BaselineKind::without_record);
  FalseDiscoveries bh;
  for (int s = 0; s < sets; ++s) {
    const Baseline2 baseline(random_records(normal, 30));
    std::vector<double> log_p;
    for (std::size_t i = 0; i < tests; ++i) {
      Point p = random_point(normal);
      if (i >= true_nulls) p[1] += 3;
      log_p.push_back(law.log_p(baseline.squared_distance(p)).value());
    }
    bh.add(log_p, true_nulls,
           step_up(log_p, alpha, FdrMethod::benjamini_hochberg, RankSums::solo()));
  }
  EXPECT_LE(bh.rate(), alpha + bh.four_errors());
  EXPECT_GT(bh.power(), 0.5);
}

}  // namespace
}  // namespace trawl::core
