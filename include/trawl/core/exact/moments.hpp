// Moments of records of several features: count, sums, and sums of products, without rounding;
// means, variances, covariances and correlations of them, each rounded once.
//
// A summary and a group, as exact sums are: records in any order, blocking, merge tree and vector
// width give the same bytes, and records or states that are subtracted leave no trace. So a record
// that moves from one group to another leaves their union as it was, bit for bit.
//
// Two forms with one interface:
//   ExactMoments  sums of the doubles themselves; any finite values. For 10 features about 3 KB,
//   and
//                 29 ns a record in bulk.
//   FixedMoments  values rounded once, to multiples of a power of two that is configured for each
//                 feature; 128-bit sums. For 10 features 1.1 KB, and 14 ns a record in bulk.
//
// Either sums the products of all features, or only of each with itself: what means, variances and
// deviations need, in 2 / (d + 1) of the memory and less than that of the work. Their results are
// the same bits.
//
// A record counts only as a whole: one value that cannot be added (NaN, infinite, or outside the
// range of a fixed-point feature) refuses the record, and is counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <trawl/core/exact/digit_table.hpp>
#include <trawl/core/exact/scaled_integer.hpp>

namespace trawl::core {

inline constexpr std::size_t max_features = 64;

// Values of one feature that refused their records.
struct RefusedValues {
  std::int64_t nan = 0;
  std::int64_t too_low = 0;   // -infinity, or below the range
  std::int64_t too_high = 0;  // infinity, or above the range
  bool operator==(const RefusedValues&) const = default;
};

// Where the sum of products of features i and j stands in a lower triangle; either order.
constexpr std::size_t pair_index(std::size_t i, std::size_t j) {
  return i < j ? pair_index(j, i) : i * (i + 1) / 2 + j;
}

enum class ProductSums : std::uint8_t {
  all,  // of each two features, and of each with itself
  own,  // of each feature with itself: no covariances
};

struct ExactConfiguration {
  ExactConfiguration(std::size_t features_, ProductSums products_ = ProductSums::all)
      : features(features_), products(products_) {}
  bool operator==(const ExactConfiguration&) const = default;

  std::size_t features;  // 1 to max_features
  ProductSums products;
};

struct FixedConfiguration {
  FixedConfiguration(std::vector<int> units_, ProductSums products_ = ProductSums::all)
      : units(std::move(units_)), products(products_) {}
  FixedConfiguration(std::initializer_list<int> units_) : units(units_) {}
  bool operator==(const FixedConfiguration&) const = default;

  std::vector<int> units;  // exponents of features' units, each -390 to 430
  ProductSums products = ProductSums::all;
};

// The sums of ExactMoments.
class ExactSums {
 public:
  using Configuration = ExactConfiguration;
  static std::uint8_t tag(ProductSums products) { return products == ProductSums::all ? 3 : 8; }

  explicit ExactSums(Configuration configuration);
  Configuration configuration() const { return {sums_.rows(), products()}; }
  ProductSums products() const { return summed_; }
  std::size_t features() const { return sums_.rows(); }
  // A value can be added when it is below 2^(returned) in magnitude.
  int range_exponent(std::size_t) const { return 1024; }

  void add_record(const double* values, bool negative);
  // Rows [0, rows) of all columns, rows <= 1024; column i is below 2^exponents[i] in magnitude.
  void add_columns(std::span<const double* const> columns, std::size_t rows,
                   std::span<const int> exponents, bool negative);
  void merge(const ExactSums& other, bool negative);

  ScaledInteger sum(std::size_t i) const;
  ScaledInteger product_sum(std::size_t i, std::size_t j) const;

  void append_bytes(std::vector<std::byte>& out) const;
  static ExactSums read(Bytes& bytes, std::size_t features, ProductSums products);

 private:
  DigitTable<SumRange> sums_;
  DigitTable<ProductRange> products_;  // by pair_index, or of own products by feature
  ProductSums summed_;
};

// What FixedMoments count for a value of a feature with unit 2^unit_exponent; the value itself when
// it is NaN or out of range.
double fixed_point(double value, int unit_exponent);

// The sums of FixedMoments. The unit of feature i is 2^unit_exponents[i]; values x with
// |x| < 2^43 units are in range, and become the nearest multiple of the unit, ties to the even one.
// The rule depends on the value and the configuration alone. Capacity: 2^40 records; more are
// refused with InputError.
class FixedSums {
 public:
  using Configuration = FixedConfiguration;
  static std::uint8_t tag(ProductSums products) { return products == ProductSums::all ? 4 : 9; }
  static constexpr int range_bits = 43;

  explicit FixedSums(Configuration configuration);
  const Configuration& configuration() const { return *configuration_; }
  ProductSums products() const { return configuration_->products; }
  std::size_t features() const { return configuration_->units.size(); }
  int range_exponent(std::size_t i) const { return unit(i) + range_bits; }

  void add_record(const double* values, bool negative);
  void add_columns(std::span<const double* const> columns, std::size_t rows,
                   std::span<const int> exponents, bool negative);
  void merge(const FixedSums& other, bool negative);

  ScaledInteger sum(std::size_t i) const;
  ScaledInteger product_sum(std::size_t i, std::size_t j) const;

