// The values of one column over some rows: a view for reading, a buffer that owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include <trawl/base/schema.hpp>
#include <trawl/base/type.hpp>

namespace trawl {

// Values of rows [0, rows). Does not own anything; whoever made it says how long it lives.
// Values at NULL rows are initialised but mean nothing.
struct ColumnView {
  Type type = Type::int64;
  Lane lane = Lane::i64;
  std::size_t rows = 0;
  const void* values = nullptr;  // `rows` lanes, aligned for the lane; null for Lane::text
  const std::uint64_t* valid =
      nullptr;  // bit i % 64 of word i / 64: row i is not NULL; null: no NULLs
  const std::uint64_t* ends =
      nullptr;             // Lane::text: row i is bytes[ends[i-1] - base, ends[i] - base),
  std::uint64_t base = 0;  //   with ends[-1] read as `base`
  const char* bytes = nullptr;
  const Categories* categories = nullptr;  // Type::categorical

  bool is_valid(std::size_t row) const {
    return valid == nullptr || ((valid[row / 64] >> (row % 64)) & 1u) != 0;
  }
  std::string_view text(std::size_t row) const {
    const std::uint64_t begin = row == 0 ? base : ends[row - 1];
    return {bytes + (begin - base), static_cast<std::size_t>(ends[row] - begin)};
  }
  template <class T>
  const T* lanes() const {
    return static_cast<const T*>(values);
  }
  std::int64_t integer(std::size_t row) const;  // any integer lane, widened
  double real(std::size_t row) const;           // f32 or f64, widened
  // The row's value as one of the kinds Value lists; a category as its text. Slow: for edges, not
  // for loops.
  Value value(std::size_t row) const;
};

// Owns the memory behind a view, or borrows it (a mapped file); reusable, keeps its capacity.
class ColumnBuffer {
 public:
  ColumnBuffer() = default;
  ColumnBuffer(ColumnBuffer&&) =
      default;  // not copyable: the view of a copy would show the original's memory
  ColumnBuffer& operator=(ColumnBuffer&&) = default;

  // Memory for `rows` lanes of `lane`; contents undefined, 64-byte aligned.
  void* allocate(Lane lane, std::size_t rows);
  std::uint64_t* allocate_valid(std::size_t rows);  // all bits 0
  std::uint64_t* allocate_ends(std::size_t rows);
  char* allocate_bytes(std::size_t bytes);

  ColumnView view;  // set by whoever fills the buffer

 private:
  struct Block {
    std::vector<std::uint64_t> words;
    void* reserve(std::size_t bytes);
  };
  Block values_, valid_, ends_, bytes_;
};

// Appends rows one by one; for readers of text formats and for tests.
class ColumnBuilder {
 public:
  explicit ColumnBuilder(const ColumnSchema& schema);
  void append_null();
  void append(std::int64_t value);  // integers, dates, timestamps, booleans (0, 1), codes
  void append(double value);
  void append(
      std::string_view text);  // Lane::text; a category of a categorical column, by its text
  std::size_t rows() const { return rows_; }
  ColumnView view() const;  // valid until the next append or clear
  void clear();

 private:
  void append_bytes(const void* value);
  ColumnSchema schema_;
  std::size_t rows_ = 0;
  bool has_null_ = false;
  std::vector<std::byte> values_;
  std::vector<std::uint64_t> valid_, ends_;
  std::vector<char> bytes_;
};

// Calls f with a null pointer of the lane's C++ type: `with_lane(lane, [&]<class T>(T*) { ... })`.
// Not for Lane::text.
template <class F>
decltype(auto) with_lane(Lane lane, F&& f) {
  switch (lane) {
    case Lane::u8:
      return f(static_cast<std::uint8_t*>(nullptr));
    case Lane::i8:
      return f(static_cast<std::int8_t*>(nullptr));
    case Lane::u16:
      return f(static_cast<std::uint16_t*>(nullptr));
    case Lane::i16:
      return f(static_cast<std::int16_t*>(nullptr));
    case Lane::u32:
      return f(static_cast<std::uint32_t*>(nullptr));
    case Lane::i32:
      return f(static_cast<std::int32_t*>(nullptr));
    case Lane::f32:
      return f(static_cast<float*>(nullptr));
    case Lane::f64:
      return f(static_cast<double*>(nullptr));
    default:
      return f(static_cast<std::int64_t*>(nullptr));
  }
}

}  // namespace trawl
