// Matching rows, some at a time, and the columns they are read from.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <trawl/fold/matches.hpp>

#include "fold/evidence/columns.hpp"

namespace trawl::fold {

// So many rows at a time that what is known of them stays in the nearest caches.
constexpr std::size_t block_rows = 2048;
template <class T>
using PerRow = std::array<T, block_rows>;
using RowSpan = std::span<const std::uint32_t>;

// Calls function(rows) for the rows whose bit is set.
template <class Function>
void for_each_block(std::span<const std::uint64_t> bits, const Function& function) {
  PerRow<std::uint32_t> rows;
  std::size_t count = 0;
  for (std::size_t word = 0; word < bits.size(); ++word) {
    if (count + 64 > block_rows) {
      function(RowSpan(rows).first(count));
      count = 0;
    }
    const auto first = static_cast<std::uint32_t>(word * 64);
    if (bits[word] == ~std::uint64_t{0}) {
      for (std::uint32_t i = 0; i < 64; ++i) rows[count + i] = first + i;
      count += 64;
      continue;
    }
    for (std::uint64_t left = bits[word]; left != 0; left &= left - 1)
      rows[count++] = first + static_cast<std::uint32_t>(std::countr_zero(left));
  }
  if (count > 0) function(RowSpan(rows).first(count));
}

// Those of `rows` for which `wanted(row)` holds, in `kept`.
template <class Wanted>
RowSpan filter(RowSpan rows, PerRow<std::uint32_t>& kept, const Wanted& wanted) {
  std::size_t count = 0;
  for (const std::uint32_t row : rows) {
    kept[count] = row;
    count += wanted(row) ? 1 : 0;
  }
  return RowSpan(kept).first(count);
}

inline bool none(std::span<const std::uint64_t> rows) {
  return std::ranges::all_of(rows, [](std::uint64_t word) { return word == 0; });
}

// The views of some columns, by position in the selection; of the others null.
class ViewReader {
 public:
  using Views = std::vector<const ColumnView*>;

  ViewReader(const GroupRef& group, core::ColumnSource& columns)
      : group_(group), columns_(columns), views_(group.select.size()) {}
  void read(const EvidencePositions::Position& position, std::span<const std::uint64_t> rows) {
    if (position) views_[*position] = &columns_.column_rows(group_.select[*position], rows);
  }
  const Views& views() const { return views_; }
  static const ColumnView* at(const Views& views, const EvidencePositions::Position& position) {
    return position ? views[*position] : nullptr;
  }

 private:
  const GroupRef& group_;
  core::ColumnSource& columns_;
  Views views_;
};

// Numbers of a column, or one and the same.
class NumberReader {
 public:
  NumberReader(const ColumnView* view, double otherwise) : view_(view), otherwise_(otherwise) {}

  bool has_nulls() const { return view_ != nullptr && view_->valid != nullptr; }
  bool is_valid(std::size_t row) const { return view_ == nullptr || view_->is_valid(row); }
  // `inexact(i)` is called for integers that no double equals.
  template <class Inexact>
  void read(RowSpan rows, PerRow<double>& out, const Inexact& inexact) const {
    if (view_ == nullptr) {
      std::fill_n(out.begin(), rows.size(), otherwise_);
      return;
    }
    with_lane(view_->lane, [&]<class T>(T*) {
      const T* lanes = view_->lanes<T>();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const T value = lanes[rows[i]];
        out[i] = static_cast<double>(value);
        if constexpr (std::is_same_v<T, std::int64_t>) {
          __extension__ using Wide = __int128;
          if (static_cast<Wide>(out[i]) != value) inexact(i);
        }
      }
    });
  }

 private:
  const ColumnView* view_;
  double otherwise_;
};

}  // namespace trawl::fold
