// Logarithms of tail probabilities, without underflow, and the quantiles of confidence intervals.
//
// log p is right to 1e-14 relative from p near 1 down to p = exp(-690775) = 10^-300000 and beyond
// (to 3e-14 when both parameters are near 1e9), so that p-values of records far out can be ranked
// and adjusted where p itself would be 0. Where 1 - p is below the smallest normal double the
// result is a subnormal number or 0.
//
// Bits: results depend on IEEE 754 arithmetic of doubles alone (+, -, *, /), not on the host's
// mathematical library, vector width or fused multiply-add: they are the same on all hosts that
// round to nearest and keep subnormals.
//
// Method: x^a (1-x)^b / B(a, b) and e^-z z^a / gamma(a) in logarithms of 106 bits, because their
// factors cancel; times a continued fraction of doubles, of the smaller tail as a rule: DiDonato
// and Morris, ACM TOMS 18 (1992), "algorithm 708", BFRAC (the even part of DLMF 8.17.22), and the
// even part of DLMF 8.9.2; log p = log(1 - q) when the other tail q was computed. F and t by
// DLMF 8.17 and Abramowitz and Stegun 26.6.2, 26.7.1.
//
// All functions: Local; 1 to 4 microseconds (200 when both parameters are near 1e9 and x near the
// mean: steps grow with the root of the parameters). Throw InputError for a parameter that is not
// positive and finite, and for NaN.
#pragma once

namespace trawl::core {

// P(X > x) for X of the chi-square law with k > 0 degrees of freedom. 0 (p = 1) for x <= 0.
double log_upper_chi_square(double x, double k);

// P(X > x) and P(X <= x) of the beta law with shapes a, b > 0: the regularised incomplete beta
// functions I_{1-x}(b, a) and I_x(a, b). x is cut to [0, 1].
double log_upper_beta(double x, double a, double b);
double log_lower_beta(double x, double a, double b);

// P(X > x) of the F law with d1 and d2 degrees of freedom. 0 (p = 1) for x <= 0.
double log_upper_f(double x, double d1, double d2);

// P(X > x) of Student's t law with nu degrees of freedom; any x.
double log_upper_t(double x, double nu);

// The x with P(X > x) = p, for 0 < p < 1: for a confidence interval of 95 % take p = 0.025.
// Relative error of the probability at x below 1e-12. 50 to 100 microseconds.
double upper_t_quantile(double p, double nu);
double upper_chi_square_quantile(double p, double k);
double upper_f_quantile(double p, double d1, double d2);

}  // namespace trawl::core