  void append_bytes(std::vector<std::byte>& out) const;
  static FixedSums read(Bytes& bytes, std::size_t features, ProductSums products);

 private:
  __extension__ using Integer = __int128;

  int unit(std::size_t i) const { return configuration_->units[i]; }

  std::shared_ptr<const Configuration> configuration_;  // of all copies
  std::vector<Integer> sums_;  // of features, then of products as ExactSums has them
};

// Local. Not for two threads at once.
template <class Sums>
class Moments {
 public:
  // The moments of no records, the identity of merge. InputError for a configuration that cannot
  // be.
  explicit Moments(typename Sums::Configuration configuration);

  // Records row by row: values.size() must be a multiple of features(). O(n d^2).
  void add(std::span<const double> rows) { add_rows(rows, false); }
  void subtract(std::span<const double> rows) { add_rows(rows, true); }
  // Whether a record would be counted. Requires record.size() == features().
  bool accepts(std::span<const double> record) const;
  // Records as columns of equal size, one for each feature. Faster than rows: nothing is
  // transposed.
  void add_columns(std::span<const std::span<const double>> columns) {
    add_all_columns(columns, false);
  }
  void subtract_columns(std::span<const std::span<const double>> columns) {
    add_all_columns(columns, true);
  }

  // Requires the same configuration (InputError). O(d^2).
  void merge(const Moments& other) { merge_signed(other, false); }
  void subtract(const Moments& other) { merge_signed(other, true); }

  std::size_t features() const { return sums_.features(); }
  typename Sums::Configuration configuration() const { return sums_.configuration(); }
  ProductSums products() const { return sums_.products(); }
  // Records counted, added minus subtracted.
  std::int64_t count() const { return count_; }
  // Records refused, and which values refused them; a record may have several.
  std::int64_t refused() const { return refused_; }
  RefusedValues refused_values(std::size_t feature) const;

  // All below: the exact value for the records counted, rounded once to nearest, ties to even (so
  // that a covariance matrix may be indefinite by its last bits). NaN when it does not exist: too
  // few records, or a correlation with a feature that does not vary.

  double mean(std::size_t i) const;
  // Divided by count() - freedom: 1 for the unbiased estimate from a sample, 0 for the moment of
  // the records as they are.
  double variance(std::size_t i, int freedom = 1) const { return covariance(i, i, freedom); }
  // Of two features, and their correlation: std::logic_error unless all products are summed.
  double covariance(std::size_t i, std::size_t j, int freedom = 1) const;
  double standard_deviation(std::size_t i, int freedom = 1) const;
  // In [-1, 1]; 1 or -1 only when it is exactly that or rounds to it.
  double correlation(std::size_t i, std::size_t j) const;
  std::vector<double> means() const;
  // features() x features(), symmetric.
  std::vector<double> covariance_matrix(int freedom = 1) const;
  std::vector<double> correlation_matrix() const;

  // Exact: sum of x_i, sum of x_i * x_j, and count * (sum of x_i * x_j) - (sum of x_i) * (sum of
  // x_j), which is count^2 times the covariance; what rank decisions need.
  ScaledInteger sum(std::size_t i) const { return sums_.sum(i); }
  ScaledInteger product_sum(std::size_t i, std::size_t j) const { return sums_.product_sum(i, j); }
  ScaledInteger numerator(std::size_t i, std::size_t j) const;

  // Canonical: equal states, and only those, have equal bytes. Layout, little-endian:
  //   u8 tag (sums and products), u8 features, u8 1 if refusals follow, i64 count,
  //   i64 refused, (i64 nan, i64 too low, i64 too high)[features]    (left out when all are 0)
  //   ExactMoments: states of the exact sums[features], of the exact dots[products]
  //   FixedMoments: i16 unit exponents[features], i128 sums[features], i128 products[]
  // with products by pair_index, or of own products by feature.
  std::vector<std::byte> to_bytes() const;
  void append_bytes(std::vector<std::byte>& out) const;
  // DataError for everything that to_bytes would not have written.
  static Moments from_bytes(Bytes bytes);
  // Reads one state from the front of `bytes` and moves them behind it.
  static Moments read(Bytes& bytes);

  bool operator==(const Moments& other) const { return to_bytes() == other.to_bytes(); }

 private:
  void add_rows(std::span<const double> rows, bool negative);
  void add_all_columns(std::span<const std::span<const double>> columns, bool negative);
  void add_block(std::span<const double* const> columns, std::size_t rows, bool negative);
  bool all_in_range(std::span<const int> exponents) const;
  void add_record(const double* values, bool negative);
  bool in_range(std::size_t i, double value) const;
  bool refuses(const double* values, bool negative);
  void count_records(std::size_t rows, bool negative);
  void merge_signed(const Moments& other, bool negative);

  Sums sums_;
  std::int64_t count_ = 0;
  std::int64_t refused_ = 0;
  std::vector<RefusedValues> refused_values_;  // by feature; empty while all are 0
};

using ExactMoments = Moments<ExactSums>;
using FixedMoments = Moments<FixedSums>;

extern template class Moments<ExactSums>;
extern template class Moments<FixedSums>;

}  // namespace trawl::core
