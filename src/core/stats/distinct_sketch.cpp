#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <trawl/base/error.hpp>
#include <trawl/core/filter/membership_filter.hpp>
#include <trawl/core/stats/distinct_sketch.hpp>

namespace trawl::core {
namespace {

constexpr int precision = DistinctSketch::precision;
constexpr std::size_t registers = std::size_t{1} << precision;
constexpr int rank_bits = 64 - precision;  // "q" of Ertl's paper: register values are 0 .. q + 1

// Series of Ertl 2017, section 3 (algorithm 6); they end when another term no longer changes the
// double.
double sigma(double x) {
  if (x == 1.0) return std::numeric_limits<double>::infinity();
  double sum = x, before, weight = 1.0;
  do {
    x *= x;
    before = sum;
    sum += x * weight;
    weight += weight;
  } while (sum != before);
  return sum;
}

double tau(double x) {
  if (x == 0.0 || x == 1.0) return 0.0;
  double sum = 1.0 - x, before, weight = 1.0;
  do {
    x = std::sqrt(x);
    before = sum;
    weight *= 0.5;
    sum -= (1.0 - x) * (1.0 - x) * weight;
  } while (sum != before);
  return sum / 3.0;
}

// Values that compare equal hash equally, whatever their lane.
std::uint64_t hash_real(double value) {
  if (value == 0.0) value = 0.0;  // -0 is 0
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  return hash_key(std::bit_cast<std::int64_t>(value));
}

template <class Hash>
void add_rows(DistinctSketch& sketch, const ColumnView& column, const Hash& hash) {
  for (std::size_t row = 0; row < column.rows; ++row) {
    if (column.is_valid(row)) sketch.add_hash(hash(row));
  }
}

// By text, so that sketches of datasets with other category lists merge.
void add_categories(DistinctSketch& sketch, const ColumnView& column) {
  std::vector<bool> seen(column.categories->size());
  for (std::size_t row = 0; row < column.rows; ++row) {
    if (column.is_valid(row)) seen[static_cast<std::size_t>(column.integer(row))] = true;
  }
  for (std::size_t code = 0; code < seen.size(); ++code) {
    if (seen[code]) sketch.add_hash(hash_key((*column.categories)[code]));
  }
}

}  // namespace

void DistinctSketch::add_hash(std::uint64_t hash) {
  const std::size_t index = hash >> rank_bits;
  const std::uint64_t rest = hash << precision;
  const auto rank = static_cast<std::uint8_t>(std::min(std::countl_zero(rest), rank_bits) + 1);
  registers_[index] = std::max(registers_[index], rank);
}

void DistinctSketch::add(const ColumnView& column) {
  if (column.type == Type::categorical) return add_categories(*this, column);
  if (column.lane == Lane::text) {
    return add_rows(*this, column, [&](std::size_t row) { return hash_key(column.text(row)); });
  }
  with_lane(column.lane, [&]<class T>(T*) {
    const T* values = column.lanes<T>();
    add_rows(*this, column, [&](std::size_t row) {
      if constexpr (std::is_floating_point_v<T>) {
        return hash_real(static_cast<double>(values[row]));
      } else {
        return hash_key(static_cast<std::int64_t>(values[row]));
      }
    });
  });
}

void DistinctSketch::merge(const DistinctSketch& other) {
  for (std::size_t i = 0; i < registers; ++i) {
    registers_[i] = std::max(registers_[i], other.registers_[i]);
  }
}

DistinctSketch DistinctSketch::read(Bytes& bytes) {
  DistinctSketch sketch;
  if (bytes.size() < registers) throw DataError("damaged bytes of a sketch: they end too early");
  for (std::size_t i = 0; i < registers; ++i) {
    sketch.registers_[i] = static_cast<std::uint8_t>(bytes[i]);
    if (sketch.registers_[i] > rank_bits + 1)
      throw DataError("damaged bytes of a sketch: no register");
  }
  bytes = bytes.subspan(registers);
  return sketch;
}

double DistinctSketch::estimate() const {
  std::array<std::uint32_t, rank_bits + 2> count{};
  for (const std::uint8_t value : registers_) ++count[value];
  constexpr auto m = static_cast<double>(registers);
  double z = m * tau(1.0 - count[rank_bits + 1] / m);
  for (int k = rank_bits; k >= 1; --k) z = 0.5 * (z + count[static_cast<std::size_t>(k)]);
  z += m * sigma(count[0] / m);
  return m * m / (2.0 * std::numbers::ln2 * z);
}

}  // namespace trawl::core
