// exp, log and what probabilities need of them, correctly rounded: the double nearest to the true
// value (there are no ties). So their bits are the same on every host, which those
// of the host's mathematical library are not.
//
// After Ziv, "Fast evaluation of elementary mathematical functions with correctly rounded last bit"
// (ACM TOMS 17, 1991): first in sums of two doubles, with an error below 2^-88; when that does not
// decide the rounding (about once in 2^34 calls), in integers of 128 bits, 256, and so on. That it
// ends follows from the theorem of Lindemann and Weierstrass: apart from the values handled before,
// no result is a rational number, so none lies halfway between two doubles.
//
// Local, pure, for any number of threads. Under a rounding mode other than to nearest, or with
// subnormal numbers flushed to zero, all is computed in integers: slower, the same bits. 0.15
// to 0.4 us a call, 6 to 10 us in integers.
#pragma once

namespace trawl::core::rounded {

// NaN for NaN; infinity from 709.78... on; 0 below -745.13... .
double exp(double x);

// -infinity for both zeros, NaN below. log(1) is +0.
double log(double x);

// log(1 + x) of the exact sum. -infinity for -1, NaN below; keeps the sign of zero.
double log1p(double x);

// p = 1 / (1 + exp(-log_odds)): the probability with these log-odds (natural logarithms).
double sigmoid(double log_odds);

// log p; log(1 - p) is log_sigmoid(-log_odds). Never +0: -0 where log p is nearer to 0 than to the
// smallest double, from 745.13... on.
double log_sigmoid(double log_odds);

// The log-odds of a probability, log(p / (1 - p)), of the exact p. -infinity for 0, infinity for 1,
// NaN outside [0, 1].
double logit(double p);

}  // namespace trawl::core::rounded
