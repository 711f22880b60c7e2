// L D L' of a covariance matrix, from exact numerators: in doubles with a proof of full rank, or in
// integers, where it decides the rank.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/exact/wide.hpp"

namespace trawl::core {

// Exact moments as integers.
struct CentredMatrix {
  std::int64_t count = 0;
  std::vector<exact::Wide> sums;
  std::vector<exact::Wide> entries;  // by pair_index: count^2 times the covariance divided by count
  std::size_t size() const { return sums.size(); }
};

// Of the matrix whose row and column i are divided by 2^scales[i]; scales come from variances.
struct Factor {
  std::vector<std::size_t> independent;
  std::vector<int> scales;          // of independent features
  std::vector<double> lower;        // r x r, [k * r + i] is L_ik; 0 on and above the diagonal
  std::vector<double> lower_rests;  // what is missing to 106 bits; empty when not needed
  std::vector<double> pivots;       // D, of the covariance divided by count - 1
};

// total = count * sum of weights[i] * x[features[i]] holds exactly; the last feature depends on the
// others.
struct Relation {
  std::vector<std::size_t> features;
  std::vector<exact::Wide> weights;
  exact::Wide total;
};

exact::Wide double_to_wide(double value);  // finite

// The rest of a / b after `rounded`, rounded once: together 106 bits.
double round_rest(const exact::Wide& a, const exact::Wide& b, double rounded);

// About the binary exponent of the standard deviation of feature i, between -1000 and 1000; depends
// on the number, not on its representation. 0 for a constant feature.
int scale_exponent(const CentredMatrix& matrix, std::size_t i);

// Of some features, ascending. Nothing when doubles cannot prove them independent (baseline.hpp).
std::optional<Factor> factor_in_doubles(const CentredMatrix& matrix,
                                        const std::vector<std::size_t>& features);

// InputError when the matrix has a negative eigenvalue.
struct ExactFactor {
  Factor factor;
  std::vector<Relation> relations;
};
ExactFactor factor_in_integers(const CentredMatrix& matrix);

}  // namespace trawl::core
