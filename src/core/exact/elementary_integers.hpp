// The slow half of elementary.hpp: the same functions in integers, for any argument where the
// result is neither rational nor outside the doubles' range.
#pragma once

namespace trawl::core::exact {

double integer_exp(double x);          // finite, not 0
double integer_log(double x);          // finite, > 0, not 1
double integer_log1p(double x);        // finite, > -1, |x| >= 2^-54
double integer_sigmoid(double x);      // finite, |x| >= 2^-54
double integer_log_sigmoid(double x);  // finite, > -745
double integer_logit(double p);        // inside (0, 1), not 1/2

}  // namespace trawl::core::exact
