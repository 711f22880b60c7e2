// Constants of the MCD; sources in mcd.hpp.
#pragma once

#include <cstddef>

namespace trawl::core {

// Size of the subset for n records of p features (robustbase's h.alpha.n).
std::size_t mcd_subset_size(double alpha, std::size_t n, std::size_t p);

// What makes the covariance of the share of normal records that are nearest to the centre right.
double mcd_consistency(std::size_t p, double share);

// Pison, Van Aelst and Willems, 2002; alpha in [0.5, 1].
double mcd_small_sample(std::size_t p, std::size_t n, double alpha);
double mcd_small_sample_reweighted(std::size_t p, std::size_t n, double alpha);

}  // namespace trawl::core
