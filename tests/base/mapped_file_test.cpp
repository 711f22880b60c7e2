#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include <trawl/base/mapped_file.hpp>

namespace trawl {
namespace {

class MappedFileTest : public testing::Test {
 protected:
  MappedFileTest()
      : path_(fs::temp_directory_path() / ("trawl-mapped-" + std::to_string(::getpid()))) {
    write_file_atomically(path_, std::string(5 * 4096 + 100, 'x'), true);
  }
  ~MappedFileTest() override { fs::remove(path_); }
  fs::path path_;
};

TEST_F(MappedFileTest, ShowsTheBytesOfTheFile) {
  const Fd fd = open_for_reading(path_);
  const auto map = MappedFile::map(fd, file_bytes(fd, path_));
  if (!map) GTEST_SKIP() << "this file system is not mapped";
  EXPECT_EQ(static_cast<char>(*map->at(0)), 'x');
  EXPECT_EQ(static_cast<char>(*map->at(5 * 4096 + 99)), 'x');
  EXPECT_FALSE(map->damaged());
}

TEST_F(MappedFileTest, AFileThatShrinksIsDamagedAndDoesNotKill) {
  const Fd fd = open_for_reading(path_);
  const auto map = MappedFile::map(fd, file_bytes(fd, path_));
  if (!map) GTEST_SKIP() << "this file system is not mapped";
  const auto other = MappedFile::map(fd, 4096);
  EXPECT_EQ(static_cast<char>(*map->at(4096)), 'x');
  fs::resize_file(path_, 4096);
  EXPECT_EQ(static_cast<char>(*map->at(3 * 4096 + 5)), '\0');
  EXPECT_TRUE(map->damaged());
  EXPECT_EQ(static_cast<char>(*map->at(5)), 'x');
  EXPECT_FALSE(other->damaged());
}

TEST_F(MappedFileTest, WhatIsFetchedIsInMemory) {
  const std::size_t bytes = (std::size_t{9} << 20) + 12345;
  write_file_atomically(path_, std::string(bytes, 'y'), true);
  const Fd fd = open_for_reading(path_);
  const auto map = MappedFile::map(fd, bytes);
  if (!map) GTEST_SKIP() << "this file system is not mapped";
  const std::size_t offsets[] = {0, 4095, (std::size_t{3} << 20) + 1, bytes - 5000};
  for (const std::size_t offset : offsets) {
    map->prefetch(offset, bytes - offset);
    map->fetch(offset, bytes - offset);
    EXPECT_EQ(static_cast<char>(*map->at(offset)), 'y');
    EXPECT_TRUE(map->resident(offset)) << offset;
  }
  map->fetch(bytes - 1, 4096);  // reaches beyond the end
  map->fetch(0, bytes + 4096);
  EXPECT_FALSE(map->damaged());
}

// Of this process, of files.
std::uint64_t mapped_bytes() {
  std::uint64_t bytes = 0;
  std::ifstream status("/proc/self/status");
  for (std::string name; status >> name;) {
    std::uint64_t kib = 0;
    if ((name == "RssFile:" || name == "RssShmem:") && status >> kib) bytes += kib * 1024;
  }
  return bytes;
}

// Written in pieces that the system's cache may keep as large pages, each mapped by one byte.
TEST_F(MappedFileTest, PagesThatWereReadLeaveTheProcess) {
  constexpr std::uint64_t block = std::uint64_t{2} << 20, blocks = 120;
  const std::vector<std::byte> piece(block, std::byte{'z'});
  {
    const Fd out = create_file(path_);
    for (std::uint64_t i = 0; i < blocks; ++i) write_exactly(out, i * block, piece, path_);
  }
  const Fd fd = open_for_reading(path_);
  const auto map = MappedFile::map(fd, blocks * block);
  if (!map) GTEST_SKIP() << "this file system is not mapped";
  const std::uint64_t before = mapped_bytes();
  std::uint64_t most = 0;
  for (std::uint64_t i = 0; i < blocks; ++i) {
    EXPECT_EQ(static_cast<char>(map->read(i * block + 77, 5)[0]), 'z');
    most = std::max(most, mapped_bytes());
  }
  EXPECT_LE(most, before + 40 * block);
}

TEST_F(MappedFileTest, NothingToMapInAnEmptyFile) {
  const Fd fd = open_for_reading(path_);
  EXPECT_FALSE(MappedFile::map(fd, 0).has_value());
}

}  // namespace
}  // namespace trawl
