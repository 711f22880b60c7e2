// Records in the order they came, each with the number of the entity that it is of.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace trawl::fold {

// In chunks, so that growing moves nothing and memory is what the rows need. Fewer than 2^32 rows.
class RowLog {
 public:
  explicit RowLog(std::size_t width) : width_(width) {}

  std::size_t size() const { return entities_.size(); }
  void append(std::uint32_t entity, const double* row) {
    const std::size_t at = entities_.size() % chunk_rows;
    if (at == 0) chunks_.push_back(std::make_unique_for_overwrite<double[]>(chunk_rows * width_));
    std::copy_n(row, width_, &chunks_.back()[at * width_]);
    entities_.push_back(entity);
  }
  const double* operator[](std::size_t row) const {
    return &chunks_[row / chunk_rows][row % chunk_rows * width_];
  }
  // Copies rows [begin, begin + count).
  void copy(std::size_t begin, std::size_t count, double* out) const {
    for (std::size_t row = begin; row < begin + count; ++row, out += width_)
      std::copy_n((*this)[row], width_, out);
  }
  std::span<const std::uint32_t> entities() const { return entities_; }

 private:
  static constexpr std::size_t chunk_rows = 1024;

  std::size_t width_;
  std::vector<std::uint32_t> entities_;
  std::vector<std::unique_ptr<double[]>> chunks_;
};

// Positions in a list of numbers below `numbers`, by number: those of k are order[begin[k]] to
// order[begin[k + 1] - 1], ascending. O(size + numbers).
struct Grouping {
  Grouping(std::span<const std::uint32_t> list, std::size_t numbers);
  std::span<const std::uint32_t> of(std::size_t number) const {
    return std::span(order).subspan(begin[number], begin[number + 1] - begin[number]);
  }

  std::vector<std::uint32_t> begin, order;
};

}  // namespace trawl::fold
