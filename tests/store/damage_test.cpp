// Files that were changed, cut or forged: noticed, and never a crash.
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>

#include "store/index.hpp"
#include "store/native_dataset.hpp"
#include "store/seal.hpp"
#include "store/table_support.hpp"

namespace trawl::store {
namespace {

using testing::HasSubstr;

// Every type with some NULLs, and one column without.
Table small_table() {
  Random random(11);
  Table table = random_table(40, 16, random);
  std::vector<TableColumn> columns = {table.columns[0]};
  for (std::size_t i = 1; i < table.columns.size(); i += std::size(all_nulls)) {
    columns.push_back(table.columns[i]);
  }
  table.columns = std::move(columns);
  return table;
}

void put(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// All of the dataset, read; nothing but DataError may come out of a damaged file.
void read_all(const Dataset& dataset) {
  ColumnBuffer buffer;
  for (std::size_t column = 0; column < dataset.info().schema.size(); ++column) {
    for (std::uint64_t group = 0; group < dataset.info().row_groups(); ++group) {
      dataset.read(group, column, buffer);
    }
  }
}

std::string open_error(const fs::path& path) {
  try {
    open_dataset(ref_to(path));
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

// The digest of the file as it is now, or "error".
std::string digest_now(const Dataset& dataset) {
  try {
    return dataset.recompute_digest();
  } catch (const DataError&) {
    return "error";
  }
}

// With files that are mapped, and with files that are copied because they are small.
class EveryCodec : public testing::TestWithParam<std::tuple<Codec, bool>> {
 protected:
  EveryCodec() {
    if (std::get<1>(GetParam())) NativeDataset::small_bytes = 0;
  }
  ~EveryCodec() override { NativeDataset::small_bytes = small_; }
  static Codec codec() { return std::get<0>(GetParam()); }

 private:
  const std::uint64_t small_ = NativeDataset::small_bytes;
};
INSTANTIATE_TEST_SUITE_P(All, EveryCodec,
                         testing::Combine(testing::Values(Codec::none, Codec::gzip, Codec::lz4,
                                                          Codec::zstd, Codec::packed),
                                          testing::Bool()),
                         [](const auto& test) {
                           return std::string(name_of(std::get<0>(test.param))) +
                                  (std::get<1>(test.param) ? "_mapped" : "_copied");
                         });

TEST_P(EveryCodec, NoChangedByteStaysUnnoticed) {
  const TempFolder folder;
  const fs::path path = folder / "a.h5";
  write_table(path, small_table(), codec());
  const std::string good = read_file(path);
  const auto opened_before = open_dataset(ref_to(path));
  const std::string digest = opened_before->info().digest;
  Random random(12);
  SCOPED_TRACE("seed 12");
  testing::internal::CaptureStderr();  // hundreds of warnings about the index
  for (std::size_t i = 0; i < seal_bytes + 300; ++i) {
    const std::size_t at = i < seal_bytes ? i : seal_bytes + random() % (good.size() - seal_bytes);
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ static_cast<char>(1 + random() % 255));
    put(path, bad);
    EXPECT_NE(digest_now(*opened_before), digest) << "byte " << at;
    try {
      const auto dataset = open_dataset(ref_to(path));
      // Either the index is gone, and the digest is computed anew, or recomputing it does not give
      // the sealed one.
      const bool noticed = dataset->info().digest != digest || digest_now(*dataset) != digest;
      EXPECT_TRUE(noticed) << "byte " << at;
      read_all(*dataset);
    } catch (const DataError&) {
    }
  }
  testing::internal::GetCapturedStderr();
}

TEST_P(EveryCodec, NoChangedChunkIsRead) {
  const TempFolder folder;
  const fs::path path = folder / "a.h5";
  const Table table = small_table();
  write_table(path, table, codec());
  const std::string good = read_file(path);
  const auto seal = parse_seal(good.substr(0, seal_bytes), good.size(), path);
  const Index index = read_index(open_for_reading(path), *seal, path);
  Random random(13);
  for (const ChunkRecord& record : index.chunks) {
    std::string bad = good;
    const std::size_t at = record.address + random() % record.stored;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    put(path, bad);
    const auto dataset = open_dataset(ref_to(path));
    try {
      read_all(*dataset);
      ADD_FAILURE() << "chunk at " << record.address;
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
      EXPECT_THAT(error.what(), HasSubstr(fmt::format("offset {}", record.address)));
      EXPECT_THAT(error.what(), HasSubstr("row group"));
    }
  }
}

TEST_P(EveryCodec, TruncationIsAnError) {
  const TempFolder folder;
  const fs::path path = folder / "a.h5";
  write_table(path, small_table(), codec());
  const std::string good = read_file(path);
  for (std::size_t step = 0; step < 60; ++step) {
    put(path, good.substr(0, good.size() * step / 60));
    EXPECT_NE(open_error(path), "") << step;
  }
  for (const std::size_t bytes :
       {std::size_t{511}, std::size_t{512}, std::size_t{513}, good.size() - 1}) {
    put(path, good.substr(0, bytes));
    EXPECT_NE(open_error(path), "") << bytes;
  }
  put(path, good + '\0');
  EXPECT_THAT(open_error(path), HasSubstr("longer than written"));
}

// Damaged categories are damaged data, not a damaged index: nothing may be read with them.
TEST(Damage, OfCategoriesIsAnError) {
  const TempFolder folder;
  const fs::path path = folder / "a.h5";
  const Table table = small_table();
  write_table(path, table, Codec::zstd);
  std::string bytes = read_file(path);
  const auto seal = parse_seal(bytes.substr(0, seal_bytes), bytes.size(), path);
  const Index index = read_index(open_for_reading(path), *seal, path);
  const auto column = std::find_if(index.header.columns.begin(), index.header.columns.end(),
                                   [](const IndexedColumn& c) { return c.categories.has_value(); });
  ++bytes[column->categories->place.offset + column->categories->width];
  put(path, bytes);
  EXPECT_THAT(open_error(path), HasSubstr("categories are damaged"));
  EXPECT_THAT(open_error(path), HasSubstr(column->schema.name));
}

// Cut while open: reading fails, it does not crash.
TEST(Damage, TruncationWhileOpenIsAnError) {
  const TempFolder folder;
  const fs::path path = folder / "a.h5";
  write_table(path, small_table(), Codec::zstd);
  const auto dataset = open_dataset(ref_to(path));
  fs::resize_file(path, 600);
  EXPECT_THROW(read_all(*dataset), DataError);
  EXPECT_THROW(dataset->recompute_digest(), DataError);
}

// The index does not count any more; the data do, through HDF5.
TEST_P(EveryCodec, WithoutItsIndexEverythingIsStillRead) {
  const TempFolder folder;
  const fs::path path = folder / "a.h5";
  const Table table = small_table();
  const WrittenDataset written = write_table(path, table, codec());
  const std::string good = read_file(path);
  const auto seal = parse_seal(good.substr(0, seal_bytes), good.size(), path);

  std::string bad = good;
  bad[seal->places.zones.offset] = static_cast<char>(bad[seal->places.zones.offset] ^ 1);
  put(path, bad);
  std::string without_seal = good;
  std::fill_n(without_seal.begin(), seal_bytes, '\0');
  put(folder / "unsealed.h5", without_seal);

  for (const fs::path& file : {path, folder / "unsealed.h5"}) {
    const auto dataset = open_dataset(ref_to(file));
    EXPECT_EQ(dataset->info().kind, "trawl");
    EXPECT_EQ(dataset->info().codec, name_of(codec()));
    EXPECT_EQ(dataset->info().index_digest, "");
    EXPECT_NE(dataset->info().digest, written.digest);
    EXPECT_EQ(dataset->info().digest, digest_file(file));
    EXPECT_EQ(dataset->recompute_digest(), dataset->info().digest);
    EXPECT_FALSE(dataset->zone(0, 0));
    expect_same_values(*dataset, table);
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      EXPECT_EQ(dataset->info().schema[c].name, table.columns[c].schema.name);
      EXPECT_EQ(dataset->info().schema[c].type, table.columns[c].schema.type);
      EXPECT_EQ(dataset->info().schema[c].lane, table.columns[c].schema.lane);
    }
  }
}

// A forger can seal anything: what the index says must still not lead out of the file or out of
// memory.
class Forged : public testing::Test {
 protected:
  Forged() : path(folder / "a.h5") {
    write_table(path, small_table(), Codec::none);
    bytes = read_file(path);
    seal = *parse_seal(bytes.substr(0, seal_bytes), bytes.size(), path);
  }
  std::string place(const Place& where) const { return bytes.substr(where.offset, where.bytes); }
  // Replaces bytes at `offset` and seals the file again.
  void forge(std::uint64_t offset, const std::string& with) {
    std::string forged = bytes;
    forged.replace(offset, with.size(), with);
    const auto part = [&](const Place& p) { return forged.substr(p.offset, p.bytes); };
    const std::string header = part(seal.places.header), chunks = part(seal.places.chunks);
    const std::string zones = part(seal.places.zones), texts = part(seal.places.texts);
    Seal again = seal;
    again.index_digest =
        index_digest(bytes_of(header), bytes_of(chunks), bytes_of(zones), bytes_of(texts));
    Xxh3Stream content;
    content.add(bytes_of(std::string_view(forged).substr(seal_bytes)));
    again.content_digest = content.hex();
    forged.replace(0, seal_bytes, format_seal(again));
    put(path, forged);
  }
  void forge_header(const std::string& from, std::string to) {
    const std::string header = place(seal.places.header);
    const std::size_t at = header.find(from);
    ASSERT_NE(at, std::string::npos) << header.substr(0, 300);
    ASSERT_LE(to.size(), from.size());
    to.resize(from.size(), ' ');
    forge(seal.places.header.offset + at, to);
  }
  // It must fall back to HDF5, which sees the true data.
  void expect_unusable_index() {
    const auto dataset = open_dataset(ref_to(path));
    EXPECT_EQ(dataset->info().index_digest, "");
    expect_same_values(*dataset, small_table());
  }

  TempFolder folder;
  fs::path path;
  std::string bytes;
  Seal seal;
};

TEST_F(Forged, HeaderNumbers) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"rows\":40", "\"rows\":41"},
           {"\"rows\":40", "\"rows\":-1"},
           {"\"row_group_rows\":16", "\"row_group_rows\":0 "},
           {"\"row_group_rows\":16", "\"row_group_rows\":15"},
           {"\"codec\":\"none\"", "\"codec\":\"lzma\""},
           {"\"chunk\":16", "\"chunk\":17"},
           {"\"chunk\":16", "\"chunk\":0 "},
           {"\"elements\":40", "\"elements\":99"},
           {"\"element_bytes\":1", "\"element_bytes\":2"},
           {"\"element_bytes\":8", "\"element_bytes\":0"},
           {"\"lane\":\"u8\"", "\"lane\":\"f8\""},
           {"\"type\":\"int64\"", "\"type\":\"text\" "},
           {"\"nullable\":false,\"distinct\":null,\"values\":0",
            "\"nullable\":false,\"distinct\":0,\"values\":999"},
           {"\"columns\":[", "\"columns\":7"},
           {"\"version\":1", "\"version\":2"},
           {"{", "["}}) {
    SCOPED_TRACE(from + " -> " + to);
    forge_header(from, to);
    expect_unusable_index();
  }
}

