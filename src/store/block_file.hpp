// A new file that is written in large aligned blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <trawl/base/digest.hpp>
#include <trawl/base/file.hpp>

namespace trawl::store {

// The system's cache keeps a file in pages as large as the pieces that it was written in, and maps
// a page of 2 MiB that begins at a multiple of its size in one step instead of 512. So what is
// appended waits until its block is whole, or until flush(). Everything is as if it had been
// written at once, but for the moment of an error. Not thread-safe. DataError names the file.
class BlockFile {
 public:
  static constexpr std::size_t block_bytes = std::size_t{2} << 20;

  // Creates the file, or empties it.
  explicit BlockFile(fs::path path);

  void write(std::uint64_t offset, Bytes bytes);
  // What was never written is zeros, also behind the end.
  void read(std::uint64_t offset, std::span<std::byte> into) const;
  // One past the last byte that was written.
  std::uint64_t end() const;
  // Cuts the file, or fills it up with zeros.
  void resize(std::uint64_t bytes);
  // Gives the system what waits.
  void flush();

 private:
  bool waits() const { return from_ < to_; }
  void write_in_block(std::uint64_t offset, Bytes bytes);
  void write_now(std::uint64_t offset, Bytes bytes);
  void begin_range(std::uint64_t offset);

  fs::path path_;
  Fd fd_;
  std::uint64_t written_ = 0;  // bytes of the file that the system has
  std::unique_ptr<std::byte[]> block_;
  std::uint64_t block_begin_ = 0;  // in the file; a multiple of block_bytes
  std::size_t from_ = 0, to_ = 0;  // what waits: [from_, to_) of the block
};

}  // namespace trawl::store
