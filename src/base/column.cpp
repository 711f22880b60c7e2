#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include <fmt/format.h>

#include <trawl/base/column.hpp>
#include <trawl/base/error.hpp>

namespace trawl {
namespace {

constexpr std::size_t alignment = 64;  // a cache line, and the widest vector register

const std::string& category(const ColumnView& column, std::size_t row) {
  const std::int64_t code = column.integer(row);
  if (column.categories == nullptr || code < 0 ||
      static_cast<std::uint64_t>(code) >= column.categories->size()) {
    throw DataError(fmt::format("category code {} has no text: row {} ({} categories)", code, row,
                                column.categories == nullptr ? 0 : column.categories->size()));
  }
  return (*column.categories)[static_cast<std::size_t>(code)];
}

}  // namespace

std::int64_t ColumnView::integer(std::size_t row) const {
  if (lane == Lane::text) throw std::logic_error("ColumnView::integer on a text lane");
  return with_lane(lane, [&]<class T>(T*) -> std::int64_t {
    if constexpr (std::is_integral_v<T>) return lanes<T>()[row];
    throw std::logic_error("ColumnView::integer on a lane of doubles");
  });
}

double ColumnView::real(std::size_t row) const {
  if (lane == Lane::f32) return lanes<float>()[row];
  if (lane == Lane::f64) return lanes<double>()[row];
  throw std::logic_error("ColumnView::real on a lane that holds no doubles");
}

Value ColumnView::value(std::size_t row) const {
  if (!is_valid(row)) return {};
  switch (type) {
    case Type::float64:
      return real(row);
    case Type::boolean:
      return integer(row) != 0;
    case Type::categorical:
      return category(*this, row);
    case Type::text:
      return std::string(text(row));
    case Type::int64:
    case Type::date:
    case Type::timestamp:
      break;
  }
  return integer(row);
}

void* ColumnBuffer::Block::reserve(std::size_t bytes) {
  const std::size_t needed = bytes / sizeof(std::uint64_t) + 1 + alignment / sizeof(std::uint64_t);
  if (words.size() < needed) {
    words.clear();  // the old contents need not be copied
    words.resize(needed);
  }
  const auto address = reinterpret_cast<std::uintptr_t>(words.data());
  const std::size_t gap = (alignment - address % alignment) % alignment;
  return words.data() + gap / sizeof(std::uint64_t);
}

void* ColumnBuffer::allocate(Lane lane, std::size_t rows) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(rows, lane_bytes(lane), &bytes)) {
    throw std::length_error("ColumnBuffer::allocate: more bytes than there are addresses");
  }
  return values_.reserve(bytes);
}

std::uint64_t* ColumnBuffer::allocate_valid(std::size_t rows) {
  const std::size_t words = rows / 64 + (rows % 64 != 0 ? 1 : 0);
  auto* valid = static_cast<std::uint64_t*>(valid_.reserve(words * sizeof(std::uint64_t)));
  std::fill_n(valid, words, std::uint64_t{0});
  return valid;
}

std::uint64_t* ColumnBuffer::allocate_ends(std::size_t rows) {
  if (rows > SIZE_MAX / sizeof(std::uint64_t)) {
    throw std::length_error("ColumnBuffer::allocate_ends: more bytes than there are addresses");
  }
  return static_cast<std::uint64_t*>(ends_.reserve(rows * sizeof(std::uint64_t)));
}

char* ColumnBuffer::allocate_bytes(std::size_t bytes) {
  return static_cast<char*>(bytes_.reserve(bytes));
}

}  // namespace trawl
