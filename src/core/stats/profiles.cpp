#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <trawl/core/stats/profiles.hpp>

namespace trawl::core {
namespace {

// Differences up to the whole range of doubles.
double standardised(double value, double mean, double sd) {
  const double difference = value - mean;
  if (std::isfinite(difference)) return difference / sd;
  return (value * 0.5 - mean * 0.5) / (sd * 0.5);
}

double largest(std::span<const double> values) {
  double out = 0;
  for (const double value : values) out = std::max(out, std::abs(value));
  return out;
}

void centre(std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  for (double& value : values) value -= mean;
}

}  // namespace

ProfileScale::ProfileScale(const ExactMoments& means)
    : ProfileScale(means.means(), [&] {
        std::vector<double> sd;
        for (std::size_t i = 0; i < means.features(); ++i)
          sd.push_back(means.standard_deviation(i, 0));
        return sd;
      }()) {}

ProfileScale::ProfileScale(std::vector<double> mean, std::vector<double> sd)
    : mean_(std::move(mean)), sd_(std::move(sd)) {
  varying_ = static_cast<std::size_t>(std::ranges::count_if(sd_, [](double s) { return s > 0; }));
}

std::vector<double> ProfileScale::unit(std::span<const double> entity_mean) const {
  std::vector<double> z;
  if (!enough()) return z;
  for (std::size_t i = 0; i < sd_.size(); ++i) {
    if (sd_[i] > 0) z.push_back(standardised(entity_mean[i], mean_[i], sd_[i]));
  }
  // What is left of equal numbers after centring is the rounding of their sum, 2^-53 for each.
  const double rounding = largest(z) * static_cast<double>(z.size()) * 0x1p-50;
  centre(z);
  const double scale = largest(z);
  if (scale <= rounding) return {};
  double squares = 0;
  for (double& value : z) {
    value /= scale;  // squares neither overflow nor vanish
    squares += value * value;
  }
  const double norm = std::sqrt(squares);
  for (double& value : z) value /= norm;
  return z;
}

double correlation(std::span<const double> u, std::span<const double> v) {
  if (std::ranges::equal(u, v)) return 1;
  // Four sums side by side, in an order that vector units follow.
  std::array<double, 4> sums{};
  std::size_t i = 0;
  for (; i + 4 <= u.size(); i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) sums[lane] += u[i + lane] * v[i + lane];
  }
  for (std::size_t lane = 0; i < u.size(); ++i, ++lane) sums[lane] += u[i] * v[i];
  return std::clamp((sums[0] + sums[1]) + (sums[2] + sums[3]), -1.0, 1.0);
}

bool comes_before(const CorrelatedPair& left, const CorrelatedPair& right) {
  if (left.correlation != right.correlation) return left.correlation > right.correlation;
  return std::pair(left.a, left.b) < std::pair(right.a, right.b);
}

}  // namespace trawl::core
