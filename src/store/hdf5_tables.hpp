// Which tables an HDF5 file holds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "store/hdf5_column.hpp"

namespace trawl::store {

struct Hdf5Table {
  std::string kind;  // "trawl", "hdf5 columns", "hdf5 compound"
  std::vector<std::unique_ptr<Hdf5Column>> columns;
  std::uint64_t rows = 0;
  std::string codec;
};

// Paths of all tables, ascending: groups with datasets in them, and compound datasets. DataError
// when the file holds a link that is not hard, or a committed datatype.
std::vector<std::string> find_tables(const Hdf5Object& root);

bool is_own_file(const Hdf5Object& root);

// Opens the table at `path`; DataError naming the column that cannot be read, and why.
Hdf5Table open_table(const Hdf5Object& root, const std::string& path, std::uint64_t file_bytes);
Hdf5Table open_own_table(const Hdf5Object& root, std::uint64_t file_bytes);

}  // namespace trawl::store
