#include <algorithm>
#include <numeric>
#include <string_view>

#include <trawl/core/cluster/z_order.hpp>
#include <trawl/core/filter/column_sketch.hpp>

namespace trawl::core {
namespace {

using Rows = std::vector<std::uint32_t>;

Rows all_rows(std::size_t count) {
  Rows rows(count);
  std::iota(rows.begin(), rows.end(), std::uint32_t{0});
  return rows;
}

// Rows sorted by a column, and for each position where the run of equal values begins.
struct Sorted {
  Rows rows;
  Rows run_begin;
};

template <class Key, class KeyOf>
Sorted sort_by(const ColumnView& column, const KeyOf& key_of) {
  std::vector<Key> keys(column.rows);
  for (std::size_t row = 0; row < column.rows; ++row) {
    if (column.is_valid(row)) keys[row] = key_of(row);
  }
  Sorted sorted{all_rows(column.rows), Rows(column.rows)};
  const auto less = [&](std::uint32_t a, std::uint32_t b) {
    const bool valid_a = column.is_valid(a), valid_b = column.is_valid(b);
    if (valid_a != valid_b) return valid_b;
    return valid_a && keys[a] < keys[b];
  };
  std::stable_sort(sorted.rows.begin(), sorted.rows.end(), less);
  for (std::size_t i = 1; i < sorted.rows.size(); ++i) {
    const bool begins = less(sorted.rows[i - 1], sorted.rows[i]);
    sorted.run_begin[i] = begins ? static_cast<std::uint32_t>(i) : sorted.run_begin[i - 1];
  }
  return sorted;
}

Sorted sort_column(const ColumnView& column) {
  if (column.lane == Lane::text)
    return sort_by<std::string_view>(column, [&](std::size_t row) { return column.text(row); });
  // Codes of categories ascend with their texts.
  return with_lane(column.lane, [&]<class T>(T*) {
    const T* values = column.lanes<T>();
    return sort_by<std::uint64_t>(column, [values](std::size_t row) {
      if constexpr (std::is_floating_point_v<T>) {
        return sketch_key(static_cast<double>(values[row]));
      } else {
        return sketch_key(static_cast<std::int64_t>(values[row]));
      }
    });
  });
}

constexpr unsigned curve_bits = 64;
constexpr unsigned most_bits = 16;  // of a rank: 65,536 quantiles tell row groups apart

// Bit `bit` of every rank, from the highest down, the first column's before the others'.
std::vector<std::uint64_t> curve_positions(std::span<const ColumnView> keys) {
  const auto columns = static_cast<unsigned>(keys.size());
  const unsigned bits = std::max(1u, std::min(most_bits, curve_bits / columns));
  std::vector<std::uint64_t> positions(keys[0].rows);
  for (unsigned c = 0; c < columns && c < curve_bits; ++c) {
    const Sorted sorted = sort_column(keys[c]);
    for (std::size_t i = 0; i < sorted.rows.size(); ++i) {
      const std::uint64_t rank = (std::uint64_t{sorted.run_begin[i]} << bits) / sorted.rows.size();
      std::uint64_t spread = 0;
      for (unsigned bit = 0; bit < bits; ++bit)
        spread |= (rank >> bit & 1) << (bit * columns + (columns - 1 - c));
      positions[sorted.rows[i]] |= spread;
    }
  }
  return positions;
}

}  // namespace

std::vector<std::uint32_t> cluster_order(std::span<const ColumnView> keys) {
  if (keys.size() == 1) return sort_column(keys[0]).rows;
  const std::vector<std::uint64_t> positions = curve_positions(keys);
  Rows rows = all_rows(keys[0].rows);
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return positions[a] < positions[b]; });
  return rows;
}

}  // namespace trawl::core
