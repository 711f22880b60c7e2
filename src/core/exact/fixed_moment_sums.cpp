// The sums of FixedMoments: 128-bit integers, filled by two slices of 22 bits in bulk.
#include <bit>
#include <cmath>
#include <string>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/moments.hpp>

#include "core/exact/byte_stream.hpp"
#include "core/exact/kernels.hpp"
#include "core/exact/moment_gram.hpp"

namespace trawl::core {
namespace {

// Two slices end 43 bits below the range: 2 * 22 - 1.
constexpr int slice_bits = 22;
static_assert(2 * slice_bits - 1 == FixedSums::range_bits);
constexpr int min_unit = -390, max_unit = 430;
static_assert(min_unit + FixedSums::range_bits >= exact::min_exponent);
static_assert(max_unit + FixedSums::range_bits <= exact::max_exponent);

__extension__ using Integer = __int128;

void add_to(Integer& sum, Integer term) {
  if (__builtin_add_overflow(sum, term, &sum)) {
    throw InputError("a fixed-point sum is beyond its capacity of 2^40 records");
  }
}

// value / 2^unit to nearest, ties to even; in integers, so that no rounding mode matters. Requires
// |value| < 2^(unit + 62).
std::int64_t rounded_units(double value, int unit) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const int field = static_cast<int>(bits >> 52 & 0x7ff);
  const int normal = field != 0 ? 1 : 0;
  const std::uint64_t mantissa =
      (bits & ((std::uint64_t{1} << 52) - 1)) | static_cast<std::uint64_t>(normal) << 52;
  const int drop = unit - (field - normal - 1074);
  std::uint64_t units = 0;
  if (drop <= 0) {
    units = mantissa == 0 ? 0 : mantissa << -drop;
  } else if (drop <= 53) {
    const std::uint64_t half = std::uint64_t{1} << (drop - 1);
    const std::uint64_t rest = mantissa & (2 * half - 1);
    units = mantissa >> drop;
    if (rest > half || (rest == half && units % 2 != 0)) ++units;
  }
  const auto magnitude = static_cast<std::int64_t>(units);
  return bits >> 63 != 0 ? -magnitude : magnitude;
}

ScaledInteger scaled(Integer value, int exponent) {
  __extension__ using Unsigned = unsigned __int128;
  ScaledInteger out;
  if (value == 0) return out;
  out.exponent = exponent;
  for (int word = 0; word < 4; ++word) {
    out.words.push_back(static_cast<std::uint32_t>(static_cast<Unsigned>(value) >> (32 * word)));
  }
  return out;
}

}  // namespace

double fixed_point(double value, int unit_exponent) {
  if (!(std::abs(value) < std::ldexp(1.0, unit_exponent + FixedSums::range_bits))) return value;
  return std::ldexp(static_cast<double>(rounded_units(value, unit_exponent)), unit_exponent);
}

FixedSums::FixedSums(Configuration configuration)
    : configuration_(std::make_shared<const Configuration>(std::move(configuration))) {
  if (features() < 1 || features() > max_features) {
    throw InputError("moments of " + std::to_string(features()) +
                     " features: 1 to 64 are possible");
  }
  for (const int unit : configuration_->units) {
    if (unit < min_unit || unit > max_unit) {
      throw InputError("fixed-point unit 2^" + std::to_string(unit) + ": take one from 2^" +
                       std::to_string(min_unit) + " to 2^" + std::to_string(max_unit));
    }
  }
  sums_.resize(features() + exact::product_count(features(), products()));
}

void FixedSums::add_record(const double* values, bool negative) {
  const std::size_t width = features();
  // All lines at once, if this is one state of very many: their misses overlap.
  for (std::size_t i = 0; i < sums_.size(); i += 64 / sizeof(Integer)) {
    __builtin_prefetch(sums_.data() + i, 1);
  }
  std::array<std::int64_t, max_features> units;
  for (std::size_t i = 0; i < width; ++i) units[i] = rounded_units(values[i], unit(i));
  Integer* product = sums_.data() + width;
  for (std::size_t i = 0; i < width; ++i) {
    const std::int64_t factor = negative ? -units[i] : units[i];
    add_to(sums_[i], factor);
    for (std::size_t j = exact::first_factor(i, products()); j <= i; ++j, ++product)
      add_to(*product, Integer{factor} * units[j]);
  }
}

void FixedSums::add_columns(std::span<const double* const> columns, std::size_t rows,
                            std::span<const int>, bool negative) {
  if (rows < exact::min_bulk_rows || !exact::default_float_environment()) {
    std::array<double, max_features> record;
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t i = 0; i < columns.size(); ++i) record[i] = columns[i][row];
      add_record(record.data(), negative);
    }
    return;
  }
  std::array<int, max_features> exponents;
  for (std::size_t i = 0; i < columns.size(); ++i) exponents[i] = range_exponent(i);
  std::vector<int> units;  // of all sums that come to deposit
  for (std::size_t i = 0; i < features(); ++i) {
    for (std::size_t j = exact::first_factor(i, products()); j <= i; ++j)
      units.push_back(unit(i) + unit(j));
  }
  const std::size_t pairs = units.size();
  units.insert(units.end(), configuration_->units.begin(), configuration_->units.end());
  const auto deposit = [&](std::size_t index, std::int64_t term, int exponent) {
    const Integer whole = Integer{negative ? -term : term} << (exponent - units[index]);
    add_to(sums_[index < pairs ? features() + index : index - pairs], whole);
  };
  exact::Gram& gram = exact::moment_gram(columns.size(), products(), slice_bits);
  gram.set_slices(2, deposit);
  gram.set_exponents(std::span(exponents).first(columns.size()));
  for (std::size_t begin = 0; begin < rows; begin += exact::chunk_rows) {
    const exact::Columns chunk = exact::advanced(columns, begin);
    gram.cut_rounded(std::span(chunk).first(columns.size()),
                     std::min(exact::chunk_rows, rows - begin));
    gram.multiply(0, deposit);
  }
  gram.take(deposit);
}

void FixedSums::merge(const FixedSums& other, bool negative) {
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    add_to(sums_[i], negative ? -other.sums_[i] : other.sums_[i]);
  }
}

ScaledInteger FixedSums::sum(std::size_t i) const {
  return scaled(sums_[i], unit(i));
}

ScaledInteger FixedSums::product_sum(std::size_t i, std::size_t j) const {
  return scaled(sums_[features() + exact::product_index(i, j, products())], unit(i) + unit(j));
}

void FixedSums::append_bytes(std::vector<std::byte>& out) const {
  const auto append_integer = [&](Integer value) {
    exact::append(out, static_cast<std::uint64_t>(value));
    exact::append(out, static_cast<std::int64_t>(value >> 64));
  };
  for (const int unit : configuration_->units) exact::append(out, static_cast<std::int16_t>(unit));
  for (const Integer sum : sums_) append_integer(sum);
}

FixedSums FixedSums::read(Bytes& bytes, std::size_t features, ProductSums products) {
  exact::ByteReader reader(bytes, "moments");
  std::vector<int> units(features);
  for (int& unit : units) {
    unit = reader.next<std::int16_t>();
    if (unit < min_unit || unit > max_unit) throw DataError("damaged bytes of moments: a unit");
  }
  FixedSums out({std::move(units), products});
  for (Integer& sum : out.sums_) {
    const Integer low = reader.next<std::uint64_t>();
    sum = low | Integer{reader.next<std::int64_t>()} << 64;
  }
  bytes = reader.rest();
  return out;
}

}  // namespace trawl::core
