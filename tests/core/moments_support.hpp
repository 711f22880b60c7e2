// Random records.
#pragma once

#include <span>
#include <vector>

#include "core/exact_support.hpp"

namespace trawl::core {

using Table = std::vector<std::vector<double>>;  // columns

// Columns of kinds; `kind` number_kinds mixes them.
inline Table random_table(Rng& rng, int kind, std::size_t features, std::size_t rows) {
  Table table;
  for (std::size_t i = 0; i < features; ++i) {
    const int own = kind < number_kinds ? kind : static_cast<int>(rng() % number_kinds);
    table.push_back(random_numbers(rng, own, rows));
  }
  return table;
}

inline std::vector<double> rows_of(const Table& table, std::size_t begin, std::size_t end) {
  std::vector<double> rows;
  for (std::size_t row = begin; row < end; ++row) {
    for (const auto& column : table) rows.push_back(column[row]);
  }
  return rows;
}
inline std::vector<double> rows_of(const Table& table) {
  return rows_of(table, 0, table.front().size());
}

inline std::vector<std::span<const double>> spans_of(const Table& table) {
  return {table.begin(), table.end()};
}

}  // namespace trawl::core
