// Columns read through HDF5: of foreign files, and of trawl's own when their index cannot be used.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <trawl/base/column.hpp>

#include "store/hdf5_guard.hpp"
#include "store/hdf5_types.hpp"

namespace trawl::store {

class Hdf5Column {
 public:
  // Rows and codec are those of `source`.
  Hdf5Column(ColumnSchema schema, std::uint64_t stored, const Hdf5Source& source)
      : schema_(std::move(schema)),
        rows_(source.rows),
        stored_bytes_(stored),
        codec_(source.codec) {}
  virtual ~Hdf5Column() = default;
  Hdf5Column(const Hdf5Column&) = delete;
  Hdf5Column& operator=(const Hdf5Column&) = delete;

  const ColumnSchema& schema() const { return schema_; }
  std::uint64_t rows() const { return rows_; }
  std::uint64_t stored_bytes() const { return stored_bytes_; }
  const std::string& codec() const { return codec_; }
  // Reads rows [begin, begin + rows) into `into.view`; DataError naming the column. The caller
  // holds an Hdf5Lock.
  void read(std::uint64_t begin, std::size_t rows, ColumnBuffer& into) const;
  // Rows that are NULL come from this dataset of booleans.
  void set_validity(std::shared_ptr<const Hdf5Source> validity);

 protected:
  // Fills values, or ends and bytes, of `into.view`; the rest is set.
  virtual void read_values(std::uint64_t begin, std::size_t rows, ColumnBuffer& into) const = 0;
  ColumnSchema schema_;

 private:
  std::uint64_t rows_;
  std::uint64_t stored_bytes_;
  std::string codec_;
  std::shared_ptr<const Hdf5Source> validity_;
};

// The column that a dataset, or a member of a compound dataset (`member` not empty), holds.
// DataError naming column and type when it cannot be one.
std::unique_ptr<Hdf5Column> make_column(const std::string& name,
                                        std::shared_ptr<const Hdf5Source> source,
                                        const std::string& member = "");

// The columns of trawl's own layout: a dataset, or a group of codes and categories or of ends and
// bytes; and whether rows are NULL, from `validity`.
std::unique_ptr<Hdf5Column> make_own_column(const Hdf5Object& columns, const Hdf5Object& validity,
                                            const std::string& link, std::uint64_t file_bytes);

// Of which those are made.
std::unique_ptr<Hdf5Column> make_number_column(ColumnSchema schema, std::uint64_t stored,
                                               std::shared_ptr<const Hdf5Source> source,
                                               Meaning meaning, const std::string& member = "");
std::unique_ptr<Hdf5Column> make_string_column(ColumnSchema schema, std::uint64_t stored,
                                               std::shared_ptr<const Hdf5Source> source,
                                               Meaning meaning, const std::string& member);

// The type that picks one member of a compound; of other datasets (no member), the type itself.
Handle picking(Handle type, const std::string& member);

[[noreturn]] void bad_value(const ColumnSchema& schema, const Hdf5Source& source, std::uint64_t row,
                            std::string_view why);

}  // namespace trawl::store
