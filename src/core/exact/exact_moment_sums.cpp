// The sums of ExactMoments: superaccumulators, filled by slices in bulk.
#include <string>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/moments.hpp>

#include "core/exact/double_parts.hpp"
#include "core/exact/kernels.hpp"
#include "core/exact/moment_gram.hpp"

namespace trawl::core {
ExactSums::ExactSums(Configuration configuration)
    : sums_(configuration.features),
      products_(exact::product_count(configuration.features, configuration.products)),
      summed_(configuration.products) {
  if (features() < 1 || features() > max_features) {
    throw InputError("moments of " + std::to_string(features()) +
                     " features: 1 to 64 are possible");
  }
}

void ExactSums::add_record(const double* values, bool negative) {
  sums_.prefetch();
  products_.prefetch();
  std::array<exact::DoubleParts, max_features> parts;
  std::size_t pair = 0;
  for (std::size_t i = 0; i < features(); ++i) {
    const exact::DoubleParts x(values[i]);
    parts[i] = x;
    sums_.add(i, x.mantissa, x.position, negative != x.negative);
    for (std::size_t j = exact::first_factor(i, summed_); j <= i; ++j, ++pair) {
      const exact::Wide128 product = exact::Wide128{x.mantissa} * parts[j].mantissa;
      products_.add(pair, static_cast<std::uint64_t>(product >> 64),
                    static_cast<std::uint64_t>(product), x.position + parts[j].position,
                    negative != (x.negative != parts[j].negative));
    }
  }
}

void ExactSums::add_columns(std::span<const double* const> columns, std::size_t rows,
                            std::span<const int> exponents, bool negative) {
  const auto add_rows = [&](std::size_t begin, std::size_t end) {
    std::array<double, max_features> record;
    for (std::size_t row = begin; row < end; ++row) {
      for (std::size_t i = 0; i < columns.size(); ++i) record[i] = columns[i][row];
      add_record(record.data(), negative);
    }
  };
  if (rows < exact::min_bulk_rows || !exact::default_float_environment()) return add_rows(0, rows);
  const auto deposit = [&](std::size_t pair, std::int64_t term, int exponent) {
    if (negative) term = -term;
    if (pair < products_.rows()) {
      products_.add_scaled(pair, term, exponent);
    } else {
      sums_.add_scaled(pair - products_.rows(), term, exponent);
    }
  };
  exact::Gram& gram = exact::moment_gram(columns.size(), summed_, exact::max_slice_bits);
  exact::GramBlock(gram, columns, rows, deposit, add_rows).add(exponents);
}

void ExactSums::merge(const ExactSums& other, bool negative) {
  sums_.merge(other.sums_, negative);
  products_.merge(other.products_, negative);
}

ScaledInteger ExactSums::sum(std::size_t i) const {
  return sums_.exact_value(i);
}

ScaledInteger ExactSums::product_sum(std::size_t i, std::size_t j) const {
  return products_.exact_value(exact::product_index(i, j, summed_));
}

void ExactSums::append_bytes(std::vector<std::byte>& out) const {
  sums_.append_bytes(out);
  products_.append_bytes(out);
}

ExactSums ExactSums::read(Bytes& bytes, std::size_t features, ProductSums products) {
  ExactSums out({features, products});
  Bytes rest = bytes;
  out.sums_ = DigitTable<SumRange>::read(rest, out.sums_.rows());
  out.products_ = DigitTable<ProductRange>::read(rest, out.products_.rows());
  bytes = rest;
  return out;
}

}  // namespace trawl::core
