#include "store/bit_packing.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace trawl::store {
namespace {

template <class T>
Bytes bytes_of_values(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

template <class T>
void expect_round_trip(const Packing& packing, const std::vector<T>& values) {
  std::vector<std::byte> stored;
  ASSERT_TRUE(pack(packing, sizeof(T), bytes_of_values(values), stored));
  std::vector<T> back(values.size());
  const char* problem =
      unpack(packing, sizeof(T), stored, reinterpret_cast<std::byte*>(back.data()), values.size());
  ASSERT_EQ(problem, nullptr) << problem;
  EXPECT_EQ(std::memcmp(back.data(), values.data(), values.size() * sizeof(T)), 0);
}

TEST(UnpackBits, GivesTheBitsOfTheSlowTwinForEveryWidthAndLength) {
  std::mt19937_64 random(1);
  std::vector<std::byte> packed(64 * 8 * 3 + 8);
  for (std::byte& byte : packed) byte = static_cast<std::byte>(random());
  for (unsigned width = 1; width <= 64; ++width) {
    for (const std::size_t count : {1u, 2u, 7u, 8u, 9u, 15u, 16u, 17u, 63u, 64u, 65u, 180u}) {
      const Bytes exactly = Bytes(packed).first((count * width + 7) / 8);
      std::vector<std::uint64_t> fast(count), slow(count);
      unpack_bits(exactly, count, width, fast.data());
      unpack_bits_reference(exactly, count, width, slow.data());
      ASSERT_EQ(fast, slow) << width << " bits, " << count << " values";
    }
  }
}

template <class T>
void round_trips_of_integers(bool is_signed) {
  std::mt19937_64 random(2);
  const Packing packing{Packing::Kind::integers, is_signed, 0};
  for (unsigned width = 0; width < sizeof(T) * 8; ++width) {
    for (const std::size_t count : {1u, 9u, 600u, 1031u}) {
      const std::uint64_t mask = width == 0 ? 0 : ~std::uint64_t{0} >> (64 - width);
      const T base = width + 1 < sizeof(T) * 8 ? static_cast<T>(std::numeric_limits<T>::min() / 2)
                                               : std::numeric_limits<T>::min();
      std::vector<T> values(count);
      for (T& value : values)
        value = static_cast<T>(static_cast<std::uint64_t>(base) + (random() & mask));
      expect_round_trip(packing, values);
    }
  }
}

TEST(Pack, IntegersOfEveryLaneAndWidth) {
  round_trips_of_integers<std::int8_t>(true);
  round_trips_of_integers<std::uint8_t>(false);
  round_trips_of_integers<std::int16_t>(true);
  round_trips_of_integers<std::uint16_t>(false);
  round_trips_of_integers<std::int32_t>(true);
  round_trips_of_integers<std::uint32_t>(false);
  round_trips_of_integers<std::int64_t>(true);
}

TEST(Pack, RefusesIntegersOverTheFullWidth) {
  std::vector<std::byte> stored;
  const std::vector<std::int64_t> all = {INT64_MIN, 0, INT64_MAX};
  EXPECT_FALSE(pack({Packing::Kind::integers, true, 0}, 8, bytes_of_values(all), stored));
  const std::vector<std::uint8_t> bytes = {0, 255};
  EXPECT_FALSE(pack({Packing::Kind::integers, false, 0}, 1, bytes_of_values(bytes), stored));
}

TEST(Pack, DecimalsComeBackBitForBit) {
  std::mt19937_64 random(3);
  double power = 1;
  for (int scale = 0; scale <= Packing::max_scale; ++scale, power *= 10) {
    for (const std::uint64_t most : {1ull, 100'000ull, 1ull << 40, 1ull << 45}) {
      std::vector<double> values(777);
      for (double& value : values) value = static_cast<double>(random() % most) / power;
      expect_round_trip({Packing::Kind::decimals, true, scale}, values);
    }
  }
}

TEST(Pack, RefusesDoublesThatTheFormulaDoesNotGiveBack) {
  std::vector<std::byte> stored;
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double other :
       {-0.0, -1.25, 0.001, std::nan(""), infinity, -infinity, 1e300, std::nextafter(0.07, 1.0)}) {
    const std::vector<double> values = {0.07, 12.5, other};
    EXPECT_FALSE(pack({Packing::Kind::decimals, true, 2}, 8, bytes_of_values(values), stored))
        << other;
  }
}

TEST(DecimalScale, IsTheLeastThatFits) {
  EXPECT_EQ(decimal_scale(std::vector<double>{1, 2, 3}), 0);
  EXPECT_EQ(decimal_scale(std::vector<double>{1, 2.5, 3.25}), 2);
  EXPECT_EQ(decimal_scale(std::vector<double>{0.1, 1e-9}), 9);
  EXPECT_EQ(decimal_scale(std::vector<double>{1.0 / 3}), std::nullopt);
  EXPECT_EQ(decimal_scale(std::vector<double>{-1.5}), std::nullopt);
  EXPECT_EQ(decimal_scale({}), std::nullopt);
}

// Whatever the bytes are, the answer is a message or values, never a read beyond them.
TEST(Unpack, SurvivesDamage) {
  std::mt19937_64 random(4);
  std::vector<std::int64_t> values(1000);
  for (auto& value : values) value = static_cast<std::int64_t>(random() >> 20);
  const Packing packing{Packing::Kind::integers, true, 0};
  std::vector<std::byte> good;
  ASSERT_TRUE(pack(packing, 8, bytes_of_values(values), good));
  std::vector<std::int64_t> into(values.size());
  auto* space = reinterpret_cast<std::byte*>(into.data());
  for (std::size_t size = 0; size < good.size(); ++size) {
    const std::vector<std::byte> cut(good.begin(),
                                     good.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(unpack(packing, 8, cut, space, values.size()), nullptr);
  }
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::byte> damaged = good;
    damaged[random() % 21] ^= static_cast<std::byte>(1 + random() % 255);
    (void)unpack(packing, 8, damaged, space, values.size());
  }
  EXPECT_NE(unpack(packing, 8, good, space, values.size() - 9), nullptr);
  EXPECT_NE(unpack({}, 8, good, space, values.size()), nullptr);
}

}  // namespace
}  // namespace trawl::store
