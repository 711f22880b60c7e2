// Sums of products: one by one in integers, in bulk by slices.
#include <cmath>
#include <stdexcept>

#include <trawl/core/exact/exact_sum.hpp>

#include "core/exact/double_parts.hpp"
#include "core/exact/gram_blocks.hpp"
#include "core/exact/kernels.hpp"

namespace trawl::core {
namespace {

// Below it, the fixed cost of a block is more than multiplying one by one.
constexpr std::size_t min_block = 32;

}  // namespace

template <>
void ExactAccumulator<ProductRange>::add_signed_product(double a, double b, bool negative) {
  if (!std::isfinite(a) || !std::isfinite(b)) return count_special(a * b, negative);
  const exact::DoubleParts x(a), y(b);
  const exact::Wide128 product = exact::Wide128{x.mantissa} * y.mantissa;
  const std::uint32_t position = x.position + y.position;
  const bool minus = negative != (x.negative != y.negative);
  deposit(static_cast<std::uint64_t>(product), position, minus);
  deposit(static_cast<std::uint64_t>(product >> 64), position + 64, minus);
}

template <>
void ExactAccumulator<ProductRange>::add_all_products(std::span<const double> a,
                                                      std::span<const double> b, bool negative) {
  if (a.size() != b.size()) throw std::invalid_argument("products of spans of different sizes");
  const auto add_rows = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) add_signed_product(a[i], b[i], negative);
  };
  if (a.size() < min_block || !exact::default_float_environment()) return add_rows(0, a.size());
  const auto deposit = [&](std::size_t, std::int64_t term, int exponent) {
    add_scaled(negative ? -term : term, exponent);
  };
  exact::Gram gram(2, exact::Products::of_first, exact::max_slice_bits);
  for (std::size_t begin = 0; begin < a.size(); begin += exact::block_rows) {
    const std::size_t rows = std::min(exact::block_rows, a.size() - begin);
    const std::array<const double*, 2> columns = {a.data() + begin, b.data() + begin};
    const auto one_by_one = [&](std::size_t first, std::size_t last) {
      add_rows(begin + first, begin + last);
    };
    const std::array<int, 2> exponents = {exact::exponent_above(columns[0], rows),
                                          exact::exponent_above(columns[1], rows)};
    exact::GramBlock(gram, columns, rows, deposit, one_by_one).add(exponents);
  }
}

}  // namespace trawl::core