TEST_F(Forged, ChunkRecords) {
  const auto record = [&](std::uint64_t offset, std::uint64_t value, std::size_t width) {
    std::string text(width, '\0');
    std::memcpy(text.data(), &value, width);
    forge(seal.places.chunks.offset + offset, text);
  };
  for (const std::uint64_t address :
       {std::uint64_t{0}, std::uint64_t{511}, bytes.size() - 1, ~std::uint64_t{0}}) {
    record(offsetof(ChunkRecord, address), address, 8);
    expect_unusable_index();
  }
  for (const auto& [offset, value] : std::vector<std::pair<std::size_t, std::uint64_t>>{
           {offsetof(ChunkRecord, stored), 0xFFFFFFFF},
           {offsetof(ChunkRecord, raw), 0xFFFFFFFF},
           {offsetof(ChunkRecord, raw), 1},
           {offsetof(ChunkRecord, part), 100000},
           {offsetof(ChunkRecord, chunk), 1},
           {offsetof(ChunkRecord, chunk), 77}}) {
    record(offset, value, 4);
    expect_unusable_index();
  }
}

// Digests fit, values do not: codes without category, booleans that are 2, texts that end before
// they begin.
TEST_F(Forged, Values) {
  const Index index = read_index(open_for_reading(path), seal, path);
  for (std::size_t column = 0; column < index.header.columns.size(); ++column) {
    const IndexedColumn& indexed = index.header.columns[column];
    const bool checked = is_text(indexed.schema.type) || indexed.schema.type == Type::boolean;
    if (!checked) continue;
    const auto found = std::find_if(index.chunks.begin(), index.chunks.end(),
                                    [&](const ChunkRecord& r) { return r.part == indexed.values; });
    ASSERT_NE(found, index.chunks.end());
    const std::size_t number = static_cast<std::size_t>(found - index.chunks.begin());
    // First the record, then the chunk: every forging starts from the good file.
    const std::string good = bytes;
    const std::string values(found->raw, '\xEE');
    const std::uint64_t digest = xxh3(bytes_of(values));
    bytes.replace(
        seal.places.chunks.offset + number * sizeof(ChunkRecord) + offsetof(ChunkRecord, digest), 8,
        std::string(reinterpret_cast<const char*>(&digest), 8));
    forge(found->address, values);
    bytes = good;
    const auto dataset = open_dataset(ref_to(path));
    ASSERT_NE(dataset->info().index_digest, "");
    ColumnBuffer buffer;
    EXPECT_THROW(dataset->read(0, column, buffer), DataError) << indexed.schema.name;
  }
}

