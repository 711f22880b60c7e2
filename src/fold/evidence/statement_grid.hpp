// Where statements are, by the numbers of entity and source: a cell for every pair. For tables in
// which most pairs say something: no hash, nothing to compare.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace trawl::fold {

class StatementGrid {
 public:
  bool in_use() const { return width_ != 0; }
  bool covers(std::uint32_t entity, std::uint32_t source) const {
    return entity < height_ && source < width_;
  }
  // What the caller keeps for the pair; 0 at first.
  std::uint32_t& at(std::uint32_t entity, std::uint32_t source) {
    return cells_[entity * width_ + source];
  }
  const std::uint32_t& at(std::uint32_t entity, std::uint32_t source) const {
    return cells_[entity * width_ + source];
  }

  // Covers at least [0, entities) x [0, sources) from now on; what is kept stays. O(1) a cell in
  // all, however small the steps.
  void stretch(std::size_t entities, std::size_t sources) {
    if (sources > width_) widen(std::max(sources, width_ + width_ / 2));
    if (entities <= height_) return;
    cells_.resize(entities * width_);
    height_ = entities;
  }

 private:
  void widen(std::size_t width) {
    std::vector<std::uint32_t> cells(height_ * width);
    for (std::size_t entity = 0; entity < height_; ++entity) {
      std::copy_n(cells_.begin() + static_cast<std::ptrdiff_t>(entity * width_), width_,
                  cells.begin() + static_cast<std::ptrdiff_t>(entity * width));
    }
    cells_ = std::move(cells);
    width_ = width;
  }

  std::vector<std::uint32_t> cells_;  // entity by entity
  std::size_t width_ = 0, height_ = 0;
};

}  // namespace trawl::fold
