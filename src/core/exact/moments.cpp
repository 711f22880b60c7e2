// Records into moments: refusal, blocks, merging. The arithmetic is in the sums.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <stdexcept>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/moments.hpp>

#include "core/exact/moment_gram.hpp"

namespace trawl::core {
namespace {

using exact::block_rows;

// Columns of one block in memory of the calling thread, kept from call to call. Not a power of two
// apart: a row would be written to one and the same set of the cache.
struct BlockColumns {
  explicit BlockColumns(std::vector<double>& memory, std::size_t features) {
    constexpr std::size_t stride = block_rows + 24;
    if (memory.size() < features * stride) memory.resize(features * stride);
    for (std::size_t i = 0; i < features; ++i) columns[i] = memory.data() + i * stride;
  }
  std::array<double*, max_features> columns;
  std::array<const double*, max_features> read() const {
    std::array<const double*, max_features> out;
    std::copy(columns.begin(), columns.end(), out.begin());
    return out;
  }
};

// For each column the power of two that its values are below.
class ColumnExponents {
 public:
  ColumnExponents(std::span<const double* const> columns, std::size_t rows)
      : size_(columns.size()) {
    for (std::size_t i = 0; i < size_; ++i) exponents_[i] = exact::exponent_above(columns[i], rows);
  }
  std::span<const int> all() const { return std::span(exponents_).first(size_); }

 private:
  std::size_t size_;
  std::array<int, max_features> exponents_;
};

}  // namespace

template <class Sums>
Moments<Sums>::Moments(typename Sums::Configuration configuration)
    : sums_(std::move(configuration)) {}

template <class Sums>
void Moments<Sums>::count_records(std::size_t rows, bool negative) {
  const auto records = static_cast<std::int64_t>(rows);
  count_ += negative ? -records : records;
}

// Whether the record cannot be added; if so, counts it.
// |value| < 2^range_exponent, by the exponents alone; false for NaN.
template <class Sums>
bool Moments<Sums>::in_range(std::size_t i, double value) const {
  const auto field = static_cast<int>(std::bit_cast<std::uint64_t>(value) >> 52 & 0x7ff);
  return field < sums_.range_exponent(i) + 1023;
}

template <class Sums>
bool Moments<Sums>::accepts(std::span<const double> record) const {
  bool accepted = true;
  for (std::size_t i = 0; i < record.size(); ++i) accepted &= in_range(i, record[i]);
  return accepted;
}

template <class Sums>
bool Moments<Sums>::refuses(const double* values, bool negative) {
  bool refused = false;
  for (std::size_t i = 0; i < features(); ++i) {
    if (in_range(i, values[i])) continue;
    refused = true;
    refused_values_.resize(features());
    RefusedValues& counts = refused_values_[i];
    std::int64_t& count = std::isnan(values[i]) ? counts.nan
                          : values[i] < 0       ? counts.too_low
                                                : counts.too_high;
    count += negative ? -1 : 1;
  }
  if (refused) refused_ += negative ? -1 : 1;
  return refused;
}

template <class Sums>
void Moments<Sums>::add_record(const double* values, bool negative) {
  if (refuses(values, negative)) return;
  sums_.add_record(values, negative);
  count_records(1, negative);
}

template <class Sums>
bool Moments<Sums>::all_in_range(std::span<const int> exponents) const {
  for (std::size_t i = 0; i < exponents.size(); ++i) {
    if (exponents[i] > sums_.range_exponent(i)) return false;
  }
  return true;
}

// A block of at most block_rows records.
template <class Sums>
void Moments<Sums>::add_block(std::span<const double* const> columns, std::size_t rows,
                              bool negative) {
  const std::size_t width = columns.size();
  const ColumnExponents exponents(columns, rows);
  if (all_in_range(exponents.all())) {
    sums_.add_columns(columns, rows, exponents.all(), negative);
    return count_records(rows, negative);
  }
  thread_local std::vector<double> memory;
  const BlockColumns kept(memory, width);
  std::size_t count = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    std::array<double, max_features> record;
    for (std::size_t i = 0; i < width; ++i) record[i] = columns[i][row];
    if (refuses(record.data(), negative)) continue;
    for (std::size_t i = 0; i < width; ++i) kept.columns[i][count] = record[i];
    ++count;
  }
  const auto kept_columns = kept.read();
  const auto kept_span = std::span(kept_columns).first(width);
  sums_.add_columns(kept_span, count, ColumnExponents(kept_span, count).all(), negative);
  count_records(count, negative);
}

template <class Sums>
void Moments<Sums>::add_rows(std::span<const double> rows, bool negative) {
  const std::size_t width = features();
  if (rows.size() % width != 0) throw std::invalid_argument("rows are not whole records");
  if (rows.size() / width < exact::min_bulk_rows) {
    for (; !rows.empty(); rows = rows.subspan(width)) add_record(rows.data(), negative);
    return;
  }
  thread_local std::vector<double> memory;
  const BlockColumns block(memory, width);
  const auto columns = block.read();
  while (!rows.empty()) {
    const std::size_t count = std::min(block_rows, rows.size() / width);
    for (std::size_t row = 0; row < count; ++row) {
      for (std::size_t i = 0; i < width; ++i) block.columns[i][row] = rows[row * width + i];
    }
    add_block(std::span(columns).first(width), count, negative);
    rows = rows.subspan(count * width);
  }
}

template <class Sums>
void Moments<Sums>::add_all_columns(std::span<const std::span<const double>> columns,
                                    bool negative) {
  if (columns.size() != features()) throw std::invalid_argument("one column for each feature");
  const std::size_t rows = columns.front().size();
  for (const auto& column : columns) {
    if (column.size() != rows) throw std::invalid_argument("columns of different sizes");
  }
  std::array<const double*, max_features> block;
  for (std::size_t begin = 0; begin < rows; begin += block_rows) {
    for (std::size_t i = 0; i < columns.size(); ++i) block[i] = columns[i].data() + begin;
    add_block(std::span(block).first(columns.size()), std::min(block_rows, rows - begin), negative);
  }
}

template <class Sums>
void Moments<Sums>::merge_signed(const Moments& other, bool negative) {
  if (sums_.configuration() != other.sums_.configuration()) {
    throw InputError("moments of different features or fixed-point units cannot be merged");
  }
  const auto merge_count = [negative](std::int64_t& mine, std::int64_t others) {
    mine += negative ? -others : others;
  };
  sums_.merge(other.sums_, negative);
  merge_count(count_, other.count_);
  merge_count(refused_, other.refused_);
  if (other.refused_values_.empty()) return;
  refused_values_.resize(features());
  for (std::size_t i = 0; i < features(); ++i) {
    merge_count(refused_values_[i].nan, other.refused_values_[i].nan);
    merge_count(refused_values_[i].too_low, other.refused_values_[i].too_low);
    merge_count(refused_values_[i].too_high, other.refused_values_[i].too_high);
  }
}

template <class Sums>
RefusedValues Moments<Sums>::refused_values(std::size_t feature) const {
  return refused_values_.empty() ? RefusedValues() : refused_values_[feature];
}

template class Moments<ExactSums>;
template class Moments<FixedSums>;

}  // namespace trawl::core
