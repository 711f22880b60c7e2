#include <array>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>

#include "temp_folder.hpp"

namespace trawl {
namespace {

using test::TempFolder;
using testing::HasSubstr;

void put(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no DataError";
}

std::size_t names_in(const TempFolder& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder.path()), {}));
}

TEST(File, WholeReadsAndDigestsOfAnySize) {
  const TempFolder folder;
  for (const std::size_t size : {0u, 1u, 1'048'575u, 1'048'576u, 1'048'577u, 3'000'000u}) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; i += 1001) text[i] = static_cast<char>(i);
    put(folder / "f", text);
    EXPECT_EQ(file_bytes(open_for_reading(folder / "f"), folder / "f"), size);
    EXPECT_TRUE(read_file(folder / "f") == text) << size;
    Xxh3Stream digest;
    digest.add(bytes_of(text));
    EXPECT_EQ(digest_file(folder / "f"), digest.hex()) << size;
  }
}

TEST(File, ReadsFilesThatDoNotKnowTheirSize) {
  EXPECT_THAT(read_file("/proc/self/status"), HasSubstr("Name:"));
}

TEST(File, ReadExactlyReadsTheMiddle) {
  const TempFolder folder;
  put(folder / "f", "0123456789");
  const Fd fd = open_for_reading(folder / "f");
  std::array<char, 4> four;
  read_exactly(fd, 3, four.data(), 4, folder / "f");
  EXPECT_EQ(std::string_view(four.data(), 4), "3456");
  read_exactly(fd, 6, four.data(), 4, folder / "f");
  EXPECT_EQ(std::string_view(four.data(), 4), "6789");
  read_exactly(fd, 10, four.data(), 0, folder / "f");
}

TEST(File, ReadExactlySaysWhereATruncatedFileEnds) {
  const TempFolder folder;
  put(folder / "f", "0123456789");
  const Fd fd = open_for_reading(folder / "f");
  std::array<char, 4> four;
  const std::string text = error_of([&] { read_exactly(fd, 8, four.data(), 4, folder / "f"); });
  EXPECT_THAT(text, HasSubstr((folder / "f").string()));
  EXPECT_THAT(text, HasSubstr("wanted 4 bytes at offset 8, got 2"));
  EXPECT_THROW(read_exactly(fd, 1000, four.data(), 1, folder / "f"), DataError);
  EXPECT_THROW(read_exactly(fd, UINT64_MAX - 1, four.data(), 4, folder / "f"), DataError);
  EXPECT_THROW(read_exactly(fd, std::uint64_t{1} << 63, four.data(), 4, folder / "f"), DataError);
}

TEST(File, ReadIfCachedFillsAllOrSaysNo) {
  const TempFolder folder;
  put(folder / "f", "0123456789");
  const Fd fd = open_for_reading(folder / "f");
  std::array<std::byte, 4> four{};
  // Not every file system says what is in the cache.
  if (read_if_cached(fd, 3, four)) {
    EXPECT_EQ(std::memcmp(four.data(), "3456", 4), 0);
  }
  EXPECT_FALSE(read_if_cached(fd, 8, four)) << "the file ends before";
  EXPECT_FALSE(read_if_cached(fd, 1000, four));
}

TEST(File, WhatIsNotAFileIsNamed) {
  const TempFolder folder;
  EXPECT_THAT(error_of([&] { open_for_reading(folder / "none"); }), HasSubstr("No such file"));
  EXPECT_THAT(error_of([&] { read_file(folder.path()); }), HasSubstr("Is a directory"));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(error_of([&] { open_for_reading(folder / "pipe"); }),
              HasSubstr("not a regular file"));
}

TEST(File, FdClosesAndMoves) {
  Fd fd = open_for_reading("/proc/self/status");
  const int number = fd.get();
  Fd other = std::move(fd);
  EXPECT_FALSE(fd);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(other.get(), number);
  EXPECT_NE(::fcntl(number, F_GETFD), -1);
  other.reset();
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

TEST(File, AFullDiskIsAnError) {
  const Fd fd(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(fd);
  EXPECT_THAT(error_of([&] { write_all(fd, "x", "/dev/full"); }), HasSubstr("No space left"));
}

TEST(AtomicWrite, LeavesTheFileAndNothingElse) {
  const TempFolder folder;
  const std::string text(5'000'000, 'y');
  write_file_atomically(folder / "f", text);
  EXPECT_TRUE(read_file(folder / "f") == text);
  EXPECT_EQ(names_in(folder), 1u);
}

TEST(AtomicWrite, OverwritesOnlyWhenTold) {
  const TempFolder folder;
  write_file_atomically(folder / "f", "old");
  EXPECT_THROW(write_file_atomically(folder / "f", "new"), InputError);
  EXPECT_EQ(read_file(folder / "f"), "old");
  EXPECT_EQ(names_in(folder), 1u);
  write_file_atomically(folder / "f", "new", true);
  EXPECT_EQ(read_file(folder / "f"), "new");
  EXPECT_EQ(names_in(folder), 1u);
}

TEST(AtomicWrite, ALinkThatLeadsNowhereIsTakenToo) {
  const TempFolder folder;
  fs::create_symlink(folder / "nowhere", folder / "f");
  EXPECT_THROW(write_file_atomically(folder / "f", "x"), InputError);
  EXPECT_EQ(names_in(folder), 1u);
}

TEST(AtomicWrite, FailureLeavesNothing) {
  const TempFolder folder;
  EXPECT_THROW(write_file_atomically(folder / "no" / "f", "x"), DataError);
  fs::create_directory(folder / "taken");
  EXPECT_THROW(write_file_atomically(folder / "taken", "x", true), DataError);
  EXPECT_EQ(names_in(folder), 1u);
}

TEST(AtomicWrite, WhatAnInterruptedRunLeftIsReplaced) {
  const TempFolder folder;
  put(temporary_name(folder / "f"), "a much longer half-written text");
  write_file_atomically(folder / "f", "x");
  EXPECT_EQ(read_file(folder / "f"), "x");
  EXPECT_EQ(names_in(folder), 1u);
}

TEST(AtomicWrite, WorksInTheCurrentFolder) {
  const TempFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  write_file_atomically("f", "x");
  fs::current_path(before);
  EXPECT_EQ(read_file(folder / "f"), "x");
}

TEST(Publish, NeverReplacesUnlessToldAndKeepsTheWork) {
  const TempFolder folder;
  put(folder / "f", "old");
  put(folder / "f.partial", "new");
  EXPECT_THROW(publish(folder / "f.partial", folder / "f", false), InputError);
  EXPECT_EQ(read_file(folder / "f"), "old");
  EXPECT_EQ(read_file(folder / "f.partial"), "new");
  publish(folder / "f.partial", folder / "f", true);
  EXPECT_EQ(read_file(folder / "f"), "new");
  EXPECT_EQ(names_in(folder), 1u);
  EXPECT_THROW(publish(folder / "none", folder / "g", false), DataError);
}

TEST(TemporaryName, IsBesideTheFile) {
  EXPECT_EQ(temporary_name("a/b.h5"), fs::path("a/b.h5.partial"));
}

}  // namespace
}  // namespace trawl
