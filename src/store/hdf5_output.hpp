// Where HDF5 writes: a virtual file driver over a BlockFile, which also knows what went where.
#pragma once

#include <hdf5.h>

#include "store/block_file.hpp"

namespace trawl::store {

class Hdf5Output {
 public:
  explicit Hdf5Output(const fs::path& path) : file_(path) {}
  ~Hdf5Output();
  Hdf5Output(const Hdf5Output&) = delete;
  Hdf5Output& operator=(const Hdf5Output&) = delete;

  // Under Hdf5Lock: files that are created with this access list are written here, one at a time,
  // whatever their name. Same bytes as HDF5's own driver for POSIX files (sec2) would write, which
  // can read them. This object must outlive them, but for files that HDF5 fails to close: it keeps
  // those for ever.
  void use(hid_t access_list);

  // What HDF5 wrote last of the elements of datasets, as opposed to its own tables.
  struct RawWrite {
    const void* from = nullptr;
    std::size_t bytes = 0;
    std::uint64_t offset = 0;  // in the file, its user block counted
  };
  const RawWrite& last_raw_write() const { return last_; }
  void forget_raw_write() { last_ = {}; }

  BlockFile& file() { return file_; }

 private:
  friend struct Hdf5Driver;
  struct Open;  // what HDF5 holds
  BlockFile file_;
  RawWrite last_;
  Open* open_ = nullptr;
};

}  // namespace trawl::store
