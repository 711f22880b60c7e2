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

ByteVector appended(const std::vector<ByteVector>& sums) {
  ByteVector out;
  SumCoder coder;
  for (const ByteVector& sum : sums) coder.append(out, sum);
  return out;
}

// DataError: not so many sums, or more bytes.
std::vector<ByteVector> taken(Bytes bytes, std::size_t count) {
  Reader reader(bytes, "a test");
  SumCoder coder;
  std::vector<ByteVector> sums;
  for (std::size_t i = 0; i < count; ++i) sums.push_back(coder.take(reader));
  reader.expect_end();
  return sums;
}

// One after the other, each by what those before it tell.
void expect_same_again(const std::vector<ByteVector>& sums, std::size_t number) {
  ASSERT_EQ(taken(appended(sums), sums.size()), sums) << number;
  // As digits, when there is such a form, not only where it is the shortest.
  ExactMemory written, read;
  for (const ByteVector& sum : sums) {
    const auto digits = pack_exact(sum, written);
    if (!digits) continue;
    written = digits->memory;
    Reader reader(digits->bytes, "a test");
    ASSERT_EQ(unpack_exact(reader, digits->as_before, read), sum) << number;
    reader.expect_end();
    ASSERT_EQ(read.places, written.places) << number;
  }
}

TEST(ExactForm, GivesEveryMomentsBack) {
  Random random(1);
  for (std::size_t number = 0; number < 400; ++number) {
    const std::size_t features = 1 + random() % 8;
    std::vector<ByteVector> sums;
    for (std::size_t left = 1 + random() % 4; left > 0; --left) {
      const std::size_t others = random() % 4 == 0 ? 1 + random() % 8 : features;
      sums.push_back(moments_of(random, others, random() % 40, number % 3 == 0));
    }
    expect_same_again(sums, number);
  }
  expect_same_again({moments_of(random, max_features, 3, true)}, 1000);
}

// Digits at either end of what there is, one alone, zeros between them, and both signs.
TEST(ExactForm, GivesExtremeSumsBack) {
  Random random(5);
  const double values[] = {0,          1,          -1,        0x1p-1074,
                           -0x1p-1074, 0x1p1023,   -0x1p1023, 0x1.fffffffffffffp1023,
                           -0x1p-31,   -0x1p31,    0x1p31,    0x1p-1042,
                           -0x1p-1042, 1 + 0x1p-52};
  for (std::size_t number = 0; number < 3000; ++number) {
    std::vector<ByteVector> sums;
    for (int left = 4; left > 0; --left) {
      ByteVector bytes;
      for (int states = 3; states > 0; --states) {
        ExactDot dot;
        ExactSum sum;
        dot.add_product(values[random() % std::size(values)], values[random() % std::size(values)]);
        for (std::size_t terms = random() % 3; terms > 0; --terms)
          sum.add(values[random() % std::size(values)]);
        random() % 2 == 0 ? dot.append_bytes(bytes) : sum.append_bytes(bytes);
      }
      sums.push_back(bytes);
    }
    expect_same_again(sums, number);
  }
}

TEST(ExactForm, IsMuchShorterForMomentsOfDoubles) {
  Random random(2);
  std::normal_distribution<double> normal;
  std::vector<ByteVector> sums;
  for (std::size_t i = 0; i < 6; ++i) {
    ExactMoments moments(10);
    std::vector<double> rows(10 * (50 << i));
    for (double& value : rows) value = normal(random);
    moments.add(rows);
    sums.push_back(moments.to_bytes());
  }
  std::size_t without_signs = 0, alone = 0;
  for (const ByteVector& sum : sums) {
    without_signs += pack(sum).size();
    alone += appended({sum}).size();
  }
  EXPECT_LT(appended(sums).size(), 3 * without_signs / 4);
  EXPECT_LT(appended(sums).size(), alone - 150);  // the first one tells of the others
  evidence::Total total;
  total.contributions.add(1.0 / 3);
  expect_same_again({total.to_bytes(), total.to_bytes()}, 0);
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
    expect_same_again({bytes}, number);
  }
  for (std::size_t number = 0; number < 300; ++number) {  // nearly states
    auto sum = moments_of(random, 1 + random() % 3, random() % 10, false);
    sum[random() % sum.size()] ^= static_cast<std::byte>(1 << random() % 8);
    sum.resize(sum.size() - random() % 3);
    expect_same_again({moments_of(random, 1, 5, false), sum}, number);
  }
}

TEST(ExactForm, NoOtherBytesGiveTheSameSums) {
  Random random(4);
  for (int number = 0; number < 20; ++number) {
    std::vector<ByteVector> sums;
    for (int i = 0; i < 3; ++i) sums.push_back(moments_of(random, 2, 10, number % 2 == 0));
    const ByteVector bytes = appended(sums);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      ByteVector changed = bytes;
      changed[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
      try {
        EXPECT_NE(taken(changed, sums.size()), sums) << bit;
      } catch (const DataError&) {
      }
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_THROW(taken(Bytes(bytes).first(size), sums.size()), DataError) << size;
  }
}

}  // namespace
}  // namespace trawl::core::integrity
