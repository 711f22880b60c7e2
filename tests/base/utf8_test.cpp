#include <random>

#include <gtest/gtest.h>

#include <trawl/base/text.hpp>

namespace trawl {
namespace {

// UTF-8 of a code point, by the table of RFC 3629, section 3; also of ones that have none.
std::string encode(std::uint32_t c) {
  const auto byte = [](std::uint32_t b) { return static_cast<char>(b); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 63))};
  if (c < 0x10000) return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)),
          byte(0x80 | (c & 63))};
}

TEST(Utf8, EveryCodePointAndNoOther) {
  for (std::uint32_t c = 0; c < 0x1F0000; c += c < 0x11000 ? 1 : 13) {
    const bool scalar = c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF);
    const std::string text = encode(c);
    ASSERT_EQ(invalid_utf8(text), scalar ? std::nullopt : std::optional<std::size_t>(0))
        << std::hex << c;
    ASSERT_EQ(code_point_bytes(text, 0), scalar ? text.size() : 1) << std::hex << c;
  }
}

TEST(Utf8, TheBordersOfTheTable) {
  for (const char* text :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80", "\xBF", "\xFE", "\xFF", "\xC3", "\xE2\x82",
        "\xF0\x9F\x98", "\xC3(", "\xE2(\xAC", "\xE2\x82(", "\xF0\x9F\x98(", "\xC3\xC3\xA9"}) {
    EXPECT_EQ(invalid_utf8(text), 0u);
    EXPECT_EQ(code_point_bytes(text, 0), 1u);
  }
}

TEST(Utf8, NamesTheFirstBadByteAnywhere) {
  EXPECT_EQ(invalid_utf8(""), std::nullopt);
  EXPECT_EQ(invalid_utf8(std::string_view("a\0b", 3)), std::nullopt);
  for (std::size_t before = 0; before < 40; ++before) {
    const std::string good(before, 'a');
    EXPECT_EQ(invalid_utf8(good + "\xC3\xA9" + good), std::nullopt);
    EXPECT_EQ(invalid_utf8(good + "\xFF" + good), before);
    EXPECT_EQ(invalid_utf8(good + "\xC3\xA9\xE2\x82"), before + 2);
  }
}

TEST(Utf8, StepsThroughMixedText) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    std::vector<std::size_t> sizes;
    for (auto n = random() % 30; n > 0; --n) {
      const std::uint32_t c = std::vector<std::uint32_t>{'a', 0xE9, 0x20AC, 0x1F600}[random() % 4];
      sizes.push_back(encode(c).size());
      text += encode(c);
    }
    std::size_t offset = 0;
    for (const std::size_t size : sizes) {
      ASSERT_EQ(code_point_bytes(text, offset), size);
      offset += size;
    }
    ASSERT_EQ(offset, text.size());
    ASSERT_EQ(invalid_utf8(text), std::nullopt);
  }
}

}  // namespace
}  // namespace trawl
