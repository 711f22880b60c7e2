// exp in sums of two doubles, for the fast half of elementary.hpp.
#pragma once

#include "core/stats/double_double.hpp"

namespace trawl::core::exact {

// m * 2^k, m near [1, 2): so that numbers may be as small as subnormal ones, and smaller.
struct Scaled {
  DoubleDouble m;
  int k = 0;
};

// exp(x) for -745.14 <= x <= 709.79, relative error below 2^-95. Tang, "Table-driven implementation
// of the exponential function in IEEE floating-point arithmetic" (ACM TOMS 15, 1989).
Scaled exp_scaled(double x);

}  // namespace trawl::core::exact
