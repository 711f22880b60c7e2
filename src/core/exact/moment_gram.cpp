#include "core/exact/moment_gram.hpp"

#include <optional>

namespace trawl::core::exact {
namespace {

std::vector<ColumnPair> moment_pairs(std::size_t features) {
  std::vector<ColumnPair> pairs;
  const auto add = [&](std::size_t a, std::size_t b) {
    pairs.push_back({static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b)});
  };
  for (std::size_t i = 0; i < features; ++i) {
    for (std::size_t j = 0; j <= i; ++j) add(i, j);
  }
  for (std::size_t i = 0; i < features; ++i) add(i, features);
  return pairs;
}

}  // namespace

Gram& moment_gram(std::size_t features, int slice_bits) {
  struct Kept {
    std::size_t features = 0;
    int slice_bits = 0;
    std::optional<Gram> gram;
  };
  thread_local Kept kept;
  // Not the one of an exception before take(): it would still hold sums.
  if (!kept.gram || kept.features != features || kept.slice_bits != slice_bits ||
      !kept.gram->is_empty()) {
    kept.gram.emplace(features + 1, moment_pairs(features), slice_bits);
    kept.features = features;
    kept.slice_bits = slice_bits;
  }
  return *kept.gram;
}

Columns with_ones(std::span<const double* const> columns) {
  static const std::vector<double> ones(block_rows, 1.0);
  Columns out;
  std::copy(columns.begin(), columns.end(), out.begin());
  out[columns.size()] = ones.data();
  return out;
}

}  // namespace trawl::core::exact
