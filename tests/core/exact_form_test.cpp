// Sums in proofs: whatever form is shortest, the same bytes come back, and there is one form of
// each.
#include "core/integrity/exact_form.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/evidence/total.hpp>
#include <trawl/core/exact/moments.hpp>

namespace trawl::core::integrity {
namespace {

using Random = std::mt19937_64;
using ByteVector = std::vector<std::byte>;

ByteVector moments_of(Random& random, std::size_t features, std::size_t records, bool refused) {
  ExactMoments moments(features);
  for (std::size_t i = 0; i < records; ++i) {
    std::vector<double> row(features);
    for (double& value : row) {
      const int exponent = static_cast<int>(random() % 120) - 60;
      value = std::ldexp(static_cast<double>(random() >> 11), exponent);
      if (random() % 2 == 0) value = -value;
      if (random() % 5 == 0) value = 0;
    }
    if (refused && i == 0) row[0] = NAN;
    moments.add(row);
  }
  return moments.to_bytes();
}

ByteVector appended(Bytes sum) {
  ByteVector out;
  append_sum(out, sum);
  return out;
}

void expect_same_again(Bytes sum, std::size_t number) {
  const ByteVector bytes = appended(sum);
  Reader reader(bytes, "a test");
  const ByteVector again = reader.sum();
  reader.expect_end();
  ASSERT_TRUE(std::ranges::equal(again, sum)) << number;
  // As a whole, when there is such a form, not only where it is the shortest.
  if (const auto digits = pack_exact(sum)) {
    Reader digit_reader(*digits, "a test");
    const ByteVector from_digits = unpack_exact(digit_reader, sum.size());
    digit_reader.expect_end();
    ASSERT_TRUE(std::ranges::equal(from_digits, sum)) << number;
  }
}

TEST(ExactForm, GivesEveryMomentsBack) {
  Random random(1);
  for (std::size_t number = 0; number < 400; ++number) {
    const std::size_t features = 1 + random() % 8;
    const auto sum = moments_of(random, features, random() % 40, number % 3 == 0);
    expect_same_again(sum, number);
  }
  expect_same_again(moments_of(random, max_features, 3, true), 1000);
}

TEST(ExactForm, IsMuchShorterForMomentsOfDoubles) {
  Random random(2);
  std::normal_distribution<double> normal;
  ExactMoments moments(10);
  std::vector<double> rows(10 * 100);
  for (double& value : rows) value = normal(random);
  moments.add(rows);
  const ByteVector sum = moments.to_bytes();
  const auto digits = pack_exact(sum);
  ASSERT_TRUE(digits.has_value());
  EXPECT_LT(digits->size(), 3 * pack(sum).size() / 4 + 60);
  EXPECT_EQ(appended(sum).size(), digits->size() + 5);
  evidence::Total total;
  total.contributions.add(1.0 / 3);
  expect_same_again(total.to_bytes(), 0);
}

// Anything at all, also what looks like states of exact sums and is none.
TEST(ExactForm, GivesAllBytesBack) {
  Random random(3);
  for (std::size_t number = 0; number < 20000; ++number) {
    ByteVector bytes(random() % 60);
    for (std::byte& byte : bytes) {
      const unsigned values[] = {0, 0, 0, 1, 2, 255, 0x80, static_cast<unsigned>(random() % 256)};
      byte = static_cast<std::byte>(values[random() % 8]);
    }
    expect_same_again(bytes, number);
  }
  for (std::size_t number = 0; number < 300; ++number) {  // nearly states
    auto sum = moments_of(random, 1 + random() % 3, random() % 10, false);
    sum[random() % sum.size()] ^= static_cast<std::byte>(1 << random() % 8);
    sum.resize(sum.size() - random() % 3);
    expect_same_again(sum, number);
  }
}

TEST(ExactForm, NoOtherBytesGiveTheSameSum) {
  Random random(4);
  for (int number = 0; number < 20; ++number) {
    const ByteVector bytes = appended(moments_of(random, 2, 10, number % 2 == 0));
    const ByteVector sum = [&] { return Reader(bytes, "a test").sum(); }();
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      ByteVector changed = bytes;
      changed[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
      try {
        Reader reader(changed, "a test");
        const ByteVector other = reader.sum();
        reader.expect_end();
        EXPECT_NE(other, sum) << bit;
      } catch (const DataError&) {
      }
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      Reader reader(Bytes(bytes).first(size), "a test");
      EXPECT_THROW(reader.sum(), DataError) << size;
    }
  }
}

}  // namespace
}  // namespace trawl::core::integrity
