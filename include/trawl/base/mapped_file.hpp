// A file mapped for reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <trawl/base/digest.hpp>
#include <trawl/base/file.hpp>

namespace trawl {

// The bytes of a file as memory. Reading them copies nothing, but two things that read(2) would
// report can happen behind the reader's back: the file shrinks, or the disk fails. Either would
// kill the process (SIGBUS); here the lost page turns into zeros instead and `damaged` turns true.
// So: read, use what was read, then ask `damaged`.
class MappedFile {
 public:
  // Local. Maps bytes [0, bytes) of the file. Nothing when it cannot be mapped, or when it lies on
  // a file system where faults are much dearer than reads (network and user-space ones).
  static std::optional<MappedFile> map(const Fd& fd, std::uint64_t bytes);

  MappedFile(MappedFile&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)),
        slot_(std::exchange(other.slot_, -1)) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  const std::byte* at(std::uint64_t offset) const { return begin_ + offset; }
  // Local. Bytes that are going to be looked at: where they are on disk, the system is asked for
  // all of them at once. After every 64 MiB of all files together, in blocks of 2 MiB that may be
  // mapped as one page each, their pages leave this process (not the system's cache), so that its
  // memory stays small. Thread-safe; what others read meanwhile stays valid.
  Bytes read(std::uint64_t offset, std::uint64_t bytes) const;
  // Whether the page at `offset` is in memory, so that looking at it does not wait for the disk.
  // About 0.3 us.
  bool resident(std::uint64_t offset) const;
  // Asks the system to read these bytes, and no others, from disk. Returns at once.
  void prefetch(std::uint64_t offset, std::uint64_t bytes) const;
  // Has the disk read these bytes, and waits for most of them: in blocks of 2 MiB where they fill
  // such blocks to three quarters, which the system reads, keeps and maps as one page each. For
  // threads that have nothing else to do; several at once keep a fast disk busy.
  void fetch(std::uint64_t offset, std::uint64_t bytes) const;
  // Whether any page was lost since it was mapped.
  bool damaged() const;

 private:
  bool likely_resident(std::uint64_t offset) const;
  void count_read(std::uint64_t offset, std::uint64_t bytes) const;
  MappedFile(std::byte* begin, std::uint64_t bytes, int slot)
      : begin_(begin), bytes_(bytes), slot_(slot) {}
  std::byte* begin_;
  std::uint64_t bytes_;
  int slot_;  // in the table that the signal handler searches
};

}  // namespace trawl