TEST(Seal, OfAnotherVersionIsRefusedByName) {
  const TempFolder folder;
  std::string block = "trawl dataset 2 (something new)\n";
  block.resize(4096, '\0');
  put(folder / "a.h5", block);
  EXPECT_THAT(open_error(folder / "a.h5"), HasSubstr("another version"));
}

TEST(Seal, ReadsBackAndRefusesEveryOtherBlock) {
  Seal seal;
  seal.bytes = 9999;
  seal.rows = 12;
  seal.places = {{600, 10}, {700, 20}, {800, 0}, {900, 40}};
  seal.index_digest = std::string(32, 'a');
  seal.content_digest = std::string(32, 'b');
  const std::string block = format_seal(seal);
  ASSERT_EQ(block.size(), seal_bytes);
  EXPECT_EQ(parse_seal(block, 9999, "x"), seal);
  EXPECT_THROW(parse_seal(block, 9998, "x"), DataError);
  EXPECT_FALSE(parse_seal(std::string(512, '\0'), 9999, "x"));
  EXPECT_FALSE(parse_seal("", 0, "x"));
  seal.places.texts = {9990, 10};
  EXPECT_THROW(parse_seal(format_seal(seal), 9999, "x"), DataError);
}

TEST(Damage, ForeignBytesAreErrors) {
  const TempFolder folder;
  for (const std::string& content : {std::string(), std::string("hello"), std::string(5000, 'x')}) {
    put(folder / "a.h5", content);
    EXPECT_THAT(open_error(folder / "a.h5"), HasSubstr("HDF5"));
  }
  EXPECT_THAT(open_error(folder / "missing.h5"), HasSubstr("missing.h5"));
  EXPECT_NE(open_error(folder.path()), "");
}

}  // namespace
}  // namespace trawl::store
