#include <algorithm>
#include <cmath>
#include <limits>

#include <trawl/base/error.hpp>
#include <trawl/core/evidence/mixture.hpp>
#include <trawl/core/exact/elementary.hpp>

namespace trawl::evidence {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void check_weight(double weight) {
  if (!(weight >= 0 && weight < infinity)) {
    throw InputError("an alternative of a mixture cannot be weighed by " + std::to_string(weight) +
                     ": weights are finite and not negative");
  }
}

}  // namespace

ExpSum::ExpSum(double greatest) : greatest_(greatest) {
  if (!std::isfinite(greatest)) {
    throw InputError("the greatest of a mixture's alternatives has to be finite");
  }
}

void ExpSum::add(double x, double weight) {
  check_weight(weight);
  if (!(x <= greatest_)) {
    throw InputError("an alternative of a mixture is above the greatest, or not a number: " +
                     std::to_string(x));
  }
  sum_.add_product(core::rounded::exp(x - greatest_), weight);
}

void ExpSum::merge(const ExpSum& other) {
  if (greatest_ != other.greatest_) {
    throw InputError(
        "sums of exponentials cannot be merged: they are relative to different "
        "greatest terms; find the greatest of all first");
  }
  sum_.merge(other.sum_);
}

double ExpSum::value() const {
  return greatest_ + core::rounded::log(sum_.value());
}

double log_sum_exp(std::span<const double> x, std::span<const double> weights) {
  if (!weights.empty() && weights.size() != x.size()) {
    throw InputError("a mixture needs as many weights as alternatives");
  }
  const auto weight = [&](std::size_t i) { return weights.empty() ? 1.0 : weights[i]; };
  double greatest = -infinity;
  for (std::size_t i = 0; i < x.size(); ++i) {
    check_weight(weight(i));
    if (std::isnan(x[i])) throw InputError("an alternative of a mixture is not a number");
    if (weight(i) > 0) greatest = std::max(greatest, x[i]);
  }
  if (std::isinf(greatest)) return greatest;
  ExpSum sum(greatest);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (weight(i) > 0) sum.add(x[i], weight(i));
  }
  return sum.value();
}

}  // namespace trawl::evidence
