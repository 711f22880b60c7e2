#include <algorithm>
#include <cmath>

#include <trawl/core/filter/membership_filter.hpp>
#include <trawl/core/filter/word_filter.hpp>

#include "core/filter/measured_rates.hpp"
#include "core/filter/word_layout.hpp"
#include "core/kernels/integer_lanes.hpp"
#include "core/kernels/kernels.hpp"

namespace trawl::core {
namespace {

// By bench/measure_fpr --words: filters of 2^22 words, 2^28 probes each.
constexpr MeasuredRate table[] = {
    {0, 1.0},         {4, 1.7429e-01},  {5, 1.0652e-01},  {6, 6.9143e-02},  {7, 4.7168e-02},
    {8, 3.3550e-02},  {10, 1.8708e-02}, {12, 1.1517e-02}, {14, 7.6217e-03}, {16, 5.3290e-03},
    {20, 2.9381e-03}, {24, 1.8173e-03}, {32, 8.6527e-04},
};

}  // namespace

double WordFilter::rate_at(double bits_per_key) {
  return MeasuredRates(table).rate_at(bits_per_key);
}

double WordFilter::bits_for(double rate) {
  return MeasuredRates(table).bits_for(rate);
}

std::uint64_t WordFilter::words_for(std::uint64_t keys, double bits_per_key) {
  constexpr double most = 4294967295.0;
  const double words = std::ceil(static_cast<double>(keys) * bits_per_key / 64.0);
  return static_cast<std::uint64_t>(std::clamp(words, 1.0, most));
}

WordFilter::WordFilter(std::span<std::uint64_t> words, Series series)
    : words_(words), multiplier_(static_cast<std::uint64_t>(series)) {}

void WordFilter::add(std::span<const std::int64_t> keys, std::uint64_t parts, std::uint64_t part) {
  const std::uint64_t each = (words_.size() + parts - 1) / parts;
  const std::uint64_t begin = std::min<std::uint64_t>(words_.size(), each * part);
  const std::uint64_t end = std::min<std::uint64_t>(words_.size(), begin + each);
  kernels::fill_words(words_.data(), words_.size(), multiplier_, begin, end, keys.data(),
                      keys.size());
}

bool WordFilter::may_contain(std::int64_t key) const {
  if (empty()) return true;
  const std::uint64_t hash = word::hash(hash_key(key), multiplier_);
  const std::uint64_t mask = word::mask(hash);
  return (words_[word::index(hash, words_.size())] & mask) == mask;
}

template <class T>
void WordFilter::screen(const T* keys, std::size_t rows, std::uint64_t* candidates) const {
  if (!empty())
    kernels::probe_words(words_.data(), words_.size(), multiplier_, keys, rows, candidates);
}

#define TRAWL_SCREEN(name, T) \
  template void WordFilter::screen(const T*, std::size_t, std::uint64_t*) const;
TRAWL_FOR_EACH_INTEGER_LANE(TRAWL_SCREEN)
#undef TRAWL_SCREEN

}  // namespace trawl::core
