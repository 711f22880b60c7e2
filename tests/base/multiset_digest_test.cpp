#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <trawl/base/multiset_digest.hpp>

namespace trawl {
namespace {

__extension__ typedef unsigned __int128 uint128;

// The digest that xxhsum -H2 prints, read as a number.
uint128 number_of(Bytes bytes) {
  Xxh3Stream stream;
  stream.add(bytes);
  const std::string text = stream.hex();
  return static_cast<uint128>(std::stoull(text.substr(0, 16), nullptr, 16)) << 64 |
         std::stoull(text.substr(16), nullptr, 16);
}

std::string text_of(uint128 number) {
  std::string text;
  for (int shift = 124; shift >= 0; shift -= 4)
    text += "0123456789abcdef"[static_cast<unsigned>(number >> shift) & 15u];
  return text;
}

TEST(MultisetDigest, IsTheSumOfTheDigests) {
  std::mt19937_64 random(3);
  std::vector<std::int64_t> items{0, -1, INT64_MIN, INT64_MAX};
  for (int i = 0; i < 1000; ++i) items.push_back(static_cast<std::int64_t>(random()));
  uint128 sum = 0;
  MultisetDigest digest, one_by_one, shuffled;
  EXPECT_EQ(digest.hex(), std::string(32, '0'));
  for (const std::int64_t& item : items) {
    sum += number_of(std::as_bytes(std::span(&item, 1)));
    one_by_one.add(std::as_bytes(std::span(&item, 1)));
  }
  digest.add(items);
  EXPECT_EQ(digest.hex(), text_of(sum));
  EXPECT_EQ(one_by_one, digest);
  std::shuffle(items.begin(), items.end(), random);
  MultisetDigest rest;
  shuffled.add(std::span(items).first(100));
  rest.add(std::span(items).subspan(100));
  shuffled.merge(rest);
  EXPECT_EQ(shuffled, digest);
}

TEST(MultisetDigest, CountsAndBoundariesMatter) {
  const auto of = [](const std::vector<std::string>& texts) {
    MultisetDigest digest;
    for (const std::string& text : texts) digest.add(bytes_of(text));
    return digest.hex();
  };
  EXPECT_EQ(of({"a", "b"}), of({"b", "a"}));
  EXPECT_NE(of({"a", "b"}), of({"ab"}));
  EXPECT_NE(of({"a"}), of({"a", "a"}));
  EXPECT_NE(of({"a"}), of({"a", ""}));
}

}  // namespace
}  // namespace trawl
