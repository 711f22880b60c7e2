#include <algorithm>
#include <cstring>

#include <trawl/core/cluster/row_store.hpp>

namespace trawl::core {
namespace {

template <class IsValid>
void fill_validity(std::size_t rows, const IsValid& is_valid, ColumnBuffer& into) {
  std::uint64_t* words = into.allocate_valid(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    if (is_valid(row)) words[row / 64] |= std::uint64_t{1} << (row % 64);
  }
  into.view.valid = words;
}

}  // namespace

void RowStore::append(const ColumnView& rows) {
  if (schema_.lane == Lane::text) {
    for (std::size_t row = 0; row < rows.rows; ++row) {
      if (rows.is_valid(row)) {
        const std::string_view text = rows.text(row);
        bytes_.insert(bytes_.end(), text.begin(), text.end());
      }
      ends_.push_back(bytes_.size());
    }
  } else {
    const auto* from = static_cast<const std::byte*>(rows.values);
    lanes_.insert(lanes_.end(), from, from + rows.rows * lane_bytes(schema_.lane));
  }
  for (std::size_t row = 0; row < rows.rows; ++row) valid_.push_back(rows.is_valid(row));
}

ColumnView RowStore::view() {
  ColumnView view;
  view.type = schema_.type;
  view.lane = schema_.lane;
  view.rows = rows();
  view.categories = schema_.categories.get();
  view.values = schema_.lane == Lane::text ? nullptr : lanes_.data();
  view.ends = ends_.data();
  view.bytes = bytes_.data();
  if (std::find(valid_.begin(), valid_.end(), false) != valid_.end()) {
    fill_validity(
        rows(), [&](std::size_t row) { return valid_[row]; }, validity_);
    view.valid = validity_.view.valid;
  }
  return view;
}

void RowStore::gather(std::span<const std::uint32_t> order, ColumnBuffer& into) const {
  into.view = {};
  into.view.type = schema_.type;
  into.view.lane = schema_.lane;
  into.view.rows = order.size();
  into.view.categories = schema_.categories.get();
  if (schema_.lane == Lane::text) {
    const auto begin_of = [&](std::uint32_t row) { return row == 0 ? 0 : ends_[row - 1]; };
    std::uint64_t bytes = 0;
    for (const std::uint32_t row : order) bytes += ends_[row] - begin_of(row);
    char* text = into.allocate_bytes(bytes);
    std::uint64_t* ends = into.allocate_ends(order.size());
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::uint64_t begin = begin_of(order[i]), size = ends_[order[i]] - begin;
      if (size > 0) std::memcpy(text + at, bytes_.data() + begin, size);
      ends[i] = at += size;
    }
    into.view.bytes = text;
    into.view.ends = ends;
  } else {
    void* lanes = into.allocate(schema_.lane, order.size());
    with_lane(schema_.lane, [&]<class T>(T*) {
      const T* from = reinterpret_cast<const T*>(lanes_.data());
      T* to = static_cast<T*>(lanes);
      for (std::size_t i = 0; i < order.size(); ++i) to[i] = from[order[i]];
    });
    into.view.values = lanes;
  }
  const bool has_null =
      std::any_of(order.begin(), order.end(), [&](std::uint32_t row) { return !valid_[row]; });
  if (has_null)
    fill_validity(
        order.size(), [&](std::size_t i) { return valid_[order[i]]; }, into);
}

void RowStore::clear() {
  lanes_.clear();
  valid_.clear();
  ends_.clear();
  bytes_.clear();
}

}  // namespace trawl::core
