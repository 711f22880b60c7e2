// Measures the false-positive rate of MembershipFilter for the table in
// src/core/filter/filter_size.cpp:
//   measure_fpr [bits per key ...]
//
// Filters of 2^16 blocks hold random keys at the asked load and are probed with other keys until
// 4000 false positives or 2^32 probes. Beside each rate stands the one of an ideal hash: with n
// keys in a block, Poisson with mean 512 / (bits per key), a random key passes with probability (1
// - (1 - 1/64)^n)^8.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <trawl/core/filter/membership_filter.hpp>

namespace {

using trawl::core::hash_key;
using trawl::core::MembershipFilter;

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

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) measure(std::atof(argv[i]));
  if (argc == 1) {
    for (const double bits :
         {2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 56, 64})
      measure(bits);
  }
}
