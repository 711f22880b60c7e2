// Files written in blocks, alone and under HDF5.
#include "store/block_file.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <trawl/base/error.hpp>

#include "store/file_limit.hpp"
#include "store/hdf5.hpp"
#include "store/hdf5_output.hpp"
#include "store/table_support.hpp"

namespace trawl::store {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t block = BlockFile::block_bytes;

std::string random_bytes(std::size_t size, Random& random) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// The same operations on a string.
class Model {
 public:
  void write(std::uint64_t offset, std::string_view bytes) {
    if (bytes.empty()) return;
    if (text.size() < offset + bytes.size()) text.resize(offset + bytes.size());
    std::ranges::copy(bytes, text.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  std::string read(std::uint64_t offset, std::size_t size) const {
    std::string bytes = offset < text.size() ? text.substr(offset, size) : "";
    bytes.resize(size);
    return bytes;
  }
  std::string text;
};

// Where something is written next: mostly at the end or a little behind it, else anywhere.
std::uint64_t random_place(std::uint64_t end, Random& random) {
  switch (random() % 8) {
    case 0:
      return random() % (end + 1);
    case 1:
      return end + random() % 5000;
    case 2:
      return end + random() % (2 * block);
    case 3:
      return end - std::min(end, random() % 3000);
    default:
      return end;
  }
}

TEST(BlockFile, IsTheFileThatWasWritten) {
  const TempFolder folder;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Random random(seed);
    const fs::path path = folder / fmt::format("{}", seed);
    BlockFile file(path);
    Model model;
    const std::string source = random_bytes(3 * block, random);
    for (int step = 0; step < 150 && model.text.size() < 12 * block; ++step) {
      const std::uint64_t place = random_place(model.text.size(), random);
      const std::size_t longest = random() % 10 == 0  ? 3 * block
                                  : random() % 4 == 0 ? 600'000
                                                      : 900;
      const std::size_t size = random() % longest;
      const auto bytes = std::string_view(source).substr(random() % (3 * block - size), size);
      file.write(place, bytes_of(bytes));
      model.write(place, bytes);
      ASSERT_EQ(file.end(), model.text.size()) << seed << ' ' << step;
      if (random() % 20 == 0) file.flush();
      if (random() % 40 == 0) {
        const std::uint64_t end = random_place(model.text.size(), random);
        file.resize(end);
        model.text.resize(end);
      }
      const std::uint64_t from = random_place(model.text.size(), random);
      std::string got(random() % 300'000, 'x');
      file.read(from, std::as_writable_bytes(std::span(got)));
      ASSERT_TRUE(got == model.read(from, got.size())) << seed << ' ' << step;
    }
    file.flush();
    ASSERT_TRUE(read_file(path) == model.text) << seed;
  }
}

TEST(BlockFile, GivesTheSystemWholeBlocks) {
  const TempFolder folder;
  BlockFile file(folder / "a");
  const std::string piece(500'000, 'x');
  file.write(4096, bytes_of(piece));  // what was left out at the beginning is zeros
  for (std::uint64_t at = 4096; file.end() < 3 * block; at = file.end()) {
    EXPECT_EQ(fs::file_size(folder / "a"), file.end() / block * block);
    file.write(at, bytes_of(piece));
    file.write(4096, bytes_of("a table"));  // behind the front
  }
  file.write(file.end() + 100, bytes_of("after a gap"));
  EXPECT_EQ(fs::file_size(folder / "a"), file.end() / block * block);
  file.flush();
  EXPECT_EQ(fs::file_size(folder / "a"), file.end());
}

TEST(BlockFile, AFullDiskIsToldByWhoeverWritesABlock) {
  const TempFolder folder;
  BlockFile file(folder / "a");
  const std::string half(block / 2, 'x');
  const FileLimit full(block / 4);
  file.write(0, bytes_of(half));
  try {
    file.write(half.size(), bytes_of(half));
    ADD_FAILURE();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr((folder / "a").string()));
    EXPECT_THAT(error.what(), HasSubstr("File too large"));
  }
  EXPECT_THROW(file.flush(), DataError);  // again: it is still not written
}

// Creates a file of three chunked datasets of `chunks` chunks each, with a hole and an attribute.
void write_some_hdf5(hid_t access, const fs::path& path, hsize_t chunks, Hdf5Output* output) {
  const std::string where = path.string();
  const Handle creation = owned(H5Pcreate(H5P_FILE_CREATE), H5Pclose, "cannot", where);
  H5Pset_userblock(creation.get(), 4096);
  H5Pset_alignment(access, 32768, 4096);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  Handle file = owned(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access), H5Fclose,
                      "cannot", where);
  const hsize_t none = 0, unlimited = H5S_UNLIMITED, chunk = 65536;
  const Handle space = owned(H5Screate_simple(1, &none, &unlimited), H5Sclose, "cannot", where);
  const Handle list = owned(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "cannot", where);
  H5Pset_obj_track_times(list.get(), false);
  H5Pset_chunk(list.get(), 1, &chunk);
  Random random(chunks);
  for (const char* name : {"a", "b", "c"}) {
    const Handle dataset = owned(H5Dcreate2(file.get(), name, H5T_STD_I64LE, space.get(),
                                            H5P_DEFAULT, list.get(), H5P_DEFAULT),
                                 H5Dclose, "cannot", where);
    for (hsize_t i = 0; i < chunks; ++i) {
      if (i == 2) continue;
      const hsize_t extent = (i + 1) * chunk, offset = i * chunk;
      ASSERT_GE(H5Dset_extent(dataset.get(), &extent), 0);
      const std::string bytes = random_bytes(chunk * 8, random);
      ASSERT_GE(H5Dwrite_chunk(dataset.get(), H5P_DEFAULT, 0, &offset, bytes.size(), bytes.data()),
                0);
      if (output == nullptr) continue;
      EXPECT_EQ(output->last_raw_write().from, bytes.data());
      std::string there(bytes.size(), '\0');
      output->file().read(output->last_raw_write().offset,
                          std::as_writable_bytes(std::span(there)));
      EXPECT_TRUE(there == bytes);
    }
    write_attribute(dataset.get(), "name", "a text", where);
  }
  ASSERT_TRUE(file.reset());
}

TEST(Hdf5Output, WritesTheBytesThatSec2Writes) {
  const TempFolder folder;
  for (const hsize_t chunks : {0u, 1u, 3u, 40u}) {
    const Hdf5Lock lock;
    const fs::path ours = folder / fmt::format("{}.ours", chunks);
    const fs::path theirs = folder / fmt::format("{}.theirs", chunks);
    const Handle plain = owned(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "cannot", "list");
    write_some_hdf5(plain.get(), theirs, chunks, nullptr);
    Hdf5Output output(ours);
    const Handle access = owned(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "cannot", "list");
    output.use(access.get());
    write_some_hdf5(access.get(), ours, chunks, &output);
    EXPECT_TRUE(read_file(ours) == read_file(theirs)) << chunks;
  }
}

// The disk is full when it is closed; HDF5 may keep it for ever.
void fail_to_close(const fs::path& path, Hdf5Output& output) {
  const Handle access = owned(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "cannot", "list");
  output.use(access.get());
  Handle file = owned(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose,
                      "cannot", "file");
  write_attribute(file.get(), "name", std::string(60'000, 'x'), "file");
  const FileLimit full(100);
  EXPECT_LT(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), 0);
  EXPECT_THAT(hdf5_reason(), HasSubstr("File too large"));
  file.reset();
}

TEST(Hdf5Output, AFileThatCannotBeClosedIsInNobodysWay) {
  const TempFolder folder;
  const Hdf5Lock lock;
  const Handle plain = owned(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "cannot", "list");
  write_some_hdf5(plain.get(), folder / "theirs", 3, nullptr);
  std::optional<Hdf5Output> output;  // at the same address every time
  for (int round = 0; round < 3; ++round) {
    output.emplace(folder / "full");
    fail_to_close(folder / "full", *output);
    output.emplace(folder / "ours");
    const Handle access = owned(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "cannot", "list");
    output->use(access.get());
    write_some_hdf5(access.get(), folder / "ours", 3, &*output);
    EXPECT_TRUE(read_file(folder / "ours") == read_file(folder / "theirs")) << round;
  }
}

}  // namespace
}  // namespace trawl::store
