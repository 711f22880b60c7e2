// Measures the false-positive rate of MembershipFilter for the table in
// src/core/filter/filter_size.cpp, or with --words that of WordFilter for the one in
// word_filter.cpp:
//   measure_fpr [--words] [bits per key ...]
//
// Filters of 2^16 blocks hold random keys at the asked load and are probed with other keys until
// 4000 false positives or 2^32 probes. Beside each rate stands the one of an ideal hash: with n
// keys in a block, Poisson with mean 512 / (bits per key), a random key passes with probability (1
// - (1 - 1/64)^n)^8.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include <trawl/core/filter/membership_filter.hpp>
#include <trawl/core/filter/word_filter.hpp>

namespace {

using trawl::core::hash_key;
using trawl::core::MembershipFilter;
using trawl::core::WordFilter;

constexpr std::uint64_t blocks = std::uint64_t{1} << 16;

double ideal_rate(double bits_per_key) {
  const double load = 512.0 / bits_per_key;
  double rate = 0.0;
  for (int n = 0; n < 2000; ++n) {
    const double weight = std::exp(n * std::log(load) - load - std::lgamma(n + 1.0));
    rate += weight * std::pow(1.0 - std::pow(63.0 / 64.0, n), 8);
  }
  return rate;
}

void measure(double bits_per_key) {
  std::vector<std::uint64_t> words(blocks * MembershipFilter::words_per_block);
  MembershipFilter filter(words);
  const auto keys = static_cast<std::int64_t>(static_cast<double>(blocks) * 512.0 / bits_per_key);
  for (std::int64_t key = 0; key < keys; ++key) filter.add(hash_key(key));
  std::uint64_t probes = 0, passed = 0;
  for (std::int64_t key = -1; passed < 4000 && probes < std::uint64_t{1} << 32; --key, ++probes) {
    passed += filter.may_contain(hash_key(key)) ? 1 : 0;
  }
  const double rate = static_cast<double>(passed) / static_cast<double>(probes);
  std::printf("{%4.0f, %.4e},  // %llu of %llu; ideal %.4e\n", bits_per_key, rate,
              static_cast<unsigned long long>(passed), static_cast<unsigned long long>(probes),
              ideal_rate(bits_per_key));
}

// 2^22 words, 2^28 probes with other keys.
void measure_words(double bits_per_key) {
  constexpr std::uint64_t size = std::uint64_t{1} << 22;
  constexpr std::int64_t batch = 1 << 16;
  std::vector<std::uint64_t> words(size);
  WordFilter filter(words);
  const auto keys = static_cast<std::int64_t>(static_cast<double>(size) * 64.0 / bits_per_key);
  std::vector<std::int64_t> some(batch);
  for (std::int64_t at = 0; at < keys; at += batch) {
    std::iota(some.begin(), some.end(), at);
    filter.add(std::span(some).first(static_cast<std::size_t>(std::min(batch, keys - at))));
  }
  std::uint64_t passed = 0;
  std::vector<std::uint64_t> rows(batch / 64);
  for (std::int64_t at = 1; at <= 4096; ++at) {
    std::iota(some.begin(), some.end(), -at * batch);
    std::fill(rows.begin(), rows.end(), ~std::uint64_t{0});
    filter.screen(some.data(), some.size(), rows.data());
    for (const std::uint64_t word : rows) passed += static_cast<std::uint64_t>(std::popcount(word));
  }
  std::printf("{%4.0f, %.4e},\n", bits_per_key, static_cast<double>(passed) / (4096.0 * batch));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--words") {
    for (int i = 2; i < argc; ++i) measure_words(std::atof(argv[i]));
    if (argc > 2) return 0;
    for (const double bits : {4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 32}) measure_words(bits);
    return 0;
  }
  for (int i = 1; i < argc; ++i) measure(std::atof(argv[i]));
  if (argc == 1) {
    for (const double bits :
         {2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 56, 64})
      measure(bits);
  }
}
