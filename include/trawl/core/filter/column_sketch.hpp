// Column sketches: one or two lossy bytes per row, in the order of the values, that decide most
// rows of a range or an equality without their values (Hentschel, Kester, Idreos, "Column Sketches:
// A Scan Accelerator for Rapid and Robust Predicate Evaluation", SIGMOD 2018).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/base/digest.hpp>

namespace trawl::core {

// The sketch of one row group: end points of codes, then one code per row.
//
// Values are compared as unsigned keys that keep their order (sketch_key). There are 256 coarse
// codes: code c holds the keys in (ends[c - 1], ends[c]], the last one all that follow. End points
// are quantiles of a sample of the row group; a value that alone makes up 1/256 of the sample has a
// code to itself (the paper, section 3). With two bytes a row, a coarse code is cut into up to 256
// steps of equal width, a power of two of keys. A code never decreases from a key to the next.
class ColumnSketch {
 public:
  enum class Width : std::uint8_t { one_byte = 1, two_bytes = 2 };

  // Numbers, dates and timestamps. Categories and booleans are bytes already; text has no keys.
  static bool suits(Type type);
  // The sketch as stored: header and one code for each of `capacity` rows, at least rows.rows.
  static std::vector<std::byte> build(const ColumnView& rows, std::uint64_t capacity, Width width);
  static std::uint64_t stored_bytes(std::uint64_t capacity, Width width);
  // JSON.
  static std::string layout(Width width);

  // A view of stored bytes; they must outlive it. Nothing when they are no sketch of `rows` rows,
  // or stand at an odd address.
  static std::optional<ColumnSketch> view(Bytes stored, std::size_t rows);

  Width width() const { return width_; }
  // How many codes there can be.
  std::uint32_t codes() const { return width_ == Width::one_byte ? 256 : 65'536; }
  // One per row, by width.
  const std::uint8_t* bytes() const { return reinterpret_cast<const std::uint8_t*>(row_codes_); }
  const std::uint16_t* words() const { return reinterpret_cast<const std::uint16_t*>(row_codes_); }
  std::uint32_t code(std::size_t row) const {
    return width_ == Width::one_byte ? bytes()[row] : words()[row];
  }

  // Codes [first, last].
  struct CodeRange {
    std::uint32_t first = 0, last = 0;
  };
  // What codes say about a condition; ranges ascend and do not meet.
  struct Answer {
    std::vector<CodeRange> maybe;   // rows with these may satisfy it, others do not
    std::vector<CodeRange> surely;  // rows with these do (NULLs aside): within `maybe`
  };
  // The condition lo <= value <= hi.
  Answer between(std::int64_t lo, std::int64_t hi) const;
  Answer between(double lo, double hi) const;
  // The condition that the value is one of these.
  Answer among(std::span<const std::int64_t> values) const;
  Answer among(std::span<const double> values) const;

 private:
  struct Ends;
  struct KeyRange {
    std::uint64_t lo = 0, hi = 0;  // both within
  };
  static void add_range(const Ends& ends, std::uint64_t lo, std::uint64_t hi, Answer& answer);
  Answer within(std::span<const KeyRange> ranges) const;

  Width width_ = Width::one_byte;
  const std::byte* header_ = nullptr;
  const std::byte* row_codes_ = nullptr;
};

// Unsigned keys in the order of the values: integers, and doubles with -0.0 as 0.0 and NaN last.
std::uint64_t sketch_key(std::int64_t value);
std::uint64_t sketch_key(double value);

}  // namespace trawl::core
