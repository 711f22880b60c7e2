#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include <trawl/core/filter/column_sketch.hpp>

namespace trawl::core {
namespace {

using Width = ColumnSketch::Width;

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;
constexpr std::uint64_t all_bits = ~std::uint64_t{0};
constexpr std::size_t sample_size = 8192;  // 32 values per coarse code
constexpr std::size_t coarse_codes = 256, end_points = coarse_codes - 1;
constexpr int fine_bits = 8;

// The header, in words. The word behind the end points says how wide codes are; with two bytes a
// row there follow the least and the greatest key.
constexpr std::size_t width_word = end_points, least_word = width_word + 1,
                      greatest_word = least_word + 1;
constexpr std::uint64_t width_mark(Width width) {
  return width == Width::one_byte ? all_bits : 0;
}
constexpr std::size_t header_bytes(Width width) {
  return (width == Width::one_byte ? width_word + 1 : greatest_word + 1) * sizeof(std::uint64_t);
}

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
  const std::size_t step = std::max<std::size_t>(1, sample.size() / coarse_codes);
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

// A coarse code cut into steps: from its least key, 2^shift keys each.
struct Steps {
  std::uint64_t first = 0;
  int shift = 0;
};

// Of code c, which has only keys of [least, greatest] if any.
Steps steps_of(std::size_t c, const std::uint64_t* ends, std::uint64_t least,
               std::uint64_t greatest) {
  const std::uint64_t begin = c == 0 ? 0 : ends[c - 1] + (ends[c - 1] == all_bits ? 0 : 1);
  const std::uint64_t end = c == end_points ? all_bits : ends[c];
  const std::uint64_t first = std::max(begin, least), last = std::min(end, greatest);
  if (first >= last) return {first, 0};
  return {first, std::max(0, static_cast<int>(std::bit_width(last - first)) - fine_bits)};
}

using CodeRange = ColumnSketch::CodeRange;

// Ascending, those that overlap or follow each other as one.
void join(std::vector<CodeRange>& ranges) {
  std::ranges::sort(ranges, {}, &CodeRange::first);
  std::size_t kept = 0;
  for (const CodeRange& range : ranges) {
    if (kept > 0 && range.first <= ranges[kept - 1].last + 1) {
      ranges[kept - 1].last = std::max(ranges[kept - 1].last, range.last);
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

}  // namespace

// How keys become codes: never less for a greater key, whatever the header says.
struct ColumnSketch::Ends {
  Ends(const std::byte* header, Width of_width) : width(of_width) {
    std::memcpy(words.data(), header, header_bytes(width));
  }

  // How many of the ends are less than the key: a fixed number of steps without branches.
  std::size_t coarse(std::uint64_t key) const {
    std::size_t code = 0;
    for (std::size_t half = coarse_codes / 2; half > 0; half /= 2)
      code += words[code + half - 1] < key ? half : 0;
    return code;
  }
  std::uint32_t code(std::uint64_t key) const {
    const std::size_t c = coarse(key);
    if (width == Width::one_byte) return static_cast<std::uint32_t>(c);
    const Steps steps = steps_of(c, words.data(), words[least_word], words[greatest_word]);
    const std::uint64_t fine = key <= steps.first ? 0 : (key - steps.first) >> steps.shift;
    return static_cast<std::uint32_t>(c << fine_bits | std::min<std::uint64_t>(fine, 255));
  }

  Width width;
  std::array<std::uint64_t, greatest_word + 1> words;
};

std::uint64_t sketch_key(std::int64_t value) {
  return static_cast<std::uint64_t>(value) ^ sign_bit;
}

std::uint64_t sketch_key(double value) {
  if (std::isnan(value)) return all_bits;
  const auto bits = std::bit_cast<std::uint64_t>(value == 0.0 ? 0.0 : value);
  return (bits & sign_bit) != 0 ? ~bits : bits | sign_bit;
}

bool ColumnSketch::suits(Type type) {
  return type == Type::int64 || type == Type::float64 || type == Type::date ||
         type == Type::timestamp;
}

std::string ColumnSketch::layout(Width width) {
  return width == Width::one_byte ? R"({"codes":256})" : R"({"codes":65536})";
}

std::uint64_t ColumnSketch::stored_bytes(std::uint64_t capacity, Width width) {
  return header_bytes(width) + capacity * static_cast<std::uint64_t>(width);
}

std::vector<std::byte> ColumnSketch::build(const ColumnView& rows, std::uint64_t capacity,
                                           Width width) {
  std::vector<std::byte> stored(stored_bytes(capacity, width));
  std::array<std::uint64_t, greatest_word + 1> header;
  header.fill(all_bits);
  header[width_word] = width_mark(width);
  with_lane(rows.lane, [&]<class T>(T*) {
    const T* values = rows.lanes<T>();
    std::vector<std::uint64_t> sample;
    const std::size_t stride = std::max<std::size_t>(1, rows.rows / sample_size);
    std::uint64_t least = all_bits, greatest = 0;
    for (std::size_t row = 0; row < rows.rows; ++row) {
      if (!rows.is_valid(row)) continue;
      const std::uint64_t key = key_of(values[row]);
      if (row % stride == 0) sample.push_back(key);
      least = std::min(least, key);
      greatest = std::max(greatest, key);
    }
    const std::vector<std::uint64_t> found = end_points_of(sample);
    std::copy(found.begin(), found.end(), header.begin());
    header[least_word] = least;
    header[greatest_word] = greatest;
    std::memcpy(stored.data(), header.data(), header_bytes(width));
    const Ends ends(stored.data(), width);
    std::byte* const codes = stored.data() + header_bytes(width);
    for (std::size_t row = 0; row < rows.rows; ++row) {
      const std::uint32_t code = ends.code(rows.is_valid(row) ? key_of(values[row]) : 0);
      std::memcpy(codes + row * static_cast<std::size_t>(width), &code,
                  static_cast<std::size_t>(width));
    }
  });
  return stored;
}

std::optional<ColumnSketch> ColumnSketch::view(Bytes stored, std::size_t rows) {
  if (stored.size() < header_bytes(Width::one_byte)) return std::nullopt;
  std::array<std::uint64_t, width_word + 1> header;
  std::memcpy(header.data(), stored.data(), sizeof header);
  ColumnSketch sketch;
  if (header[width_word] == width_mark(Width::two_bytes)) sketch.width_ = Width::two_bytes;
  if (header[width_word] != width_mark(sketch.width_)) return std::nullopt;
  if (stored.size() < stored_bytes(rows, sketch.width_)) return std::nullopt;
  if (!std::is_sorted(header.begin(), header.end() - 1)) return std::nullopt;
  sketch.header_ = stored.data();
  sketch.row_codes_ = stored.data() + header_bytes(sketch.width_);
  if (reinterpret_cast<std::uintptr_t>(sketch.row_codes_) % 2 != 0) return std::nullopt;
  return sketch;
}

void ColumnSketch::add_range(const Ends& ends, std::uint64_t lo, std::uint64_t hi, Answer& answer) {
  CodeRange codes{ends.code(lo), ends.code(hi)};
  answer.maybe.push_back(codes);
  // A code at an end may hold keys outside as well: then the key outside has it too.
  if (lo > 0 && ends.code(lo - 1) == codes.first) ++codes.first;
  if (hi < all_bits && ends.code(hi + 1) == codes.last) {
    if (codes.last == 0) return;
    --codes.last;
  }
  if (codes.first <= codes.last) answer.surely.push_back(codes);
}

// The condition that the key is in one of the ranges.
ColumnSketch::Answer ColumnSketch::within(std::span<const KeyRange> ranges) const {
  const Ends ends(header_, width_);
  Answer answer;
  for (const KeyRange& range : ranges) add_range(ends, range.lo, range.hi, answer);
  join(answer.maybe);
  join(answer.surely);
  return answer;
}

ColumnSketch::Answer ColumnSketch::between(std::int64_t lo, std::int64_t hi) const {
  if (lo > hi) return {};
  const KeyRange range{sketch_key(lo), sketch_key(hi)};
  return within({&range, 1});
}

// Keys behind infinity are NaN's alone; a range never reaches them.
ColumnSketch::Answer ColumnSketch::between(double lo, double hi) const {
  if (!(lo <= hi)) return {};
  const KeyRange range{sketch_key(lo), sketch_key(hi)};
  return within({&range, 1});
}

ColumnSketch::Answer ColumnSketch::among(std::span<const std::int64_t> values) const {
  std::vector<KeyRange> keys;
  for (const std::int64_t value : values) keys.push_back({sketch_key(value), sketch_key(value)});
  return within(keys);
}

ColumnSketch::Answer ColumnSketch::among(std::span<const double> values) const {
  std::vector<KeyRange> keys;
  for (const double value : values)
    if (!std::isnan(value)) keys.push_back({sketch_key(value), sketch_key(value)});
  return within(keys);
}

}  // namespace trawl::core
