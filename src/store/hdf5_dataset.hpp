// A table read through HDF5, row group by row group.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <trawl/base/file.hpp>
#include <trawl/store/dataset.hpp>

#include "store/hdf5_column.hpp"

namespace trawl::store {

// Rows that are read at once from files that do not say how they are cut.
inline constexpr std::uint64_t foreign_row_group_rows = 65536;

// Opens the table that `ref` names. Trawl's own files come here only when their index cannot be
// used. DataError: see open_dataset.
std::unique_ptr<Dataset> open_through_hdf5(const DatasetRef& ref, const std::string& known_digest);

// DataError when `ref`, which names a file of trawl's own, asks for another table than /columns.
void check_own_table(const DatasetRef& ref);

}  // namespace trawl::store
