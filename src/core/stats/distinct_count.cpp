#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string>

#include <trawl/base/error.hpp>
#include <trawl/core/filter/membership_filter.hpp>
#include <trawl/core/stats/distinct_count.hpp>

#include "core/stats/varint.hpp"

namespace trawl::core {
namespace {

std::uint64_t bits_of(double value) {
  return std::bit_cast<std::uint64_t>(value + 0.0);  // -0 + 0 is +0
}

std::uint64_t hash_of(std::uint64_t bits) {
  return hash_key(static_cast<std::int64_t>(bits));
}

// A set of a thread, by open addressing; at most a quarter full.
class Scratch {
 public:
  void clear() {
    slots_.fill(nothing);
    size_ = 0;
  }
  std::size_t size() const { return size_; }
  void insert(std::uint64_t bits) {
    std::size_t at = (bits * 0x9e3779b97f4a7c15) >> (64 - slot_bits);  // Fibonacci hashing
    while (slots_[at] != bits) {
      if (slots_[at] == nothing) {
        slots_[at] = bits;
        ++size_;
        return;
      }
      at = (at + 1) % slots_.size();
    }
  }
  void copy_to(std::vector<std::uint64_t>& out) const {
    out.clear();
    std::ranges::copy_if(slots_, std::back_inserter(out),
                         [](std::uint64_t bits) { return bits != nothing; });
    std::ranges::sort(out);
  }

 private:
  static constexpr int slot_bits = 10;
  static constexpr std::uint64_t nothing = ~std::uint64_t{0};  // a NaN
  std::array<std::uint64_t, std::size_t{1} << slot_bits> slots_;
  std::size_t size_ = 0;
};

constexpr std::size_t few = 32;  // values that are rather inserted one by one

}  // namespace

void DistinctCount::add(double value) {
  insert(bits_of(value));
}

void DistinctCount::insert(std::uint64_t bits) {
  if (!exact()) return sketch_[0].add_hash(hash_of(bits));
  const auto found = std::ranges::lower_bound(values_, bits);
  if (found != values_.end() && *found == bits) return;
  values_.insert(found, bits);
  if (values_.size() > most_exact) estimate_from_now();
}

void DistinctCount::add(std::span<const double> values) {
  std::size_t next = 0;
  if (exact() && values.size() > few) {
    thread_local Scratch scratch;
    scratch.clear();
    for (const std::uint64_t bits : values_) scratch.insert(bits);
    while (next < values.size() && scratch.size() <= most_exact)
      scratch.insert(bits_of(values[next++]));
    scratch.copy_to(values_);
    if (values_.size() > most_exact) estimate_from_now();
  }
  for (; next < values.size(); ++next) insert(bits_of(values[next]));
}

void DistinctCount::merge(const DistinctCount& other) {
  if (this == &other) return;
  if (exact() && !other.exact()) estimate_from_now();
  if (!other.exact()) return sketch_[0].merge(other.sketch_[0]);
  if (!exact()) {
    for (const std::uint64_t bits : other.values_) insert(bits);
    return;
  }
  std::vector<std::uint64_t> all;
  std::ranges::set_union(values_, other.values_, std::back_inserter(all));
  values_ = std::move(all);
  if (values_.size() > most_exact) estimate_from_now();
}

void DistinctCount::estimate_from_now() {
  sketch_.resize(1);
  for (const std::uint64_t bits : values_) sketch_[0].add_hash(hash_of(bits));
  values_ = {};
}

std::uint64_t DistinctCount::count() const {
  if (exact()) return values_.size();
  return static_cast<std::uint64_t>(std::round(sketch_[0].estimate()));
}

std::optional<double> DistinctCount::only_value_in(double low, double high) const {
  std::optional<double> found;
  for (const std::uint64_t bits : values_) {
    const auto value = std::bit_cast<double>(bits);
    if (value < low || value > high) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

// 1 + the number of values, and the values; or 0, and the registers.
void DistinctCount::append_bytes(std::vector<std::byte>& out) const {
  if (!exact()) {
    append_varint(out, 0);
    const Bytes registers = std::as_bytes(sketch_[0].bytes());
    out.insert(out.end(), registers.begin(), registers.end());
    return;
  }
  append_varint(out, values_.size() + 1);
  std::uint64_t before = 0;
  for (const std::uint64_t bits : values_) {
    append_varint(out, bits - before);
    before = bits;
  }
}

DistinctCount DistinctCount::read(Bytes& bytes) {
  constexpr const char* name = "a count of distinct values";
  const auto damaged = [&](const char* why) {
    throw DataError("damaged bytes of " + std::string(name) + ": " + why);
  };
  DistinctCount out;
  const std::uint64_t size = read_varint(bytes, name);
  if (size == 0) {
    out.sketch_.push_back(DistinctSketch::read(bytes));
    return out;
  }
  if (size - 1 > most_exact) damaged("too many values");
  std::uint64_t bits = 0;
  for (std::uint64_t i = 1; i < size; ++i) {
    const std::uint64_t step = read_varint(bytes, name);
    if ((step == 0 && i > 1) || bits + step < bits) damaged("values are not in order");
    bits += step;
    if (!std::isfinite(std::bit_cast<double>(bits))) damaged("no number");
    out.values_.push_back(bits);
  }
  return out;
}

}  // namespace trawl::core
