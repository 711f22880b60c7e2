#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <tuple>
#include <type_traits>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/zone.hpp>

namespace trawl {
namespace {

// Calls f(i) for every set bit i of `word`.
template <class F>
void for_each_bit(std::uint64_t word, F&& f) {
  for (; word != 0; word &= word - 1) f(static_cast<std::size_t>(std::countr_zero(word)));
}

// Smallest and largest of the values seen, in independent strands: a single one would wait for the
// latency of every comparison, and doubles would not vectorise, for the compiler may not reorder
// them.
template <class T>
struct Extremes {
  static constexpr std::size_t strands = 32 / sizeof(T) < 8 ? 8 : 32 / sizeof(T);
  static constexpr T highest = std::is_floating_point_v<T> ? std::numeric_limits<T>::infinity()
                                                           : std::numeric_limits<T>::max();
  static constexpr T lowest = std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity()
                                                          : std::numeric_limits<T>::lowest();
  std::array<T, strands> low, high;
  std::uint64_t nans = 0;

  Extremes() {
    low.fill(highest);
    high.fill(lowest);
  }
  // NaN compares false and changes neither bound.
  void add(T x, std::size_t strand) {
    low[strand] = x < low[strand] ? x : low[strand];
    high[strand] = x > high[strand] ? x : high[strand];
    if constexpr (std::is_floating_point_v<T>) nans += x != x ? 1 : 0;
  }
  void add(const T* x, std::size_t count) {
    Extremes local = *this;  // a local copy stays in registers
    const std::size_t rest = count % strands;
    for (const T* end = x + (count - rest); x != end; x += strands) {
      for (std::size_t s = 0; s < strands; ++s) local.add(x[s], s);
    }
    for (std::size_t s = 0; s < rest; ++s) local.add(x[s], s);
    *this = local;
  }
  // Adds the values of x[0, 64) whose bits in `word` are set: where only a few are NULL, one of the
  // others stands in for them and the fast loop takes the whole word.
  void add_valid(const T* x, std::uint64_t word) {
    const T neutral = x[std::countr_zero(word)];
    if (neutral != neutral || std::popcount(word) < 32) {
      for_each_bit(word, [&](std::size_t i) { add(x[i], i % strands); });
      return;
    }
    std::array<T, 64> patched;
    std::copy_n(x, 64, patched.begin());
    for_each_bit(~word, [&](std::size_t i) { patched[i] = neutral; });
    add(patched.data(), 64);
  }
  T min() const { return *std::min_element(low.begin(), low.end()); }
  T max() const { return *std::max_element(high.begin(), high.end()); }
};

// The validity word of rows [begin, begin + 64), without bits beyond the last row.
std::uint64_t valid_word(const ColumnView& column, std::size_t begin) {
  const std::size_t rows = column.rows - begin;
  const std::uint64_t inside = rows >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << rows) - 1;
  return column.valid[begin / 64] & inside;
}

std::uint64_t count_nulls(const ColumnView& column) {
  if (column.valid == nullptr) return 0;
  std::uint64_t valid = 0;
  for (std::size_t begin = 0; begin < column.rows; begin += 64) {
    valid += static_cast<std::uint64_t>(std::popcount(valid_word(column, begin)));
  }
  return column.rows - valid;
}

template <class T>
Extremes<T> extremes_of(const ColumnView& column) {
  Extremes<T> extremes;
  const T* x = column.lanes<T>();
  if (column.valid == nullptr) {
    extremes.add(x, column.rows);
    return extremes;
  }
  for (std::size_t begin = 0; begin < column.rows; begin += 64) {
    const std::uint64_t word = valid_word(column, begin);
    if (word == ~std::uint64_t{0}) {
      extremes.add(x + begin, 64);
    } else if (column.rows - begin >= 64 && word != 0) {
      extremes.add_valid(x + begin, word);
    } else {
      for_each_bit(word, [&](std::size_t i) { extremes.add(x[begin + i], 0); });
    }
  }
  return extremes;
}

void set_text_bounds(Zone& zone, std::string_view min, std::string_view max) {
  zone.min = std::string(min.substr(0, Zone::text_bytes));
  zone.max = std::string(max.substr(0, Zone::text_bytes));
  zone.min_cut = min.size() > Zone::text_bytes;
  zone.max_cut = max.size() > Zone::text_bytes;
}

const std::string& category(const ColumnView& column, std::int64_t code) {
  const std::size_t count = column.categories == nullptr ? 0 : column.categories->size();
  if (code < 0 || static_cast<std::uint64_t>(code) >= count) {
    throw DataError(fmt::format("category code {} has no text ({} categories)", code, count));
  }
  return (*column.categories)[static_cast<std::size_t>(code)];
}

void set_integer_bounds(Zone& zone, const ColumnView& column, std::int64_t min, std::int64_t max) {
  if (column.type == Type::boolean) {
    zone.min = min != 0;
    zone.max = max != 0;
  } else if (column.type == Type::categorical) {
    // Categories ascend bytewise, so the order of codes is the order of texts.
    set_text_bounds(zone, category(column, min), category(column, max));
  } else {
    zone.min = min;
    zone.max = max;
  }
}

template <class T>
void bound_lanes(Zone& zone, const ColumnView& column) {
  const Extremes<T> extremes = extremes_of<T>(column);
  zone.nans = extremes.nans;
  if (zone.rows == zone.nulls + zone.nans) return;
  if constexpr (std::is_floating_point_v<T>) {
    // -0.0 + 0.0 is 0.0: which zero came first must not show in the bounds.
    zone.min = static_cast<double>(extremes.min()) + 0.0;
    zone.max = static_cast<double>(extremes.max()) + 0.0;
  } else {
    set_integer_bounds(zone, column, extremes.min(), extremes.max());
  }
}

void bound_texts(Zone& zone, const ColumnView& column) {
  if (zone.rows == zone.nulls) return;
  std::size_t first = 0;
  while (!column.is_valid(first)) ++first;
  std::string_view min = column.text(first);
  std::string_view max = min;
  for (std::size_t row = first + 1; row < column.rows; ++row) {
    if (!column.is_valid(row)) continue;
    const std::string_view text = column.text(row);
    if (text < min) min = text;
    if (text > max) max = text;
  }
  set_text_bounds(zone, min, max);
}

}  // namespace

Zone zone_of(const ColumnView& column) {
  Zone zone;
  zone.rows = column.rows;
  zone.nulls = count_nulls(column);
  if (column.lane == Lane::text) {
    bound_texts(zone, column);
  } else {
    with_lane(column.lane, [&]<class T>(T*) { bound_lanes<T>(zone, column); });
  }
  return zone;
}

void Zone::merge(const Zone& other) {
  rows += other.rows;
  nulls += other.nulls;
  nans += other.nans;
  if (!other.bounded()) return;
  const bool first = !bounded();
  // Of two texts with the same first 32 bytes the cut one is longer, so it is the greater: bounds
  // are ordered by (bytes, cut), and cutting keeps the order of whole texts.
  if (first || std::tie(other.min, other.min_cut) < std::tie(min, min_cut)) {
    min = other.min;
    min_cut = other.min_cut;
  }
  if (first || std::tie(max, max_cut) < std::tie(other.max, other.max_cut)) {
    max = other.max;
    max_cut = other.max_cut;
  }
}

}  // namespace trawl
