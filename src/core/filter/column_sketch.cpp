#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <trawl/core/filter/column_sketch.hpp>

namespace trawl::core {
namespace {

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;
constexpr std::size_t sample_size = 8192;  // 32 values per code
constexpr std::size_t end_points = ColumnSketch::codes - 1;

template <class T>
std::uint64_t key_of(T value) {
  if constexpr (std::is_floating_point_v<T>) return sketch_key(static_cast<double>(value));
  return sketch_key(static_cast<std::int64_t>(value));
}

// Ascending and distinct. Each step of 1/256 of the sample ends a code; a value that fills a step
// also begins one.
std::vector<std::uint64_t> end_points_of(std::vector<std::uint64_t>& sample) {
  std::sort(sample.begin(), sample.end());
  std::vector<std::uint64_t> ends;
  const std::size_t step = std::max<std::size_t>(1, sample.size() / ColumnSketch::codes);
  const auto add = [&](std::uint64_t end) {
    if (ends.size() < end_points && (ends.empty() || ends.back() < end)) ends.push_back(end);
  };
  for (std::size_t at = step - 1; at < sample.size(); at += step) {
    const std::uint64_t value = sample[at];
    const auto [first, last] = std::equal_range(sample.begin(), sample.end(), value);
    if (static_cast<std::size_t>(last - first) >= step && value > 0) add(value - 1);
    add(value);
  }
  return ends;
}

// How many of the 255 ends are less than the key: a fixed number of steps without branches.
std::uint8_t code_of_key(const std::uint64_t* ends, std::uint64_t key) {
  std::size_t code = 0;
  for (std::size_t half = ColumnSketch::codes / 2; half > 0; half /= 2)
    code += ends[code + half - 1] < key ? half : 0;
  return static_cast<std::uint8_t>(code);
}

}  // namespace

std::uint64_t sketch_key(std::int64_t value) {
  return static_cast<std::uint64_t>(value) ^ sign_bit;
}

std::uint64_t sketch_key(double value) {
  if (std::isnan(value)) return ~std::uint64_t{0};
  const auto bits = std::bit_cast<std::uint64_t>(value == 0.0 ? 0.0 : value);
  return (bits & sign_bit) != 0 ? ~bits : bits | sign_bit;
}

bool ColumnSketch::suits(Type type) {
  return type == Type::int64 || type == Type::float64 || type == Type::date ||
         type == Type::timestamp;
}

std::string ColumnSketch::layout() {
  return R"({"codes":256})";
}

std::vector<std::byte> ColumnSketch::build(const ColumnView& rows, std::uint64_t capacity) {
  std::vector<std::byte> stored(header_bytes + capacity);
  std::array<std::uint64_t, codes> ends;
  ends.fill(~std::uint64_t{0});
  with_lane(rows.lane, [&]<class T>(T*) {
    const T* values = rows.lanes<T>();
    std::vector<std::uint64_t> sample;
    const std::size_t stride = std::max<std::size_t>(1, rows.rows / sample_size);
    for (std::size_t row = 0; row < rows.rows; row += stride) {
      if (rows.is_valid(row)) sample.push_back(key_of(values[row]));
    }
    const std::vector<std::uint64_t> found = end_points_of(sample);
    std::copy(found.begin(), found.end(), ends.begin());
    for (std::size_t row = 0; row < rows.rows; ++row) {
      const std::uint64_t key = rows.is_valid(row) ? key_of(values[row]) : 0;
      stored[header_bytes + row] = std::byte{code_of_key(ends.data(), key)};
    }
  });
  std::memcpy(stored.data(), ends.data(), header_bytes);
  return stored;
}

std::optional<ColumnSketch> ColumnSketch::view(Bytes stored, std::size_t rows) {
  if (stored.size() < header_bytes + rows) return std::nullopt;
  ColumnSketch sketch;
  sketch.ends_ = stored.data();
  sketch.row_codes_ = reinterpret_cast<const std::uint8_t*>(stored.data() + header_bytes);
  for (std::size_t code = 1; code < codes; ++code) {
    if (sketch.end(code - 1) > sketch.end(code)) return std::nullopt;
  }
  return sketch;
}

std::uint64_t ColumnSketch::end(std::size_t code) const {
  std::uint64_t value = 0;
  std::memcpy(&value, ends_ + code * sizeof value, sizeof value);
  return value;
}

std::size_t ColumnSketch::code_of(std::uint64_t key) const {
  std::size_t code = 0;
  while (code < end_points && end(code) < key) ++code;
  return code;
}

void ColumnSketch::add_range(std::uint64_t lo, std::uint64_t hi, Answer& answer) const {
  if (lo > hi) return;
  const std::size_t first = code_of(lo);
  const std::size_t last = code_of(hi);
  for (std::size_t code = first; code <= last; ++code) {
    answer.maybe[code] = 1;
    const bool begins_inside = code > first || (code == 0 ? lo == 0 : end(code - 1) + 1 == lo);
    // The last code also holds what lies behind all end points, NaN among it.
    const bool ends_inside = code < end_points && end(code) <= hi;
    if (begins_inside && ends_inside) {
      answer.surely[code] = 1;
      answer.any_surely = true;
    }
  }
}

ColumnSketch::Answer ColumnSketch::between(std::int64_t lo, std::int64_t hi) const {
  Answer answer;
  add_range(sketch_key(lo), sketch_key(hi), answer);
  return answer;
}

ColumnSketch::Answer ColumnSketch::between(double lo, double hi) const {
  Answer answer;
  if (!(lo <= hi)) return answer;
  // Keys behind infinity are NaN's alone; a range never reaches them.
  add_range(sketch_key(lo), sketch_key(hi), answer);
  return answer;
}

ColumnSketch::Answer ColumnSketch::among(std::span<const std::int64_t> values) const {
  Answer answer;
  for (const std::int64_t value : values) add_range(sketch_key(value), sketch_key(value), answer);
  return answer;
}

ColumnSketch::Answer ColumnSketch::among(std::span<const double> values) const {
  Answer answer;
  for (const double value : values) {
    if (!std::isnan(value)) add_range(sketch_key(value), sketch_key(value), answer);
  }
  return answer;
}

}  // namespace trawl::core
