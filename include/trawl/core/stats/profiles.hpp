// Which entities behave alike: the correlation of two mean vectors over their features, once each
// feature is measured in its own spread among the entities of a group (Q-mode correlation: Sneath
// and Sokal, "Numerical Taxonomy", 1973, chapter 4).
//
// An entity's profile is z_j = (m_j - M_j) / s_j, with M and s the mean and standard deviation of
// the entities' means. The correlation of two profiles is the cosine of the angle between them once
// each is centred: u . v for u = (z - mean z) / |z - mean z|. As 1 - |u - v|^2 / 2 it is a question
// of near neighbours, which a tree answers without looking at all pairs.
//
// +, -, *, / and sqrt in a fixed order: the same bits on every host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <trawl/core/exact/moments.hpp>

namespace trawl::core {

// With two features every correlation is 1 or -1.
inline constexpr std::size_t min_profile_features = 3;

// How the profiles of one group are measured.
class ProfileScale {
 public:
  // `means`: the moments of the entities' means (stats::Node::between).
  explicit ProfileScale(const ExactMoments& means);
  // Finite values only; one for each feature, sd = 0 where it does not vary.
  ProfileScale(std::vector<double> mean, std::vector<double> sd);

  const std::vector<double>& mean() const { return mean_; }
  // Divided by the number of entities. No correlation depends on that choice.
  const std::vector<double>& sd() const { return sd_; }
  // Features that vary, by the exact variance; the others are left out.
  std::size_t varying() const { return varying_; }
  bool enough() const { return varying_ >= min_profile_features; }

  // u above, varying() numbers. Empty when there is none: enough() does not hold, or the profile is
  // as high in all features, as far as doubles tell. Requires finite values, one for each feature.
  std::vector<double> unit(std::span<const double> entity_mean) const;

 private:
  std::vector<double> mean_, sd_;
  std::size_t varying_ = 0;
};

// In [-1, 1]; 1 when both are equal. correlation(u, v) and correlation(v, u) are the same bits.
// Requires units of equal size.
double correlation(std::span<const double> u, std::span<const double> v);

struct CorrelatedPair {
  std::uint32_t a, b;  // numbers of units, a < b
  double correlation;
  bool operator==(const CorrelatedPair&) const = default;
};

// Of two pairs the one that correlates more comes first, of equal ones that with the smaller a,
// then b.
bool comes_before(const CorrelatedPair& left, const CorrelatedPair& right);

// The first `k` of all pairs of units, or all where there are fewer; in order. `units`: row by row,
// `width` numbers each, as ProfileScale::unit gives them; below 2^32 of them (InputError).
//
// Exact: what is skipped is proven to come behind. A k-d tree over the units, searched against
// itself (Gray and Moore, "N-body problems in statistical learning", NIPS 2000). O(n log n) to make
// it; the search is close to linear in n where few directions matter or entities are clustered, and
// tends to n^2 for 20 and more independent features: then no tree can tell who is near. O(n width)
// memory.
std::vector<CorrelatedPair> top_pairs(std::span<const double> units, std::size_t width,
                                      std::size_t k);
// The same by looking at all pairs. O(n^2 width).
std::vector<CorrelatedPair> top_pairs_reference(std::span<const double> units, std::size_t width,
                                                std::size_t k);

}  // namespace trawl::core
