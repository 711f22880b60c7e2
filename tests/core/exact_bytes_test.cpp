// The canonical bytes of exact sums: what is written is read, and nothing else.
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/exact_sum.hpp>

#include "core/exact_support.hpp"

namespace trawl::core {
namespace {

template <class T>
class ExactBytes : public testing::Test {};
using Kinds = testing::Types<ExactSum, ExactDot>;
TYPED_TEST_SUITE(ExactBytes, Kinds);

TYPED_TEST(ExactBytes, ComeBack) {
  Rng rng(11);
  for (int trial = 0; trial < 2000; ++trial) {
    TypeParam sum;
    sum.add(random_numbers(rng, static_cast<int>(rng() % number_kinds), rng() % 5));
    if (trial % 7 == 0) sum.subtract(std::nan(""));
    const auto bytes = sum.to_bytes();
    const TypeParam read = TypeParam::from_bytes(bytes);
    ASSERT_EQ(read, sum);
    ASSERT_EQ(read.to_bytes(), bytes);
    ASSERT_TRUE(same(read.value(), sum.value()));
  }
}

// The point of a canonical form: whatever is accepted is what would have been written.
TYPED_TEST(ExactBytes, AreRefusedOrCanonical) {
  Rng rng(12);
  int accepted = 0, refused = 0;
  for (int trial = 0; trial < 20'000; ++trial) {
    TypeParam sum;
    sum.add(random_numbers(rng, static_cast<int>(rng() % number_kinds), rng() % 3));
    auto bytes = sum.to_bytes();
    for (std::size_t change = 0; change <= rng() % 2; ++change) {
      const std::size_t at = rng() % std::min<std::size_t>(bytes.size(), trial % 2 == 0 ? 4 : 99);
      bytes[at] = std::byte{static_cast<unsigned char>(rng() % 3 == 0 ? rng() : rng() % 3 * 127)};
    }
    if (rng() % 5 == 0) bytes.resize(rng() % (bytes.size() + 8));
    try {
      const TypeParam read = TypeParam::from_bytes(bytes);
      ASSERT_EQ(read.to_bytes(), bytes);
      (void)read.value();
      ++accepted;
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(accepted, 100);
  EXPECT_GT(refused, 1000);
}

TYPED_TEST(ExactBytes, ExtremesOfTheRange) {
  using Accumulator = TypeParam;
  const auto state = [](std::size_t first, std::vector<std::uint32_t> words) {
    std::vector<std::byte> bytes = Accumulator().to_bytes();
    bytes[1] = std::byte{static_cast<unsigned char>(first)};
    bytes[2] = std::byte{static_cast<unsigned char>(words.size())};
    const auto raw = std::as_bytes(std::span(words));
    bytes.insert(bytes.end(), raw.begin(), raw.end());
    return bytes;
  };
  const std::size_t last = sizeof(Accumulator) > 800 ? 135 : 67;
  const auto read = [&](const std::vector<std::byte>& bytes) {
    return Accumulator::from_bytes(bytes).to_bytes() == bytes;
  };
  EXPECT_TRUE(read(state(last, {0x7fffffff})));
  EXPECT_TRUE(read(state(last, {0x80000001})));
  EXPECT_TRUE(read(state(last, {0xffffffff})));
  EXPECT_TRUE(read(state(0, {0xffffffff})));
  EXPECT_TRUE(read(state(0, {0x80000000})));
  EXPECT_THROW(read(state(last, {0x80000000})), DataError);
  EXPECT_THROW(read(state(last + 1, {1})), DataError);
  EXPECT_THROW(read(state(last, {1, 1})), DataError);
  EXPECT_THROW(read(state(3, {})), DataError);
  EXPECT_THROW(read(state(3, {0, 1})), DataError);  // a zero word below
  EXPECT_THROW(read(state(3, {1, 0})), DataError);  // repeats the sign
  EXPECT_THROW(read(state(3, {0x80000000, 0xffffffff})), DataError);
  EXPECT_TRUE(read(state(3, {0x80000000, 0})));  // does not
  EXPECT_TRUE(read(state(3, {1, 0xffffffff})));
}

TYPED_TEST(ExactBytes, AreReadOneAfterTheOther) {
  TypeParam a, b;
  a.add(1e100);
  b.add(-3.0);
  std::vector<std::byte> bytes;
  a.append_bytes(bytes);
  b.append_bytes(bytes);
  Bytes rest = bytes;
  EXPECT_EQ(TypeParam::read(rest).value(), 1e100);
  EXPECT_EQ(TypeParam::read(rest).value(), -3.0);
  EXPECT_TRUE(rest.empty());
  EXPECT_THROW(TypeParam::read(rest), DataError);
  EXPECT_THROW(TypeParam::from_bytes(bytes), DataError);  // one state and more
}

TEST(ExactBytesLayout, IsWhatTheHeaderSays) {
  ExactSum sum;
  sum.add(-1.0);  // -2^1074 units: word 33, bit 18
  const auto bytes = sum.to_bytes();
  const std::vector<unsigned> expected = {1, 33, 1, 0, 0x00, 0x00, 0xfc, 0xff};
  ASSERT_EQ(bytes.size(), expected.size());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    EXPECT_EQ(static_cast<unsigned>(bytes[i]), expected[i]);
  sum.add(std::nan(""));
  EXPECT_EQ(sum.to_bytes().size(), expected.size() + 24);
  EXPECT_THROW(ExactDot::from_bytes(bytes), DataError);  // another tag
}

}  // namespace
}  // namespace trawl::core
