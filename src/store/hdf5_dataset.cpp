#include "store/hdf5_dataset.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

#include "store/hdf5_tables.hpp"
#include "store/layout.hpp"
#include "store/seal.hpp"

namespace trawl::store {
namespace {

class Hdf5Dataset : public Dataset {
 public:
  Hdf5Dataset(const DatasetRef& ref, const std::string& known_digest, const Fd& fd, Handle file,
              Hdf5Table table)
      : path_(ref.location), file_(std::move(file)), columns_(std::move(table.columns)) {
    std::vector<ColumnSchema> schema;
    for (const auto& column : columns_) {
      schema.push_back(column->schema());
      info_.column_bytes.push_back(column->stored_bytes());
      info_.distinct.emplace_back();
    }
    info_.name = ref.name;
    info_.kind = table.kind;
    info_.schema = Schema(std::move(schema));
    info_.rows = table.rows;
    info_.row_group_rows = foreign_row_group_rows;
    info_.codec = table.codec;
    info_.bytes = file_bytes(fd, path_);
    info_.digest = known_digest.empty() ? digest_from(fd, 0, path_) : known_digest;
  }

  std::optional<Zone> zone(std::uint64_t, std::size_t) const override { return std::nullopt; }

  // How much of a chunk a row group uses is HDF5's affair: the answer is the column's share.
  std::uint64_t read(std::uint64_t group, std::size_t column, ColumnBuffer& into) const override {
    const Hdf5Lock lock;
    const std::uint64_t rows = info_.group_rows(group);
    columns_[column]->read(info_.group_begin(group), rows, into);
    const double share = static_cast<double>(rows) / static_cast<double>(info_.rows);
    return static_cast<std::uint64_t>(share * static_cast<double>(info_.column_bytes[column]));
  }

  std::string recompute_digest() const override {
    return digest_from(open_for_reading(path_), 0, path_);
  }

 private:
  fs::path path_;
  Handle file_;
  std::vector<std::unique_ptr<Hdf5Column>> columns_;
};

struct OpenFile {
  explicit OpenFile(const fs::path& path) : fd(open_for_reading(path)), file(open_hdf5(path)) {
    root = {owned(H5Gopen2(file.get(), "/", H5P_DEFAULT), H5Gclose, "cannot open", path.native()),
            path.string() + ":/"};
    bytes = file_bytes(fd, path);
  }
  Fd fd;
  Handle file;
  Hdf5Object root;
  std::uint64_t bytes = 0;
};

std::string one_table(const Hdf5Object& root, const fs::path& path) {
  const std::vector<std::string> tables = find_tables(root);
  if (tables.size() == 1) return tables[0];
  if (tables.empty()) throw DataError(fmt::format("no table in HDF5 file: {}", path.string()));
  throw DataError(fmt::format("several tables in HDF5 file: {} ({}). Choose one with --table",
                              path.string(), fmt::join(tables, ", ")));
}

Hdf5Table table_of(const OpenFile& open, const DatasetRef& ref) {
  if (!is_own_file(open.root)) {
    return open_table(open.root, ref.table.empty() ? one_table(open.root, ref.location) : ref.table,
                      open.bytes);
  }
  check_own_table(ref);
  return open_own_table(open.root, open.bytes);
}

}  // namespace

void check_own_table(const DatasetRef& ref) {
  if (ref.table.empty() || ref.table == columns_group) return;
  throw DataError(fmt::format("there is no such table: {} in {} (its only table is {})", ref.table,
                              ref.location, columns_group));
}

std::unique_ptr<Dataset> open_through_hdf5(const DatasetRef& ref, const std::string& known_digest) {
  const Hdf5Lock lock;
  OpenFile open(ref.location);
  Hdf5Table table = table_of(open, ref);
  return std::make_unique<Hdf5Dataset>(ref, known_digest, open.fd, std::move(open.file),
                                       std::move(table));
}

std::vector<std::string> list_tables(const fs::path& path) {
  const Hdf5Lock lock;
  const OpenFile open(path);
  if (is_own_file(open.root)) return {columns_group};
  return find_tables(open.root);
}

}  // namespace trawl::store
