#include <algorithm>
#include <limits>
#include <numeric>

#include <trawl/base/schema.hpp>

namespace trawl {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::optional<std::size_t> Schema::find(std::string_view name) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name == name) return i;
  }
  return std::nullopt;
}

std::string Schema::nearest(std::string_view name) const {
  std::string best;
  std::size_t best_distance = std::numeric_limits<std::size_t>::max();
  for (const ColumnSchema& column : columns_) {
    const std::size_t distance = edit_distance(column.name, name);
    if (distance >= best_distance) continue;
    best = column.name;
    best_distance = distance;
  }
  return best;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // One row of Wagner and Fischer's table (J. ACM 21(1), 1974): row[j] is the distance of a[0, i)
  // to b[0, j).
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substitution = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substitution, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace trawl
