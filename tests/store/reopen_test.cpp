// Dataset files are closed when they were opened, and opened again when their chunks are wanted:
// what is read then is what was opened, or an error; below and above the size from which files are
// mapped.
#include <fstream>
#include <thread>

#include <gmock/gmock.h>

#include <trawl/base/error.hpp>

#include "store/native_dataset.hpp"
#include "store/table_support.hpp"

namespace trawl::store {
namespace {

using testing::HasSubstr;

// A column of `rows` numbers, `first` and the ones behind it, without compression.
void write_numbers(const fs::path& path, std::uint64_t rows, std::int64_t first) {
  const ColumnSchema column{"a", Type::int64, Lane::i64, false, nullptr};
  DatasetWriter writer(path, Schema({column}),
                       {.codec = Codec::none, .row_group_rows = 1 << 12, .overwrite = true});
  for (std::uint64_t begin = 0; begin < rows; begin += 1 << 12) {
    ColumnBuilder builder(column);
    for (std::uint64_t row = begin; row < std::min<std::uint64_t>(rows, begin + (1 << 12)); ++row)
      builder.append(first + static_cast<std::int64_t>(row));
    writer.append(std::vector<ColumnView>{builder.view()});
  }
  writer.finish();
}

std::int64_t sum_of(const Dataset& dataset) {
  std::int64_t sum = 0;
  ColumnBuffer buffer;
  for (std::uint64_t group = 0; group < dataset.info().row_groups(); ++group) {
    dataset.read(group, 0, buffer);
    for (std::size_t row = 0; row < buffer.view.rows; ++row) sum += buffer.view.integer(row);
  }
  dataset.check_intact();
  return sum;
}

std::string reading_error(const Dataset& dataset) {
  try {
    sum_of(dataset);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

// As another thread, which has no file open.
template <class F>
auto elsewhere(F&& f) {
  decltype(f()) result;
  std::jthread([&] { result = f(); }).join();
  return result;
}

// Rows of a file below the limit, and of one above it.
class Reopened : public testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    write_numbers(path_, GetParam(), 1);
    dataset_ = open_dataset(ref_to(path_));
  }
  std::int64_t expected() const {
    const auto n = static_cast<std::int64_t>(GetParam());
    return n * (n + 1) / 2;
  }
  void leave_first() const {  // this thread's open file becomes another one
    write_numbers(folder_ / "other.h5", 10, 0);
    sum_of(*open_dataset(ref_to(folder_ / "other.h5")));
  }

  TempFolder folder_;
  fs::path path_ = folder_ / "a.h5";
  std::unique_ptr<Dataset> dataset_;
};
INSTANTIATE_TEST_SUITE_P(Sizes, Reopened, testing::Values(1000, 100'000));

TEST(SmallFiles, TheSizesTestedAreOnBothSidesOfTheLimit) {
  const TempFolder folder;
  write_numbers(folder / "a.h5", 1000, 1);
  EXPECT_LE(fs::file_size(folder / "a.h5"), NativeDataset::small_bytes);
  write_numbers(folder / "b.h5", 100'000, 1);
  EXPECT_GT(fs::file_size(folder / "b.h5"), NativeDataset::small_bytes);
}

TEST(SmallFiles, ReadTheSameOnBothSidesOfTheLimit) {
  const TempFolder folder;
  bool below = false, above = false;
  for (std::uint64_t rows = 20'000; rows < 36'000; rows += 500) {
    write_numbers(folder / "a.h5", rows, 7);
    (fs::file_size(folder / "a.h5") <= NativeDataset::small_bytes ? below : above) = true;
    const auto dataset = open_dataset(ref_to(folder / "a.h5"));
    const auto n = static_cast<std::int64_t>(rows);
    EXPECT_EQ(sum_of(*dataset), n * (n - 1) / 2 + 7 * n);
  }
  EXPECT_TRUE(below);
  EXPECT_TRUE(above);
}

TEST_P(Reopened, ReadsWhatWasOpenedOnAnyThread) {
  EXPECT_EQ(sum_of(*dataset_), expected());
  leave_first();
  EXPECT_EQ(sum_of(*dataset_), expected());
  EXPECT_EQ(elsewhere([&] { return sum_of(*dataset_); }), expected());
  std::vector<std::int64_t> sums(8);
  {
    std::vector<std::jthread> threads;
    for (std::int64_t& sum : sums) threads.emplace_back([&] { sum = sum_of(*dataset_); });
  }
  for (const std::int64_t sum : sums) EXPECT_EQ(sum, expected());
}

TEST_P(Reopened, AnotherFileOfTheSameNameIsNotRead) {
  write_numbers(path_, GetParam(), 2);
  EXPECT_THAT(elsewhere([&] { return reading_error(*dataset_); }),
              HasSubstr("changed since it was opened"));
  leave_first();
  EXPECT_THAT(reading_error(*dataset_), HasSubstr("changed since it was opened"));
}

TEST_P(Reopened, AFileThatIsGoneIsAnError) {
  fs::remove(path_);
  EXPECT_THAT(elsewhere([&] { return reading_error(*dataset_); }), HasSubstr("cannot open file"));
  EXPECT_FALSE(elsewhere([&] { return dataset_->fetch(0, 1, 0); }));
}

TEST_P(Reopened, AFileThatShrankIsAnError) {
  fs::resize_file(path_, 4096);
  EXPECT_THAT(elsewhere([&] { return reading_error(*dataset_); }), HasSubstr("truncated"));
  EXPECT_NE(reading_error(*dataset_), "");  // this one still has the file open
}

TEST_P(Reopened, BytesThatChangedUnderAnOpenFileAreAnError) {
  std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
  for (std::uint64_t at = 4096; at < fs::file_size(path_); at += 512) {
    file.seekp(static_cast<std::streamoff>(at));
    file.put('\xAB');
  }
  file.close();
  EXPECT_THAT(reading_error(*dataset_), HasSubstr("digest"));
  EXPECT_THAT(elsewhere([&] { return reading_error(*dataset_); }), HasSubstr("digest"));
}

TEST(SmallFiles, ThousandsMayBeOpen) {
  const TempFolder folder;
  write_numbers(folder / "a.h5", 100, 1);
  std::vector<std::unique_ptr<Dataset>> open;
  for (int i = 0; i < 5000; ++i) open.push_back(open_dataset(ref_to(folder / "a.h5")));
  for (const auto& dataset : open) ASSERT_EQ(sum_of(*dataset), 5050);
}

}  // namespace
}  // namespace trawl::store
