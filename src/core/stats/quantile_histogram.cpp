#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include <trawl/core/stats/quantile_histogram.hpp>

#include "core/stats/varint.hpp"

namespace trawl::core {
namespace {

constexpr int dropped_bits = 52 - QuantileHistogram::mantissa_bits;
constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;
constexpr const char* name = "a histogram";

// Sign, exponent and the first bits of the mantissa: 19 bits. Zeros have those of subnormals.
constexpr std::size_t slot_of(double value) {
  return std::bit_cast<std::uint64_t>(value) >> dropped_bits;
}
constexpr std::size_t slots = slot_of(std::bit_cast<double>(~std::uint64_t{0})) + 1;
constexpr std::size_t negative_slots = slots / 2;

// 0 for zero; else 1 + the bits of the magnitude, with the sign of the value.
constexpr std::int32_t code_of_slot(std::size_t slot) {
  const auto magnitude = static_cast<std::int32_t>(slot % negative_slots) + 1;
  return slot < negative_slots ? magnitude : -magnitude;
}
constexpr std::int32_t max_code = code_of_slot(slot_of(std::numeric_limits<double>::max()));

std::int32_t code_of(double value) {
  assert(std::isfinite(value));
  return value == 0.0 ? 0 : code_of_slot(slot_of(value));
}

QuantileHistogram::Range range_of_code(std::int32_t code) {
  if (code == 0) return {0.0, 0.0, 0.0};
  const auto first = static_cast<std::uint64_t>(std::abs(code) - 1) << dropped_bits;
  const auto at = [&](std::uint64_t rest) { return std::bit_cast<double>(first | rest); };
  const double low = code == 1 || code == -1 ? at(1) : at(0);  // zero has its own bucket
  const double middle = at(std::uint64_t{1} << (dropped_bits - 1));
  const double high = at((std::uint64_t{1} << dropped_bits) - 1);
  return code > 0 ? QuantileHistogram::Range{low, middle, high}
                  : QuantileHistogram::Range{-high, -middle, -low};
}

// Counts of a thread, one for each slot, zero between calls. Only the pages that are touched are in
// memory, and only those are looked at.
class Scratch {
 public:
  static constexpr std::size_t page = std::size_t{1} << QuantileHistogram::mantissa_bits;

  void count(std::span<const double> values) {
    for (const double value : values) {
      const std::size_t slot = slot_of(value + 0.0);  // -0 + 0 is +0
      ++counts_[slot];
      touched_[slot / page] = 1;
      zeros_ += value == 0.0;
    }
  }

  // Calls with slot and count of all that are not zero, and clears them: positive values in
  // ascending order, then negative ones in descending order.
  template <class Function>
  void drain(const Function& function) {
    for (std::size_t p = 0; p < touched_.size(); ++p) {
      if (p % 8 == 0 && none_of_eight(p)) {
        p += 7;
        continue;
      }
      if (touched_[p] == 0) continue;
      touched_[p] = 0;
      for (std::size_t slot = p * page; slot < (p + 1) * page; ++slot) {
        if (counts_[slot] == 0) continue;
        function(slot, counts_[slot]);
        counts_[slot] = 0;
      }
    }
  }

  std::uint32_t take_zeros() { return std::exchange(zeros_, 0); }

 private:
  bool none_of_eight(std::size_t page_number) const {
    std::uint64_t eight;
    std::memcpy(&eight, &touched_[page_number], sizeof eight);
    return eight == 0;
  }

