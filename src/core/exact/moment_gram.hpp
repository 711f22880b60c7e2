// What the bulk paths of both forms of moments share.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>

#include <trawl/core/exact/moments.hpp>

#include "core/exact/gram_blocks.hpp"

namespace trawl::core::exact {

// Fewer rows than this cost more in bulk than one by one.
inline constexpr std::size_t min_bulk_rows = 16;

// How many products there are, and where that of features i and j stands; std::logic_error when it
// is not summed. Those of feature i by feature j <= i begin with j = first_factor.
constexpr std::size_t product_count(std::size_t features, ProductSums products) {
  return products == ProductSums::all ? pair_index(features, 0) : features;
}
constexpr std::size_t first_factor(std::size_t i, ProductSums products) {
  return products == ProductSums::all ? 0 : i;
}
inline std::size_t product_index(std::size_t i, std::size_t j, ProductSums products) {
  if (products == ProductSums::all) return pair_index(i, j);
  if (i != j) throw std::logic_error("products of two features were not summed");
  return i;
}

// The calling thread's own Gram of these products, kept from call to call, since faulting its pages
// in would cost more than short blocks do. Empty.
Gram& moment_gram(std::size_t features, ProductSums products, int slice_bits);

}  // namespace trawl::core::exact
