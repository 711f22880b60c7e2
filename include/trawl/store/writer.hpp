// Writes a dataset file: plain HDF5 that h5py, h5dump and pandas can read
// (docs/formats/dataset.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/base/digest.hpp>
#include <trawl/base/schema.hpp>
#include <trawl/base/zone.hpp>
#include <trawl/store/screen.hpp>

namespace trawl::store {

// gzip, lz4, zstd: after byte shuffle. packed: each chunk bit-packed in the form of HDF5's own
// scale-offset filter, or shuffled and compressed with zstd where that is much smaller.
enum class Codec { none, gzip, lz4, zstd, packed };
std::string_view name_of(Codec codec);
Codec codec_named(std::string_view name);  // InputError lists the names

struct WriteOptions {
  Codec codec = Codec::packed;
  std::uint64_t row_group_rows = 65536;
  bool overwrite = false;
  // Names of fixed-width columns that get a digest per 4096 bytes of values beside the digest of
  // each chunk, so that few rows can be read and checked without all others
  // (Dataset::read_rows). Only uncompressed columns can use it; others ignore it.
  std::vector<std::string> paged = {};
  // Names of the columns that the rows were ordered by, for readers to see; the writer does not
  // order them.
  std::vector<std::string> clustered_by = {};
};

// What was written, for reports.
struct WrittenDataset {
  std::filesystem::path path;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::string digest;
};

// Local. One writer writes one file under a temporary name; `finish` adds index and seal, fsyncs
// and renames. A writer that is destroyed unfinished removes its temporary file. Any failed write
// poisons the writer: HDF5 1.10 can report success when closing a file that lost data (disk full),
// so nothing after the first error is believed.
class DatasetWriter {
 public:
  // InputError: `path` exists and overwrite is false; a column name occurs twice.
  DatasetWriter(std::filesystem::path path, Schema schema, WriteOptions options = {});
  ~DatasetWriter();
  DatasetWriter(const DatasetWriter&) = delete;
  DatasetWriter& operator=(const DatasetWriter&) = delete;

  // Appends one row group: `columns` in schema order, all with the same number of rows, which is
  // options.row_group_rows for every group but the last. Zones are computed here (zone_of).
  void append(std::span<const ColumnView> columns);

  // Adds one chunk to a screen of a column (see Screen). All chunks of one screen have the same
  // number of bytes.
  void append_screen(Screen screen, std::size_t column, Bytes chunk);
  // `layout`: what a reader of that screen's chunks must know, as JSON.
  void describe_screen(Screen screen, std::size_t column, std::string layout);

  // `distinct`: an estimate per column, where known; empty: none.
  WrittenDataset finish(std::span<const std::optional<std::uint64_t>> distinct = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trawl::store