  std::vector<std::uint32_t> counts_ = std::vector<std::uint32_t>(slots);
  std::array<std::uint8_t, slots / page> touched_{};
  std::uint32_t zeros_ = 0;
};

constexpr std::size_t most_at_once = std::size_t{1} << 30;  // counts of 32 bits
constexpr std::size_t few = 48;                             // values that are rather sorted

}  // namespace

void QuantileHistogram::add(double value) {
  const std::int32_t code = code_of(value);
  const auto found = std::ranges::lower_bound(buckets_, code, {}, &Bucket::code);
  if (found != buckets_.end() && found->code == code) {
    ++found->count;
  } else {
    buckets_.insert(found, {code, 1});
  }
  ++count_;
}

void QuantileHistogram::add(std::span<const double> values) {
  for (; values.size() > most_at_once; values = values.subspan(most_at_once))
    add(values.first(most_at_once));
  thread_local std::vector<Bucket> fresh;
  fresh.clear();
  if (values.size() <= few) {
    for (const double value : values) fresh.push_back({code_of(value), 1});
    std::ranges::sort(fresh, {}, &Bucket::code);
    std::size_t last = 0;
    for (std::size_t i = 1; i < fresh.size(); ++i) {
      if (fresh[i].code == fresh[last].code) {
        ++fresh[last].count;
      } else {
        fresh[++last] = fresh[i];
      }
    }
    fresh.resize(values.empty() ? 0 : last + 1);
  } else {
    thread_local Scratch scratch;
    scratch.count(values);
    const std::uint32_t zeros = scratch.take_zeros();
    if (zeros > 0) fresh.push_back({0, zeros});
    scratch.drain([&](std::size_t slot, std::uint32_t count) {
      if (slot == 0) count -= zeros;
      if (count > 0) fresh.push_back({code_of_slot(slot), count});
    });
    const auto negative =
        std::ranges::find_if(fresh, [](const Bucket& bucket) { return bucket.code < 0; });
    std::reverse(negative, fresh.end());
    std::rotate(fresh.begin(), negative, fresh.end());
  }
  add_buckets(fresh);
  count_ += values.size();
}

// Ascending by code, each once.
void QuantileHistogram::add_buckets(std::span<const Bucket> more) {
  std::vector<Bucket> fresh;                           // not here yet
  const bool all = more.size() > buckets_.size() / 8;  // nearly each is looked at: walk
  auto at = buckets_.begin();
  for (const Bucket& bucket : more) {
    if (all) {
      while (at != buckets_.end() && at->code < bucket.code) ++at;
    } else {
      at = std::lower_bound(at, buckets_.end(), bucket.code,
                            [](const Bucket& b, std::int32_t code) { return b.code < code; });
    }
    if (at != buckets_.end() && at->code == bucket.code) {
      at->count += bucket.count;
    } else {
      fresh.push_back(bucket);
    }
  }
  if (fresh.empty()) return;
  const auto old = static_cast<std::ptrdiff_t>(buckets_.size());
  buckets_.insert(buckets_.end(), fresh.begin(), fresh.end());
  std::ranges::inplace_merge(buckets_, buckets_.begin() + old, {}, &Bucket::code);
}

void QuantileHistogram::merge(const QuantileHistogram& other) {
  if (this == &other) return merge(QuantileHistogram(other));
  add_buckets(other.buckets_);
  count_ += other.count_;
}

void QuantileHistogram::subtract(const QuantileHistogram& other) {
  std::vector<Bucket> rest = buckets_;
  auto at = rest.begin();
  for (const Bucket& bucket : other.buckets_) {
    while (at != rest.end() && at->code < bucket.code) ++at;
    if (at == rest.end() || at->code != bucket.code || at->count < bucket.count)
      throw InputError("values are to be taken out of a histogram that were never added");
    at->count -= bucket.count;
  }
  std::erase_if(rest, [](const Bucket& bucket) { return bucket.count == 0; });
  buckets_ = std::move(rest);
  count_ -= other.count_;
}

QuantileHistogram::Range QuantileHistogram::range_of(double value) {
  return range_of_code(code_of(value));
}

QuantileHistogram::Range QuantileHistogram::at_rank(std::uint64_t rank) const {
  assert(rank >= 1 && rank <= count_);
  std::uint64_t below = 0;
  for (const Bucket& bucket : buckets_) {
    below += bucket.count;
    if (below >= rank) return range_of_code(bucket.code);
  }
  return range_of_code(0);
}

// Number of buckets; of each the distance of its code from the one before (the first: from the
// lowest possible one), and its count.
void QuantileHistogram::append_bytes(std::vector<std::byte>& out) const {
  append_varint(out, buckets_.size());
  std::int32_t before = -max_code - 1;
  for (const Bucket& bucket : buckets_) {
    append_varint(out, static_cast<std::uint64_t>(bucket.code - before));
    append_varint(out, bucket.count);
    before = bucket.code;
  }
}

QuantileHistogram QuantileHistogram::read(Bytes& bytes) {
  const auto damaged = [](const char* why) {
    throw DataError(std::string("damaged bytes of a histogram: ") + why);
  };
  QuantileHistogram out;
  const std::uint64_t size = read_varint(bytes, name);
  if (size > bytes.size() / 2) damaged("they end too early");
  std::int32_t code = -max_code - 1;
  for (std::uint64_t i = 0; i < size; ++i) {
    const std::uint64_t step = read_varint(bytes, name);
    if (step == 0 || step > static_cast<std::uint64_t>(max_code - code)) damaged("no bucket");
    code += static_cast<std::int32_t>(step);
    const std::uint64_t count = read_varint(bytes, name);
    if (count == 0 || out.count_ + count < count) damaged("no count");
    out.buckets_.push_back({code, count});
    out.count_ += count;
  }
  return out;
}

}  // namespace trawl::core
