#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/mahalanobis.hpp>
#include <trawl/core/stats/tails.hpp>

#include "core/stats/incomplete_beta.hpp"
#include "core/stats/log_quantile.hpp"

namespace trawl::core {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void need(bool good, std::int64_t n, std::int64_t rank) {
  if (good) return;
  throw InputError(fmt::format(
      "a distance has no law: {} records, rank {} (counts must fit). Check the baseline.", n,
      rank));
}

}  // namespace

DistanceLaw::DistanceLaw(std::int64_t n, std::int64_t rank, BaselineKind baseline)
    : n_(static_cast<double>(n)),
      rank_(static_cast<double>(rank)),
      baseline_(baseline),
      decided_(false) {
  constexpr std::int64_t most = std::int64_t{1} << 50;  // squares in 106 bits
  need(n >= 0 && n <= most && rank >= 0, n, rank);
  decided_ = rank >= 1 && rank <= n / records_per_direction;
  if (!decided_) return;
  const double others = baseline == BaselineKind::with_record ? n_ - 1.0 : n_;
  const DoubleDouble log_beta = IncompleteBeta(0.5 * rank_, 0.5 * (others - rank_)).log_beta();
  log_beta_hi_ = log_beta.hi;
  log_beta_lo_ = log_beta.lo;
}

double DistanceLaw::log_upper(double squared_distance) const {
  if (squared_distance <= 0.0) return 0.0;
  if (squared_distance == infinity) return -infinity;
  // The odds of the beta law: n D2 : n^2 - 1 without the record (d / (n - d) times the F
  // statistic), n D2 : (n - 1)^2 - n D2 with it. Both sides are halved until the products are in
  // range.
  const bool with = baseline_ == BaselineKind::with_record;
  const int halvings = squared_distance > 0x1p600 ? 500 : 0;
  const DoubleDouble part = two_product(std::ldexp(squared_distance, -halvings), n_);
  const DoubleDouble square = two_product(n_ - 1.0, with ? n_ - 1.0 : n_ + 1.0);
  const DoubleDouble whole = scale(square, -halvings);
  const DoubleDouble rest = with ? whole - part : whole;
  if (!(rest.hi > 0.0)) return -infinity;
  const double others = with ? n_ - 1.0 : n_;
  return IncompleteBeta(0.5 * rank_, 0.5 * (others - rank_), {log_beta_hi_, log_beta_lo_})
      .log_upper(part, rest)
      .value();
}

std::optional<double> DistanceLaw::log_p(double squared_distance) const {
  if (std::isnan(squared_distance)) {
    throw InputError("a squared distance is NaN: it has no p-value. Leave the record out.");
  }
  if (!decided_) return std::nullopt;
  return log_upper(squared_distance);
}

std::optional<double> DistanceLaw::critical_squared_distance(double log_p) const {
  if (!(log_p < 0.0)) {
    throw InputError(fmt::format(
        "a critical distance cannot be computed: log p = {} (it must be below 0).", log_p));
  }
  if (!decided_) return std::nullopt;
  return log_quantile([this](double x) { return log_upper(x); }, log_p);
}

double upper_hotelling_quantile(double p, std::int64_t n, std::int64_t rank) {
  need(rank >= 1 && n > rank, n, rank);
  const auto records = static_cast<double>(n), directions = static_cast<double>(rank);
  return directions * (records - 1.0) / (records - directions) *
         upper_f_quantile(p, directions, records - directions);
}

}  // namespace trawl::core
