#include "core/exact/moment_gram.hpp"

#include <optional>

namespace trawl::core::exact {

Gram& moment_gram(std::size_t features, ProductSums products, int slice_bits) {
  struct Kept {
    std::size_t features = 0;
    ProductSums products = ProductSums::all;
    int slice_bits = 0;
    std::optional<Gram> gram;
  };
  thread_local Kept kept;
  // Not one that an exception left behind with sums in it.
  if (!kept.gram || kept.features != features || kept.products != products ||
      kept.slice_bits != slice_bits || !kept.gram->is_empty()) {
    kept.gram.emplace(features, products == ProductSums::all ? Products::all : Products::own,
                      slice_bits);
    kept.features = features;
    kept.products = products;
    kept.slice_bits = slice_bits;
  }
  return *kept.gram;
}

}  // namespace trawl::core::exact
