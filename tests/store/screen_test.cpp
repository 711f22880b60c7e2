// Screens, digests of pages, and files that shrink while they are mapped.
#include <cstring>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>

#include "store/native_dataset.hpp"
#include "store/table_support.hpp"

namespace trawl::store {
namespace {

constexpr std::uint64_t rows = 10'000;
constexpr std::uint64_t group_rows = 4096;

std::int64_t value_at(std::uint64_t row) {
  return static_cast<std::int64_t>(row * 2654435761u % 1'000'003);
}

std::vector<std::byte> chunk_of(std::uint64_t number) {
  return std::vector<std::byte>(300, static_cast<std::byte>(number));
}

// One column, with pages and three chunks of a filter.
void write(const fs::path& path, Codec codec) {
  DatasetWriter writer(path, Schema({{"x", Type::int64, Lane::i64, false, nullptr}}),
                       {.codec = codec, .row_group_rows = group_rows, .paged = {"x"}});
  std::vector<std::int64_t> values;
  for (std::uint64_t begin = 0; begin < rows; begin += group_rows) {
    values.clear();
    for (std::uint64_t row = begin; row < std::min(rows, begin + group_rows); ++row)
      values.push_back(value_at(row));
    ColumnView view;
    view.rows = values.size();
    view.values = values.data();
    writer.append(std::vector{view});
    writer.append_screen(Screen::filter, 0, chunk_of(begin / group_rows));
  }
  writer.describe_screen(Screen::filter, 0, R"({"a":1})");
  writer.finish();
}

DatasetRef ref_of(const fs::path& path) {
  return {"x", path.string(), "", 0, 0};
}

std::vector<std::uint64_t> mask_of(std::initializer_list<std::uint64_t> selected) {
  std::vector<std::uint64_t> mask(group_rows / 64);
  for (const std::uint64_t row : selected) mask[row / 64] |= std::uint64_t{1} << (row % 64);
  return mask;
}

void flip(const fs::path& path, std::uint64_t offset) {
  std::string bytes = read_file(path);
  bytes[offset] = static_cast<char>(bytes[offset] ^ 1);
  write_file_atomically(path, bytes, true);
}

std::uint64_t find(const fs::path& path, const void* bytes, std::size_t size) {
  return read_file(path).find(std::string(static_cast<const char*>(bytes), size));
}

TEST(Screens, ComeBackAsTheyWereWritten) {
  for (const Codec codec : {Codec::none, Codec::packed, Codec::zstd}) {
    const TempFolder folder;
    write(folder / "a.h5", codec);
    const auto dataset = open_dataset(ref_of(folder / "a.h5"));
    const ScreenInfo* info = dataset->screen(Screen::filter, 0);
    ASSERT_NE(info, nullptr);
    EXPECT_EQ(info->chunks, 3u);
    EXPECT_EQ(info->chunk_bytes, 300u);
    EXPECT_EQ(info->layout, R"({"a":1})");
    EXPECT_EQ(dataset->screen(Screen::sketch, 0), nullptr);
    std::vector<std::byte> space;
    for (std::uint64_t chunk = 0; chunk < 3; ++chunk) {
      const Bytes read = dataset->read_screen(Screen::filter, 0, chunk, space);
      EXPECT_EQ(std::vector<std::byte>(read.begin(), read.end()), chunk_of(chunk));
    }
  }
}

TEST(Screens, RefuseChunksOfAnotherSize) {
  const TempFolder folder;
  DatasetWriter writer(folder / "a.h5", Schema({{"x", Type::int64, Lane::i64, false, nullptr}}));
  writer.append_screen(Screen::filter, 0, chunk_of(1));
  EXPECT_THROW(writer.append_screen(Screen::filter, 0, Bytes(chunk_of(1)).first(299)), InputError);
}

TEST(Screens, DamageIsFound) {
  const TempFolder folder;
  const fs::path path = folder / "a.h5";
  write(path, Codec::none);
  const auto wanted = chunk_of(2);
  flip(path, find(path, wanted.data(), wanted.size()) + 17);
  const auto dataset = open_dataset(ref_of(path));
  std::vector<std::byte> space;
  EXPECT_NO_THROW(dataset->read_screen(Screen::filter, 0, 1, space));
  EXPECT_THROW(dataset->read_screen(Screen::filter, 0, 2, space), DataError);
}

// These files are small; mapped they are all the same.
class Mapped : public testing::Test {
 protected:
  Mapped() { NativeDataset::small_bytes = 0; }
  ~Mapped() override { NativeDataset::small_bytes = small_; }

