// Column sketches: one lossy byte per row, in the order of the values, that decides most rows of a
// range or an equality without their values (Hentschel, Kester, Idreos, "Column Sketches: A Scan
// Accelerator for Rapid and Robust Predicate Evaluation", SIGMOD 2018).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/base/digest.hpp>

namespace trawl::core {

// The sketch of one row group: 255 end points of codes, then one code per row.
//
// Values are compared as unsigned keys that keep their order (sketch_key). Code c holds the keys in
// (ends[c - 1], ends[c]], the last code all that follow. End points are quantiles of a sample of
// the row group; a value that alone makes up 1/256 of the sample has a code to itself (the paper,
// section 3).
class ColumnSketch {
 public:
  static constexpr std::size_t codes = 256;
  static constexpr std::size_t header_bytes = codes * sizeof(std::uint64_t);  // the last is unused

  // Numbers, dates and timestamps. Categories and booleans are bytes already; text has no keys.
  static bool suits(Type type);
  // The sketch as stored: header and one byte for each of `capacity` rows, at least rows.rows.
  static std::vector<std::byte> build(const ColumnView& rows, std::uint64_t capacity);
  static std::string layout();

  // A view of stored bytes; they must outlive it. Nothing when they are no sketch of `rows` rows.
  static std::optional<ColumnSketch> view(Bytes stored, std::size_t rows);

  const std::uint8_t* row_codes() const { return row_codes_; }

  // What a code says about a condition: 0 no row with this code satisfies it, 1 some may.
  using Table = std::array<std::uint8_t, codes>;
  struct Answer {
    Table maybe{};   // rows that may satisfy it
    Table surely{};  // rows that do (NULLs aside), a subset
    bool any_surely = false;
  };
  // The condition lo <= value <= hi.
  Answer between(std::int64_t lo, std::int64_t hi) const;
  Answer between(double lo, double hi) const;
  // The condition that the value is one of these.
  Answer among(std::span<const std::int64_t> values) const;
  Answer among(std::span<const double> values) const;

 private:
  std::uint64_t end(std::size_t code) const;
  std::size_t code_of(std::uint64_t key) const;
  void add_range(std::uint64_t lo, std::uint64_t hi, Answer& answer) const;

  const std::byte* ends_ = nullptr;
  const std::uint8_t* row_codes_ = nullptr;
};

// Unsigned keys in the order of the values: integers, and doubles with -0.0 as 0.0 and NaN last.
std::uint64_t sketch_key(std::int64_t value);
std::uint64_t sketch_key(double value);

}  // namespace trawl::core
