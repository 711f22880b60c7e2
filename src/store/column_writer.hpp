// Writes one column, row group by row group.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <trawl/base/column.hpp>

#include "store/output_file.hpp"

namespace trawl::store {

class ColumnWriter {
 public:
  // InputError when the schema cannot be stored.
  // `paged`: with digests of pages (WriteOptions::paged).
  ColumnWriter(OutputFile& file, const ColumnSchema& schema, Codec codec, bool paged = false);

  // InputError when the values do not belong to this column. Writes nothing.
  void check(const ColumnView& view, std::size_t rows) const;
  // Creates the HDF5 objects with this many rows per chunk. Before the first append. `first`: the
  // first row group, if there is one.
  void create(std::uint64_t chunk_rows, const ColumnView* first);
  void append(const ColumnView& view);
  // Writes the chunks appended so far, those of each part together.
  void flush();
  std::size_t pending_bytes() const;
  // Writes what is still in memory, categories and attributes, and describes the column. Adds its
  // parts, chunks, zones and text bounds to `index`.
  void finish(Index& index, std::optional<std::uint64_t> distinct);
  // Closes the HDF5 objects; DataError when HDF5 reports a failure.
  void close();

 private:
  Bytes cleaned_lanes(const ColumnView& view);
  void append_text(const ColumnView& view);
  void flush_bytes(bool all);
  void append_pages(Bytes lanes);
  void append_validity(const ColumnView& view, std::uint64_t nulls);
  void append_zone(const Zone& zone, std::uint64_t text_begin);
  CategoriesPlace write_categories();

  OutputFile* file_;
  ColumnSchema schema_;
  Codec codec_;
  std::string path_;
  PartWriter values_;
  bool paged_;
  std::optional<PartWriter> bytes_, validity_, pages_;
  std::uint64_t rows_ = 0;
  std::uint64_t text_bytes_ = 0;    // of all rows so far
  std::vector<std::byte> pending_;  // text not yet written
  std::vector<std::byte> scratch_;
  std::vector<std::uint64_t> ends_;
  std::vector<ZoneRecord> zones_;
  std::vector<TextRecord> texts_;
};

}  // namespace trawl::store
