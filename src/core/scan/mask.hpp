// Bit masks over the rows of a row group (row i: bit i % 64 of word i / 64), lent by a pool so that
// scans do not allocate.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/kernels/kernels.hpp"

namespace trawl::core::scan {

class MaskPool;

// A mask on loan, or no mask at all ("no row, ever"); goes back to its pool when destroyed.
class Mask {
 public:
  Mask() = default;
  Mask(Mask&& other) noexcept { swap(other); }
  Mask& operator=(Mask&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Mask();

  explicit operator bool() const { return pool_ != nullptr; }
  std::uint64_t* data() { return words_.data(); }
  const std::uint64_t* data() const { return words_.data(); }
  std::size_t size() const { return words_.size(); }
  std::uint64_t& operator[](std::size_t word) { return words_[word]; }
  std::uint64_t operator[](std::size_t word) const { return words_[word]; }

 private:
  friend class MaskPool;
  void swap(Mask& other) noexcept {
    std::swap(pool_, other.pool_);
    words_.swap(other.words_);
  }
  MaskPool* pool_ = nullptr;
  std::vector<std::uint64_t> words_;
};

class MaskPool {
 public:
  void set_rows(std::size_t rows) { words_ = (rows + 63) / 64; }
  Mask take();  // contents undefined
  Mask take_zero();
  Mask copy(const std::uint64_t* words);

 private:
  friend class Mask;
  std::size_t words_ = 0;
  std::vector<std::vector<std::uint64_t>> idle_;
};

inline bool any(const std::uint64_t* words, std::size_t count) {
  for (std::size_t w = 0; w < count; ++w) {
    if (words[w] != 0) return true;
  }
  return false;
}

inline std::uint64_t count_rows(const Mask& mask) {
  return kernels::count_bits(mask.data(), mask.size());
}

// Calls f(row) for every set bit, ascending.
template <class F>
void for_each_row(const std::uint64_t* words, std::size_t count, const F& f) {
  for (std::size_t w = 0; w < count; ++w) {
    for (std::uint64_t bits = words[w]; bits != 0; bits &= bits - 1) {
      f(w * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
    }
  }
}

// Keeps only the rows for which keep(row).
template <class Keep>
void keep_rows(std::uint64_t* words, std::size_t count, const Keep& keep) {
  for (std::size_t w = 0; w < count; ++w) {
    std::uint64_t kept = words[w];
    for (std::uint64_t bits = kept; bits != 0; bits &= bits - 1) {
      const int bit = std::countr_zero(bits);
      if (!keep(w * 64 + static_cast<std::size_t>(bit))) kept &= ~(std::uint64_t{1} << bit);
    }
    words[w] = kept;
  }
}

}  // namespace trawl::core::scan
