// Chunk encodings against plain loops, and decoders against damage.
#include "store/codec.hpp"

#include <cstring>

#include <lz4.h>

#include <trawl/base/error.hpp>

#include "store/lanes.hpp"
#include "store/shuffle.hpp"
#include "store/table_support.hpp"

namespace trawl::store {
namespace {

std::vector<std::byte> random_bytes(std::size_t size, int letters, Random& random) {
  std::vector<std::byte> bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random() % static_cast<unsigned>(letters));
  return bytes;
}

TEST(Shuffle, IsHdf5sAndItsInverse) {
  Random random(1);
  for (const std::size_t width : {1u, 2u, 3u, 4u, 5u, 8u}) {
    for (const std::size_t n : {0u, 1u, 2u, 15u, 16u, 17u, 31u, 100u, 1000u}) {
      const std::vector<std::byte> raw = random_bytes(n * width, 256, random);
      std::vector<std::byte> planes(raw.size()), back(raw.size());
      shuffle(raw.data(), n, width, planes.data());
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t b = 0; b < width; ++b) ASSERT_EQ(planes[b * n + i], raw[i * width + b]);
      }
      unshuffle(planes.data(), n, width, back.data());
      ASSERT_EQ(back, raw);
    }
  }
}

TEST(Codec, DecodesWhatItEncodes) {
  Random random(2);
  std::vector<std::byte> stored;
  for (const Codec codec : {Codec::none, Codec::gzip, Codec::lz4, Codec::zstd}) {
    for (const std::size_t width : {1u, 2u, 4u, 8u}) {
      for (const int letters : {1, 3, 256}) {
        const std::vector<std::byte> raw = random_bytes(8 * (1 + random() % 5000), letters, random);
        encode(codec, width, raw, stored);
        std::vector<std::byte> back(raw.size());
        ASSERT_EQ(decode(codec, width, stored, back.data(), back.size()), nullptr);
        ASSERT_EQ(back, raw);
      }
    }
  }
}

// Every damage is either told or decodes to the right number of bytes: digests are for the rest.
TEST(Codec, DamageNeverLeavesTheBuffer) {
  Random random(3);
  std::vector<std::byte> stored;
  for (const Codec codec : {Codec::gzip, Codec::lz4, Codec::zstd}) {
    const std::vector<std::byte> raw = random_bytes(4096, 3, random);
    encode(codec, 4, raw, stored);
    for (int i = 0; i < 2000; ++i) {
      std::vector<std::byte> bad = stored;
      for (int k = 0; k < 3; ++k) bad[random() % bad.size()] = static_cast<std::byte>(random());
      if (random() % 2 == 0) bad.resize(random() % bad.size());
      // On the heap and exactly as long as it may be, for the address sanitizer.
      std::vector<std::byte> back(raw.size());
      static_cast<void>(decode(codec, 4, bad, back.data(), back.size()));
    }
    std::vector<std::byte> back(raw.size());
    EXPECT_NE(decode(codec, 4, Bytes(stored).first(stored.size() - 1), back.data(), back.size()),
              nullptr);
    EXPECT_NE(decode(codec, 4, stored, back.data(), back.size() - 4), nullptr);
  }
}

void append_big_endian(std::vector<std::byte>& bytes, std::uint64_t value, int width) {
  for (int i = width - 1; i >= 0; --i) bytes.push_back(static_cast<std::byte>(value >> (8 * i)));
}

// Other writers of filter 32004 use several blocks, some stored as they are.
TEST(Codec, Lz4FramesOfManyBlocks) {
  Random random(4);
  for (const std::size_t block : {7u, 64u, 1000u, 5000u}) {
    std::vector<std::byte> raw = random_bytes(3333, 2, random);
    for (std::size_t i = 1000; i < 2000; ++i) raw[i] = static_cast<std::byte>(random());
    std::vector<std::byte> frame;
    append_big_endian(frame, raw.size(), 8);
    append_big_endian(frame, block, 4);
    for (std::size_t at = 0; at < raw.size(); at += block) {
      const std::size_t size = std::min(block, raw.size() - at);
      std::vector<char> packed(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(size))));
      const auto got = static_cast<std::size_t>(
          LZ4_compress_default(reinterpret_cast<const char*>(raw.data() + at), packed.data(),
                               static_cast<int>(size), static_cast<int>(packed.size())));
      const bool as_is = got >= size;
      append_big_endian(frame, as_is ? size : got, 4);
      const auto* from =
          as_is ? raw.data() + at : reinterpret_cast<const std::byte*>(packed.data());
      frame.insert(frame.end(), from, from + (as_is ? size : got));
    }
    std::vector<std::byte> back(raw.size());
    ASSERT_EQ(decode_lz4(frame, back.data(), back.size()), nullptr);
    ASSERT_EQ(back, raw);
  }
}

TEST(Codec, NamesAreReadBackOrListed) {
  for (const Codec codec : {Codec::none, Codec::gzip, Codec::lz4, Codec::zstd}) {
    EXPECT_EQ(codec_named(name_of(codec)), codec);
  }
  EXPECT_THROW(codec_named("lzma"), InputError);
}

TEST(Lanes, PackBits) {
  Random random(5);
  for (const std::size_t rows : {0u, 1u, 7u, 8u, 9u, 63u, 64u, 65u, 200u}) {
    std::vector<std::byte> flags = random_bytes(rows, 2, random);
    std::vector<std::uint64_t> bits(rows / 64 + 1);
    ASSERT_TRUE(pack_bits(flags.data(), rows, bits.data()));
    for (std::size_t i = 0; i < rows; ++i) {
      ASSERT_EQ((bits[i / 64] >> (i % 64)) & 1, std::to_integer<std::uint64_t>(flags[i])) << i;
    }
    if (rows == 0) continue;
    flags[random() % rows] = std::byte{2};
    EXPECT_FALSE(pack_bits(flags.data(), rows, bits.data()));
  }
}

TEST(Lanes, Ascending) {
  const std::vector<std::uint64_t> ends = {3, 3, 5};
  EXPECT_TRUE(ascending(0, ends));
  EXPECT_TRUE(ascending(3, ends));
  EXPECT_FALSE(ascending(4, ends));
  EXPECT_TRUE(ascending(4, {}));
  EXPECT_FALSE(ascending(0, std::vector<std::uint64_t>{3, 2, 5}));
}

}  // namespace
}  // namespace trawl::store