 private:
  const std::uint64_t small_ = NativeDataset::small_bytes;
};
using ReadRows = Mapped;
using CheckIntact = Mapped;

TEST_F(ReadRows, GivesTheSelectedRowsOfEveryCodec) {
  for (const Codec codec : {Codec::none, Codec::packed, Codec::zstd}) {
    const TempFolder folder;
    write(folder / "a.h5", codec);
    const auto dataset = open_dataset(ref_of(folder / "a.h5"));
    ColumnBuffer buffer;
    bool partial = false;
    const std::uint64_t bytes = dataset->read_rows(2, 0, mask_of({0, 511, 1700}), buffer, partial);
    EXPECT_EQ(buffer.view.rows, rows - 2 * group_rows);
    for (const std::uint64_t row : {0u, 511u, 1700u})
      EXPECT_EQ(buffer.view.integer(row), value_at(2 * group_rows + row));
    // Only an uncompressed file that is in the system's cache is read in part: the first page and
    // the last one, which is short.
    if (partial) {
      EXPECT_EQ(codec, Codec::none);
      EXPECT_EQ(bytes, 4096u + (rows - 2 * group_rows - 1536) * 8);
    }
  }
}

TEST_F(ReadRows, GivesPagesThatFollowEachOther) {
  const TempFolder folder;
  write(folder / "a.h5", Codec::none);
  const auto dataset = open_dataset(ref_of(folder / "a.h5"));
  ColumnBuffer buffer;
  bool partial = false;
  const std::uint64_t bytes = dataset->read_rows(1, 0, mask_of({1535, 1536}), buffer, partial);
  if (partial) {
    EXPECT_EQ(bytes, 2 * 4096u);
  }
  for (const std::uint64_t row : {1535u, 1536u})
    EXPECT_EQ(buffer.view.integer(row), value_at(group_rows + row));
}

TEST_F(ReadRows, ReadsTheWholeChunkForMoreThanAQuarterOfItsPages) {
  const TempFolder folder;
  write(folder / "a.h5", Codec::none);
  const auto dataset = open_dataset(ref_of(folder / "a.h5"));
  ColumnBuffer buffer;
  bool partial = false;
  const std::uint64_t bytes =
      dataset->read_rows(0, 0, mask_of({5, 600, 1100}), buffer, partial);  // three pages of eight
  EXPECT_FALSE(partial);
  EXPECT_EQ(bytes, group_rows * 8);
  for (std::uint64_t row = 0; row < group_rows; ++row)
    ASSERT_EQ(buffer.view.integer(row), value_at(row));
}

TEST_F(ReadRows, ChecksThePagesThatItGives) {
  const TempFolder folder;
  const fs::path path = folder / "a.h5";
  write(path, Codec::none);
  const std::int64_t damaged = value_at(group_rows + 600);  // second page of the second row group
  flip(path, find(path, &damaged, sizeof damaged));
  const auto dataset = open_dataset(ref_of(path));
  ColumnBuffer buffer;
  bool partial = false;
  dataset->read_rows(1, 0, mask_of({0}), buffer, partial);
  if (!partial) GTEST_SKIP() << "this file system does not say what is in its cache";
  EXPECT_THROW(dataset->read_rows(1, 0, mask_of({1000}), buffer, partial), DataError);
  EXPECT_THROW(dataset->read(1, 0, buffer), DataError);
}

TEST_F(CheckIntact, FindsAFileThatShrinksWhileItIsRead) {
  const TempFolder folder;
  const fs::path path = folder / "a.h5";
  write(path, Codec::none);
  const auto dataset = open_dataset(ref_of(path));
  ColumnBuffer buffer;
  dataset->read(0, 0, buffer);
  EXPECT_NO_THROW(dataset->check_intact());
  fs::resize_file(path, 8192);
  EXPECT_THROW(
      {
        dataset->read(2, 0, buffer);
        dataset->check_intact();
      },
      DataError);
}

}  // namespace
}  // namespace trawl::store
