// Units to search for pairs: random ones, clusters, and copies of each other.
#pragma once

#include <cstddef>
#include <random>
#include <vector>

#include <trawl/core/stats/profiles.hpp>

namespace trawl::core {

struct Cloud {
  std::size_t count = 100, features = 3;
  std::size_t clusters = 0;  // 0: every entity by itself
  double spread = 0.1;       // of a cluster
  std::size_t distinct = 0;  // 0: all; else as many different ones
  bool integers = false;     // few different values: ties
};

// Means row by row.
inline std::vector<double> means_of(const Cloud& cloud, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  const auto value = [&] {
    return cloud.integers ? static_cast<double>(random() % 3) : normal(random);
  };
  std::vector<double> centres(cloud.clusters * cloud.features), rows;
  for (double& x : centres) x = normal(random);
  const std::size_t fresh = cloud.distinct == 0 ? cloud.count : cloud.distinct;
  for (std::size_t i = 0; i < cloud.count; ++i) {
    const std::size_t centre = cloud.clusters == 0 ? 0 : random() % cloud.clusters;
    const std::size_t copied = random() % fresh;
    for (std::size_t j = 0; j < cloud.features; ++j) {
      if (i >= fresh) {
        rows.push_back(rows[copied * cloud.features + j]);
      } else if (cloud.clusters == 0) {
        rows.push_back(value());
      } else {
        rows.push_back(centres[centre * cloud.features + j] + cloud.spread * value());
      }
    }
  }
  return rows;
}

inline ProfileScale scale_of(const std::vector<double>& rows, std::size_t features) {
  ExactMoments moments(features);
  moments.add(rows);
  return ProfileScale(moments);
}

// Units of all rows that have one; `width`: numbers of each.
inline std::vector<double> units_of(const std::vector<double>& rows, std::size_t features,
                                    std::size_t& width) {
  const ProfileScale scale = scale_of(rows, features);
  width = scale.varying();
  std::vector<double> units;
  for (std::size_t at = 0; at < rows.size(); at += features) {
    const auto unit = scale.unit(std::span(rows).subspan(at, features));
    units.insert(units.end(), unit.begin(), unit.end());
  }
  return units;
}

}  // namespace trawl::core
