#include "store/lanes.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace trawl::store {
namespace {

// Branch-free, so that it vectorises.
template <class T>
bool all_below(const T* values, std::size_t rows, std::uint64_t limit) {
  T largest = 0;
  for (std::size_t row = 0; row < rows; ++row) largest = std::max(largest, values[row]);
  return static_cast<std::uint64_t>(largest) < limit;
}

}  // namespace

bool codes_in_range(const ColumnView& view) {
  if (view.type != Type::boolean && view.type != Type::categorical) return true;
  const std::uint64_t limit =
      view.type == Type::boolean ? 2 : std::max<std::size_t>(1, view.categories->size());
  return with_lane(view.lane, [&]<class T>(T*) {
    if constexpr (std::is_unsigned_v<T>) return all_below(view.lanes<T>(), view.rows, limit);
    return false;
  });
}

bool pack_bits(const std::byte* flags, std::size_t rows, std::uint64_t* valid) {
  std::uint8_t all = 0;
  for (std::size_t row = 0; row < rows; ++row) all |= std::to_integer<std::uint8_t>(flags[row]);
  if (all > 1) return false;
  std::size_t row = 0;
  for (; row + 8 <= rows; row += 8) {
    // Gathers the lowest bits of eight bytes: the product moves bit 0 of byte k to bit 56 + k.
    std::uint64_t eight = 0;
    std::memcpy(&eight, flags + row, sizeof eight);
    valid[row / 64] |= ((eight * 0x0102040810204080u) >> 56) << (row % 64);
  }
  for (; row < rows; ++row) {
    valid[row / 64] |= std::to_integer<std::uint64_t>(flags[row]) << (row % 64);
  }
  return true;
}

bool ascending(std::uint64_t begin, std::span<const std::uint64_t> ends) {
  bool ordered = ends.empty() || begin <= ends[0];
  for (std::size_t i = 1; i < ends.size(); ++i) ordered &= ends[i - 1] <= ends[i];
  return ordered;
}

}  // namespace trawl::store
