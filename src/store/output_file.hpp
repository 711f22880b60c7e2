// An HDF5 file that is being written under a temporary name, and the chunked datasets ("parts") in
// it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/base/file.hpp>

#include "store/codec.hpp"
#include "store/hdf5.hpp"
#include "store/hdf5_output.hpp"
#include "store/index.hpp"
#include "store/seal.hpp"

namespace trawl::store {

class OutputFile {
 public:
  // Where large chunks begin: `pages` are worth mapping by themselves, `lanes` can be scanned where
  // they lie.
  enum class Alignment { lanes = 64, pages = 4096 };
  // InputError when `path` exists and may not be overwritten.
  OutputFile(fs::path path, bool overwrite, Alignment alignment);
  // Removes the temporary file unless it was published.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  hid_t id() const { return file_.get(); }
  const fs::path& path() const { return path_; }
  const fs::path& temporary() const { return temporary_; }

  // Creates a group that remembers the order of its links.
  void create_group(const std::string& name);
  // Writes a contiguous dataset, one-dimensional or scalar, and says where it lies. Nowhere, when
  // it is empty.
  Place write_table(const std::string& name, hid_t type, std::uint64_t count, Bytes bytes,
                    bool scalar = false);
  // Writes one stored chunk that begins at element `begin`, and returns its address in the file.
  std::uint64_t write_chunk(hid_t dataset, std::uint64_t begin, std::uint32_t skipped_filters,
                            Bytes stored);
  // Closes the file; DataError when anything could not be written.
  void close();
  // Writes the user block of the closed file and moves it to its name.
  void publish(const Seal& seal) { publish(format_seal(seal)); }
  void publish(std::string_view seal);

 private:
  fs::path path_, temporary_;
  bool overwrite_;
  bool published_ = false;
  std::optional<Hdf5Output> output_;  // outlives the file
  Handle file_;
};

// Creation properties of every dataset: no time stamps, so that equal data make equal files.
Handle creation_list(std::string_view where);
// Link properties of every object: names are UTF-8.
Handle link_list(std::string_view where);

class PartWriter {
 public:
  // `fill`: the value of elements in chunks that are skipped; zero unless said otherwise.
  PartWriter(OutputFile& file, Codec codec, Part part, Handle type, std::uint8_t fill = 0);

  // Fixes the length of chunks, in elements, and creates the dataset.
  void create(std::uint64_t chunk, const Packing& packing = {});
  bool created() const { return static_cast<bool>(dataset_); }
  // Appends one chunk; a shorter one must be the last. `raw` is padded with zeros, or with its last
  // element where it is packed.
  void append(Bytes raw);
  // Writes what was appended since the last flush, chunk after chunk: what is flushed together lies
  // together in the file.
  void flush();
  std::size_t pending_bytes() const { return pending_bytes_; }
  // Appends elements that have the fill value, without storing a chunk. At most one chunk's worth.
  void skip(std::uint64_t elements);
  // Closes the dataset, flushed before; DataError when HDF5 reports a failure.
  void close();

  const Part& part() const { return part_; }
  const std::vector<ChunkRecord>& chunks() const { return chunks_; }  // `part` not set

 private:
  void grow(std::uint64_t elements);

  OutputFile* file_;
  Codec codec_;
  Part part_;
  Handle type_, dataset_;
  std::uint8_t fill_;
  struct Pending {
    std::uint64_t begin;  // first element
    std::uint32_t skipped_filters;
    std::vector<std::byte> stored;
  };
  std::vector<ChunkRecord> chunks_;
  std::vector<Pending> pending_;
  std::size_t pending_bytes_ = 0;
  std::vector<std::byte> padded_, stored_;
};

}  // namespace trawl::store
