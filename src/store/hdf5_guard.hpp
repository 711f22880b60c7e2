// What an HDF5 file of others may contain before it is read. Nothing here follows a link out of the
// file, and no size in the file is believed before it was compared with the size of the file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/hdf5.hpp"

namespace trawl::store {

// An object inside a file; `path` for error messages: "file.h5:/group/name".
struct Hdf5Object {
  Handle id;
  std::string path;
  H5I_type_t kind() const { return H5Iget_type(id.get()); }
};

// Names of the links of a group, all of them hard: in the order of creation where the group keeps
// it, else by name. DataError naming the first link that is soft, external or user-defined.
std::vector<std::string> hard_links(const Hdf5Object& group);

// Opens a child over a hard link. DataError when it is missing, or a committed datatype.
Hdf5Object open_child(const Hdf5Object& parent, const std::string& name);

// A one-dimensional dataset that may be read.
struct Hdf5Source {
  Handle dataset;
  Handle type;
  std::string path;
  std::uint64_t rows = 0;
  std::uint64_t stored_bytes = 0;
  std::string codec;

  // Reads elements [begin, begin + count) as `memory_type`. The caller holds an Hdf5Lock.
  void read(hid_t memory_type, std::uint64_t begin, std::uint64_t count, void* into,
            hid_t transfer = H5P_DEFAULT) const;
};

// DataError naming the dataset: not one-dimensional, external storage, virtual, an unknown filter,
// sizes that cannot be true in a file of `file_bytes` bytes.
std::shared_ptr<const Hdf5Source> open_source(const Hdf5Object& parent, const std::string& name,
                                              std::uint64_t file_bytes);

}  // namespace trawl::store
