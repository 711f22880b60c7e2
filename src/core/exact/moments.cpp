// Records into moments: refusal, blocks, merging. The arithmetic is in the sums.
#include <algorithm>
#include <array>
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
template <class Sums>
bool Moments<Sums>::refuses(const double* values, bool negative) {
  const auto in_range = [&](std::size_t i) {
    return std::abs(values[i]) < std::ldexp(1.0, sums_.range_exponent(i));  // false for NaN
  };
  bool refused = false;
  for (std::size_t i = 0; i < features(); ++i) {
    if (in_range(i)) continue;
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

// A block of at most block_rows records.
template <class Sums>
void Moments<Sums>::add_block(std::span<const double* const> columns, std::size_t rows,
                              bool negative) {
  bool all_in_range = true;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    all_in_range &= exact::exponent_above(columns[i], rows) <= sums_.range_exponent(i);
  }
  if (all_in_range) {
    sums_.add_columns(columns, rows, negative);
    return count_records(rows, negative);
  }
  thread_local std::vector<double> memory;
  const BlockColumns kept(memory, columns.size());
  std::size_t count = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    std::array<double, max_features> record;
    for (std::size_t i = 0; i < columns.size(); ++i) record[i] = columns[i][row];
    if (refuses(record.data(), negative)) continue;
    for (std::size_t i = 0; i < columns.size(); ++i) kept.columns[i][count] = record[i];
    ++count;
  }
  const auto kept_columns = kept.read();
  sums_.add_columns(std::span(kept_columns).first(columns.size()), count, negative);
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
  if (configuration() != other.configuration()) {
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
