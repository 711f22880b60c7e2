// The sums of ExactMoments: superaccumulators, filled by slices in bulk.
#include <string>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/moments.hpp>

#include "core/exact/kernels.hpp"
#include "core/exact/moment_gram.hpp"

namespace trawl::core {
namespace {

template <class Range>
ScaledInteger scaled(const ExactAccumulator<Range>& sum) {
  auto words = sum.words();
  return {std::move(words.words), Range::lowest_bit + 32 * static_cast<int>(words.first_word)};
}

}  // namespace

ExactSums::ExactSums(std::size_t features) {
  if (features < 1 || features > max_features) {
    throw InputError("moments of " + std::to_string(features) + " features: 1 to 64 are possible");
  }
  sums_.resize(features);
  products_.resize(pair_index(features, 0));
}

void ExactSums::add_record(const double* values, bool negative) {
  std::size_t pair = 0;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const double x = values[i];
    negative ? sums_[i].subtract(x) : sums_[i].add(x);
    for (std::size_t j = 0; j <= i; ++j, ++pair) {
      products_[pair].add_product(negative ? -x : x, values[j]);
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
    if (pair < products_.size()) {
      products_[pair].add_scaled(term, exponent);
    } else {
      sums_[pair - products_.size()].add_scaled(term, exponent);
    }
  };
  exact::Gram& gram = exact::moment_gram(columns.size(), exact::max_slice_bits);
  exact::GramBlock(gram, columns, rows, deposit, add_rows).add(exponents);
}

void ExactSums::merge(const ExactSums& other, bool negative) {
  const auto merge_all = [negative](auto& mine, const auto& others) {
    for (std::size_t i = 0; i < mine.size(); ++i) {
      negative ? mine[i].subtract(others[i]) : mine[i].merge(others[i]);
    }
  };
  merge_all(sums_, other.sums_);
  merge_all(products_, other.products_);
}

ScaledInteger ExactSums::sum(std::size_t i) const {
  return scaled(sums_[i]);
}

ScaledInteger ExactSums::product_sum(std::size_t i, std::size_t j) const {
  return scaled(products_[pair_index(i, j)]);
}

void ExactSums::append_bytes(std::vector<std::byte>& out) const {
  for (const ExactSum& sum : sums_) sum.append_bytes(out);
  for (const ExactDot& sum : products_) sum.append_bytes(out);
}

ExactSums ExactSums::read(Bytes& bytes, std::size_t features) {
  ExactSums out(features);
  const auto read_all = [&](auto& sums) {
    for (auto& sum : sums) {
      sum = std::remove_reference_t<decltype(sum)>::read(bytes);
      if (sum.nan_count() != 0 || sum.positive_infinity_count() != 0 ||
          sum.negative_infinity_count() != 0) {
        throw DataError("damaged bytes of moments: a sum of values that are not finite");
      }
    }
  };
  read_all(out.sums_);
  read_all(out.products_);
  return out;
}

}  // namespace trawl::core
