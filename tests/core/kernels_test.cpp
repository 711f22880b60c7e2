// Every kernel, on every lane and every instruction set of this machine, against a loop over rows.
#include "core/kernels/kernels.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include <trawl/core/filter/membership_filter.hpp>
#include <trawl/core/scan_program.hpp>

namespace trawl::core {
namespace {

using Rng = std::mt19937_64;

// Ties, extremes, and for reals NaN, infinities, both zeros and the smallest numbers.
template <class T>
T random_value(Rng& rng) {
  using Limits = std::numeric_limits<T>;
  const auto small = static_cast<T>(static_cast<int>(rng() % 5));
  if constexpr (std::is_floating_point_v<T>) {
    const T special[] = {
        Limits::quiet_NaN(), Limits::infinity(),   -Limits::infinity(),  T(0), -T(0), Limits::max(),
        Limits::lowest(),    Limits::denorm_min(), -Limits::denorm_min()};
    if (rng() % 3 == 0) return special[rng() % std::size(special)];
    return rng() % 2 == 0 ? small : static_cast<T>(static_cast<double>(rng()) * 1e-10);
  } else {
    const T special[] = {Limits::min(), static_cast<T>(Limits::min() + 1), Limits::max(),
                         static_cast<T>(Limits::max() - 1), static_cast<T>(Limits::max() / 2 + 1)};
    if (rng() % 3 == 0) return special[rng() % std::size(special)];
    return rng() % 2 == 0 ? small : static_cast<T>(rng());
  }
}

template <class T>
std::vector<T> random_values(Rng& rng, std::size_t rows) {
  std::vector<T> values(rows);
  for (T& value : values) value = random_value<T>(rng);
  return values;
}

// All rows, none, or some; nothing behind the last row.
std::vector<std::uint64_t> random_selection(Rng& rng, std::size_t rows) {
  std::vector<std::uint64_t> select((rows + 63) / 64, 0);
  const auto kind = rng() % 4;
  for (std::size_t i = 0; i < rows; ++i) {
    const bool chosen =
        kind == 0 || (kind == 1 && rng() % 2 == 0) || (kind == 2 && i / 64 % 2 == 0);
    select[i / 64] |= std::uint64_t{chosen} << (i % 64);
  }
  return select;
}

template <class Test>
std::vector<std::uint64_t> slow_mask(const std::vector<std::uint64_t>& select, std::size_t rows,
                                     const Test& test) {
  std::vector<std::uint64_t> mask(select.size(), 0);
  for (std::size_t i = 0; i < rows; ++i) {
    if ((select[i / 64] >> (i % 64) & 1) != 0 && test(i))
      mask[i / 64] |= std::uint64_t{1} << (i % 64);
  }
  return mask;
}

// Repeats a test under every instruction set.
class Kernels : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { force_kernel_target(GetParam()); }
  void TearDown() override { force_kernel_target(""); }
};

template <class T>
void check_ranges(std::size_t seed) {
  Rng rng(seed);
  for (std::size_t rows = 0; rows <= 200; ++rows) {
    const auto values = random_values<T>(rng, rows);
    const auto select = random_selection(rng, rows);
    T lo = random_value<T>(rng), hi = random_value<T>(rng);
    if (rng() % 4 == 0) hi = lo;
    std::vector<std::uint64_t> out(select.size(), ~std::uint64_t{0});
    kernels::select_range(values.data(), rows, lo, hi, select.data(), out.data());
    ASSERT_EQ(out, slow_mask(select, rows,
                             [&](std::size_t i) { return lo <= values[i] && values[i] <= hi; }))
        << "rows " << rows << ", seed " << seed << ", range " << +lo << " .. " << +hi;
  }
}

TEST_P(Kernels, RangesOfAllLanes) {
  for (std::size_t seed = 1; seed <= 5; ++seed) {
    check_ranges<std::uint8_t>(seed);
    check_ranges<std::int8_t>(seed);
    check_ranges<std::uint16_t>(seed);
    check_ranges<std::int16_t>(seed);
    check_ranges<std::uint32_t>(seed);
    check_ranges<std::int32_t>(seed);
    check_ranges<std::int64_t>(seed);
    check_ranges<float>(seed);
    check_ranges<double>(seed);
  }
}

template <class T>
void check_lists(std::size_t seed) {
  Rng rng(seed);
  for (std::size_t rows = 0; rows <= 200; ++rows) {
    const auto values = random_values<T>(rng, rows);
    const auto select = random_selection(rng, rows);
    const auto list = random_values<T>(rng, rng() % (kernels::max_list + 1));
    std::vector<std::uint64_t> out(select.size(), ~std::uint64_t{0});
    kernels::select_list(values.data(), rows, list.data(), list.size(), select.data(), out.data());
    ASSERT_EQ(out, slow_mask(select, rows,
                             [&](std::size_t i) {
                               return std::find(list.begin(), list.end(), values[i]) != list.end();
                             }))
        << "rows " << rows << ", seed " << seed;
  }
}

TEST_P(Kernels, ListsOfAllLanes) {
  for (std::size_t seed = 1; seed <= 3; ++seed) {
    check_lists<std::uint8_t>(seed);
    check_lists<std::int8_t>(seed);
    check_lists<std::uint16_t>(seed);
    check_lists<std::int16_t>(seed);
    check_lists<std::uint32_t>(seed);
    check_lists<std::int32_t>(seed);
    check_lists<std::int64_t>(seed);
    check_lists<float>(seed);
    check_lists<double>(seed);
  }
}

template <class T>
void check_codes(std::size_t seed, std::size_t largest_table) {
  Rng rng(seed);
  for (std::size_t rows = 0; rows <= 200; ++rows) {
    std::vector<std::uint8_t> table(1 + rng() % largest_table);
    for (auto& entry : table) entry = static_cast<std::uint8_t>(rng() % 2);
    std::vector<T> codes(rows);
    for (T& code : codes) code = static_cast<T>(rng() % 8 == 0 ? rng() : rng() % table.size());
    const auto select = random_selection(rng, rows);
    std::vector<std::uint64_t> out(select.size(), ~std::uint64_t{0});
    kernels::select_codes(codes.data(), rows, table.data(), table.size(), select.data(),
                          out.data());
    ASSERT_EQ(out, slow_mask(select, rows,
                             [&](std::size_t i) {
                               return codes[i] < table.size() && table[codes[i]] != 0;
                             }))
        << "rows " << rows << ", seed " << seed << ", table " << table.size();
  }
}

TEST_P(Kernels, CodesOfAllWidths) {
  for (std::size_t seed = 1; seed <= 10; ++seed) {
    check_codes<std::uint8_t>(seed, 256);
    check_codes<std::uint16_t>(seed, 2000);
    check_codes<std::uint32_t>(seed, 2000);
  }
}

template <class T>
void check_comparisons(std::size_t seed) {
  Rng rng(seed);
  for (std::size_t rows = 0; rows <= 200; ++rows) {
    const auto a = random_values<T>(rng, rows), b = random_values<T>(rng, rows);
    std::vector<std::uint64_t> select((rows + 63) / 64, ~std::uint64_t{0});
    std::vector<std::uint64_t> less(select.size(), 7), equal(select.size(), 7);
    kernels::less(a.data(), b.data(), rows, less.data());
    kernels::equal(a.data(), b.data(), rows, equal.data());
    ASSERT_EQ(less, slow_mask(select, rows, [&](std::size_t i) { return a[i] < b[i]; }))
        << rows << ", seed " << seed;
    ASSERT_EQ(equal, slow_mask(select, rows, [&](std::size_t i) { return a[i] == b[i]; }))
        << rows << ", seed " << seed;
  }
}

TEST_P(Kernels, ComparisonsOfColumns) {
  for (std::size_t seed = 1; seed <= 5; ++seed) {
    check_comparisons<std::int64_t>(seed);
    check_comparisons<double>(seed);
  }
}

TEST_P(Kernels, ProbeAnswersLikeTheFilter) {
  Rng rng(1);
  std::vector<std::uint64_t> words(7 * MembershipFilter::words_per_block);
  MembershipFilter filter(words);
  for (int i = 0; i < 500; ++i) filter.add(rng());
  std::size_t passed = 0;
  for (std::size_t count = 0; count <= 64; ++count) {
    std::vector<std::uint64_t> hashes(count);
    for (auto& hash : hashes) hash = rng();
    std::uint64_t slow = 0;
    for (std::size_t i = 0; i < count; ++i)
      slow |= std::uint64_t{filter.may_contain(hashes[i])} << i;
    ASSERT_EQ(kernels::probe(words.data(), 7, hashes.data(), count), slow);
    passed += static_cast<std::size_t>(std::popcount(slow));
  }
  EXPECT_GT(passed, 10u);  // both answers occur
  EXPECT_LT(passed, 1500u);
}

INSTANTIATE_TEST_SUITE_P(Targets, Kernels, testing::ValuesIn(kernel_targets()),
                         [](const auto& param) { return param.param; });

TEST(KernelTargets, AnUnknownOneIsRefused) {
  EXPECT_FALSE(kernel_targets().empty());
  EXPECT_ANY_THROW(force_kernel_target("abacus"));
}

}  // namespace
}  // namespace trawl::core
