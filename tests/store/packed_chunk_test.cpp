// Chunks of the packed codec: adversarial values of every lane, every instruction set, damage, and
// HDF5's own filter as the other side.
#include <array>
#include <cstring>
#include <limits>
#include <memory>

#include <fmt/format.h>
#include <hwy/targets.h>

#include "store/codec.hpp"
#include "store/python_support.hpp"
#include "store/table_support.hpp"

namespace trawl::store {
namespace {

constexpr Packing signed_integers{Packing::Kind::integers, true, 0};
constexpr Packing unsigned_integers{Packing::Kind::integers, false, 0};
constexpr Packing cents{Packing::Kind::decimals, true, 2};

template <class T>
std::vector<std::byte> bytes_of_all(const std::vector<T>& values) {
  const auto* begin = reinterpret_cast<const std::byte*>(values.data());
  return {begin, begin + values.size() * sizeof(T)};
}

// On the heap and exactly as long as they may be, for the address sanitizer.
struct Exactly {
  explicit Exactly(std::size_t n) : size(n), bytes(new std::byte[n]) {}
  explicit Exactly(Bytes from) : Exactly(from.size()) {
    std::copy(from.begin(), from.end(), bytes.get());
  }
  operator Bytes() const { return {bytes.get(), size}; }
  std::size_t size;
  std::unique_ptr<std::byte[]> bytes;
};

struct Case {
  Packing packing;
  std::size_t element_bytes;
  std::vector<std::byte> raw;
};

template <class T>
void add_integers(std::vector<Case>& cases, Random& random) {
  const Packing packing = std::is_signed_v<T> ? signed_integers : unsigned_integers;
  constexpr T least = std::numeric_limits<T>::min(), most = std::numeric_limits<T>::max();
  for (const std::size_t n : {1u, 7u, 8u, 511u, 512u, 513u, 1543u}) {
    std::vector<std::vector<T>> all;
    for (const T same : {least, T{0}, most}) all.emplace_back(n, same);
    std::vector<T> values(n);
    // One outlier among equal ones; all bits at random; from every end of the range, `bits` wide.
    values.assign(n, least), values[random() % n] = most, all.push_back(values);
    values.assign(n, T{1}), values[n - 1] = least, all.push_back(values);
    for (T& value : values) value = static_cast<T>(random());
    all.push_back(values);
    for (unsigned bits = 1; bits < sizeof(T) * 8; bits += 1 + bits / 9) {
      for (T& value : values)
        value = static_cast<T>(most - static_cast<T>(random() >> (64 - bits)));
      all.push_back(values);
      for (T& value : values)
        value = static_cast<T>(least + static_cast<T>(random() >> (64 - bits)));
      all.push_back(values);
    }
    for (const auto& one : all) cases.push_back({packing, sizeof(T), bytes_of_all(one)});
  }
}

void add_doubles(std::vector<Case>& cases, Random& random) {
  static const std::vector<double> odd = {-0.0,
                                          NAN,
                                          -NAN,
                                          INFINITY,
                                          -INFINITY,
                                          -0.01,
                                          0.005,
                                          5e-324,
                                          90071992547409.92,
                                          90071992547409.91,
                                          90071992547409.93,
                                          1e300,
                                          9007199254740993.0,
                                          0.07000000000000002};
  for (const std::size_t n : {1u, 7u, 512u, 1543u}) {
    std::vector<double> values(n);
    for (const std::uint64_t most : {1ull, 2ull, 200'000ull, 1ull << 40, (1ull << 53) + 1}) {
      for (double& value : values) value = static_cast<double>(random() % most) / 100;
      cases.push_back({cents, 8, bytes_of_all(values)});
    }
    for (const double other : odd) {
      for (double& value : values) value = static_cast<double>(random() % 100'000) / 100;
      values[random() % n] = other;
      cases.push_back({cents, 8, bytes_of_all(values)});
    }
  }
}

const std::vector<Case>& all_cases() {
  static const std::vector<Case> all = [] {
    Random random(11);
    std::vector<Case> cases;
    add_integers<std::int8_t>(cases, random);
    add_integers<std::uint8_t>(cases, random);
    add_integers<std::int16_t>(cases, random);
    add_integers<std::uint16_t>(cases, random);
    add_integers<std::int32_t>(cases, random);
    add_integers<std::uint32_t>(cases, random);
    add_integers<std::int64_t>(cases, random);
    add_doubles(cases, random);
    return cases;
  }();
  return all;
}

// Every way there is to store it, by every codec, into exactly as many bytes.
void expect_every_round_trip(const Case& one) {
  std::vector<std::byte> stored;
  for (const Codec codec : codecs) {
    const std::uint32_t skipped =
        encode_chunk(codec, one.packing, one.element_bytes, one.raw, stored);
    const Exactly back(one.raw.size());
    const char* problem = decode_chunk(codec, one.packing, skipped, one.element_bytes,
                                       Exactly(stored), back.bytes.get(), back.size);
    ASSERT_EQ(problem, nullptr) << name_of(codec) << ": " << problem;
    ASSERT_EQ(std::memcmp(back.bytes.get(), one.raw.data(), back.size), 0) << name_of(codec);
  }
  if (!pack(one.packing, one.element_bytes, one.raw, stored)) return;
  const Exactly back(one.raw.size());
  ASSERT_EQ(unpack(one.packing, one.element_bytes, Exactly(stored), back.bytes.get(),
                   one.raw.size() / one.element_bytes),
            nullptr);
  ASSERT_EQ(std::memcmp(back.bytes.get(), one.raw.data(), back.size), 0);
}

class PackedChunk : public testing::Test {
 protected:
  void TearDown() override { choose(0); }
  static void choose(std::int64_t targets) {  // 0: whatever is there
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

TEST_F(PackedChunk, ComesBackOnEveryInstructionSet) {
  choose(0);
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    choose(target);
    SCOPED_TRACE(hwy::TargetName(target));
    for (std::size_t i = 0; i < all_cases().size(); ++i) {
      SCOPED_TRACE(i);
      expect_every_round_trip(all_cases()[i]);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(PackedChunk, BitsAreThoseOfTheSlowTwinOnEveryInstructionSet) {
  Random random(12);
  choose(0);
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    choose(target);
    for (unsigned width = 0; width <= 64; ++width) {
      for (const std::size_t count : {1u, 3u, 8u, 33u, 129u, 500u}) {
        const Exactly packed((count * width + 7) / 8);
        for (std::size_t i = 0; i < packed.size; ++i)
          packed.bytes[i] = static_cast<std::byte>(random());
        std::vector<std::uint64_t> fast(count), slow(count);
        unpack_bits(packed, count, width, fast.data());
        unpack_bits_reference(packed, count, width, slow.data());
        ASSERT_EQ(fast, slow) << hwy::TargetName(target) << " " << width << " bits, " << count;
      }
    }
  }
}

TEST_F(PackedChunk, EqualValuesTakeTheHeaderAlone) {
  for (const std::size_t n : {100u, 1000u, 65536u}) {
    const std::vector<std::int64_t> values(n, std::int64_t{-7});
    std::vector<std::byte> stored;
    EXPECT_EQ(encode_chunk(Codec::packed, signed_integers, 8, bytes_of_all(values), stored),
              skip_compression);
    EXPECT_EQ(stored.size(), 22u);
  }
}

TEST_F(PackedChunk, WhatZstdHardlyShrinksIsStoredAsItIs) {
  Random random(14);
  std::vector<std::int64_t> noise(10'000), words(10'000);
  for (std::int64_t& value : noise) value = static_cast<std::int64_t>(random());
  for (std::int64_t& value : words) value = static_cast<std::int64_t>(random() % 3 << 62);
  const auto mask_of = [](const Packing& packing, std::size_t element_bytes, Bytes raw) {
    std::vector<std::byte> stored;
    const std::uint32_t mask = encode_chunk(Codec::packed, packing, element_bytes, raw, stored);
    const bool same = std::ranges::equal(stored, raw);
    EXPECT_EQ(same, mask == skip_all(packing, element_bytes));
    return mask;
  };
  EXPECT_EQ(mask_of(signed_integers, 8, bytes_of_all(noise)), 7u);
  EXPECT_EQ(mask_of(Packing{}, 8, bytes_of_all(noise)), 3u);
  EXPECT_EQ(mask_of(Packing{}, 1, bytes_of_all(noise)), 1u);
  EXPECT_EQ(mask_of(signed_integers, 8, bytes_of_all(words)), skip_packing);
  EXPECT_EQ(mask_of(Packing{}, 8, bytes_of_all(words)), 0u);
}

// Whatever is stored, and whatever its mask says: a message, or values within the buffer.
void expect_no_crash(const Case& one, std::uint32_t skipped, Bytes stored) {
  const Exactly back(one.raw.size());
  static_cast<void>(decode_chunk(Codec::packed, one.packing, skipped, one.element_bytes,
                                 Exactly(stored), back.bytes.get(), back.size));
}

void damage(std::vector<std::byte>& stored, Random& random) {
  for (std::uint64_t k = random() % 4; k > 0 && !stored.empty(); --k)
    stored[random() % stored.size()] = static_cast<std::byte>(random());
  if (random() % 2 == 0 && !stored.empty()) {  // the width, above all
    stored[0] = static_cast<std::byte>(random() % 66);
  }
  const std::uint64_t how = random() % 4;
  if (how == 0) stored.resize(random() % (stored.size() + 1));
  if (how == 1) stored.resize(stored.size() + random() % 40);
}

TEST_F(PackedChunk, DamageNeverLeavesTheBuffer) {
  Random random(13);
  for (const Case& one : all_cases()) {
    std::vector<std::byte> good;
    const std::uint32_t skipped =
        encode_chunk(Codec::packed, one.packing, one.element_bytes, one.raw, good);
    for (int i = 0; i < 20; ++i) {
      std::vector<std::byte> stored = good;
      damage(stored, random);
      expect_no_crash(one, skipped, stored);
      expect_no_crash(one, static_cast<std::uint32_t>(random() % 8), stored);
    }
  }
}

TEST_F(PackedChunk, RandomBytesNeverLeaveTheBuffer) {
  Random random(14);
  for (int i = 0; i < 20'000; ++i) {
    const Case& one = all_cases()[random() % all_cases().size()];
    // Of the right size for some width, so that more than the header is looked at.
    const std::size_t elements = one.raw.size() / one.element_bytes;
    const std::size_t width = random() % (one.element_bytes * 8 + 2);
    std::vector<std::byte> stored(21 + elements * width / 8 + 1);
    for (std::byte& byte : stored) byte = static_cast<std::byte>(random());
    const std::array<std::uint8_t, 5> header = {static_cast<std::uint8_t>(width), 0, 0, 0, 8};
    if (random() % 4 != 0) std::memcpy(stored.data(), header.data(), header.size());
    expect_no_crash(one, static_cast<std::uint32_t>(random() % 8), stored);
  }
}

TEST_F(PackedChunk, EveryTruncationIsTold) {
  Random random(15);
  for (const Case& one : all_cases()) {
    std::vector<std::byte> good;
    if (!pack(one.packing, one.element_bytes, one.raw, good)) continue;
    const Exactly back(one.raw.size());
    for (int i = 0; i < 30; ++i) {
      const std::size_t size = i == 0 ? good.size() - 1 : random() % good.size();
      ASSERT_NE(unpack(one.packing, one.element_bytes, Exactly(Bytes(good).first(size)),
                       back.bytes.get(), one.raw.size() / one.element_bytes),
                nullptr);
    }
  }
}

// Every packed chunk is read by HDF5's own filter: no plugin may be loaded.
constexpr std::string_view stock = R"(
import os
os.environ["HDF5_PLUGIN_PATH"] = "/nonexistent"
import h5py, numpy as np
packed = 0
with h5py.File("data.h5") as f:
    for name in f["columns"]:
        c = f["columns"][name]
        d = c["codes"] if isinstance(c, h5py.Group) else c
        want = np.fromfile(name + ".raw", d.dtype)
        for i in range(d.id.get_num_chunks()):
            info = d.id.get_chunk_info(i)
            if info.filter_mask & 1: continue
            assert info.filter_mask == 6, info
            begin, end = info.chunk_offset[0], min(info.chunk_offset[0] + d.chunks[0], len(d))
            assert d[begin:end].tobytes() == want[begin:end].tobytes(), (name, begin)
            packed += 1
print(packed)
)";

constexpr std::uint64_t chunk_rows = 600;

// A column of this lane: row groups of growing widths, then equal values, then a short one.
template <class T>
std::vector<T> growing(Lane lane, Random& random) {
  std::vector<T> values;
  for (std::uint64_t row = 0; row < 8 * chunk_rows + 77; ++row) {
    const unsigned bits = static_cast<unsigned>((row / chunk_rows + 1) * sizeof(T));
    if constexpr (std::is_floating_point_v<T>) {
      values.push_back(static_cast<T>(random() % (std::uint64_t{1} << (5 * bits / 8))) / 100);
    } else {
      const std::uint64_t low = row / chunk_rows == 6 ? 5 : random() >> (64 - std::min(bits, 62u));
      values.push_back(static_cast<T>(lane == Lane::i64 ? low - 1000 : low));
    }
  }
  return values;
}

TEST_F(PackedChunk, IsReadByHdf5WithoutPlugins) {
  TRAWL_NEED_PYTHON("h5py, numpy");
  Random random(16);
  const TempFolder folder;
  std::vector<ColumnSchema> schemas;
  std::vector<std::vector<std::byte>> raw;
  const auto add = [&]<class T>(T, const std::string& name, Type type, Lane lane) {
    ColumnSchema schema;
    schema.name = name, schema.type = type, schema.lane = lane;
    schemas.push_back(schema);
    raw.push_back(bytes_of_all(growing<T>(lane, random)));
    write_file_atomically(
        folder / (name + ".raw"),
        std::string(reinterpret_cast<const char*>(raw.back().data()), raw.back().size()));
  };
  add(std::int8_t{}, "i8", Type::int64, Lane::i8);
  add(std::uint8_t{}, "u8", Type::int64, Lane::u8);
  add(std::int16_t{}, "i16", Type::int64, Lane::i16);
  add(std::uint16_t{}, "u16", Type::int64, Lane::u16);
  add(std::int32_t{}, "i32", Type::int64, Lane::i32);
  add(std::uint32_t{}, "u32", Type::int64, Lane::u32);
  add(std::int64_t{}, "i64", Type::int64, Lane::i64);
  add(std::int64_t{}, "time", Type::timestamp, Lane::i64);
  add(double{}, "amount", Type::float64, Lane::f64);
  DatasetWriter writer((folder / "data.h5").string(), Schema(schemas),
                       {.codec = Codec::packed, .row_group_rows = chunk_rows});
  const std::uint64_t rows = 8 * chunk_rows + 77;
  for (std::uint64_t begin = 0; begin < rows; begin += chunk_rows) {
    std::vector<ColumnView> views;
    for (std::size_t c = 0; c < schemas.size(); ++c) {
      ColumnView view;
      view.type = schemas[c].type, view.lane = schemas[c].lane;
      view.rows = std::min(chunk_rows, rows - begin);
      view.values = raw[c].data() + begin * lane_bytes(view.lane);
      views.push_back(view);
    }
    writer.append(views);
  }
  writer.finish();
  const int packed = std::stoi(test::run_python(folder.path(), std::string(stock)));
  EXPECT_GE(packed, 9 * 6);  // of 9 columns with 9 chunks each: most
}

}  // namespace
}  // namespace trawl::store
