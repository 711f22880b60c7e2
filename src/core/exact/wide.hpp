// Integers of any size (Boost.Multiprecision), for the few steps between exact sums and results.
#pragma once

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
// gcc 12 takes the unused half of a union for one that is read.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <boost/multiprecision/cpp_int.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <trawl/core/exact/scaled_integer.hpp>

namespace trawl::core::exact {

using BigInt = boost::multiprecision::cpp_int;

// value * 2^exponent
struct Wide {
  BigInt value;
  int exponent = 0;
};

Wide to_wide(const ScaledInteger& number);
ScaledInteger to_scaled(const Wide& number);

Wide multiply(const Wide& a, const Wide& b);
Wide subtract(const Wide& a, const Wide& b);

// a / b and sign(a) * sqrt(|a / b|), rounded once to nearest, ties to even. NaN when b is 0.
// Computed to about 100 bits first; only where these leave the rounding open, or near the ends of
// the range of doubles, in integers (Ziv, ACM TOMS 17, 1991).
double round_ratio(const Wide& a, const Wide& b);
double round_root_of_ratio(const Wide& a, const Wide& b);
// The same in integers at once: the slow twins, five to ten times slower.
double round_ratio_in_integers(const Wide& a, const Wide& b);
double round_root_of_ratio_in_integers(const Wide& a, const Wide& b);
// The same of a sum and a count, count > 0; in 128 bits where they suffice.
double round_mean(const ScaledInteger& sum, std::int64_t count);

}  // namespace trawl::core::exact
