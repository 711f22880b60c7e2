// Files of the operating system: whole reads, exact reads, and writing that is all or nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace trawl {

namespace fs = std::filesystem;

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset() noexcept;

 private:
  int fd_ = -1;
};

// Local. Throws DataError naming the path and the reason.
Fd open_for_reading(const fs::path& path);
struct SizedFd {
  Fd fd;
  std::uint64_t bytes = 0;  // of the file, when it was opened
};
// The same, with the size, which opening looks at anyway.
SizedFd open_with_size(const fs::path& path);
std::uint64_t file_bytes(const Fd& fd, const fs::path& path);
// Reads exactly `bytes` at `offset`, retrying short and interrupted reads; DataError when the file
// ends before.
void read_exactly(const Fd& fd, std::uint64_t offset, void* into, std::size_t bytes,
                  const fs::path& path);
// Fills `into` from `offset`, if the system has all of that in its cache. False: it would have to
// wait for a disk, or cannot tell, or the file ends before; `into` may have anything then.
bool read_if_cached(const Fd& fd, std::uint64_t offset, std::span<std::byte> into);
std::string read_file(const fs::path& path);
// XXH3-128 of all bytes of the file, as hex.
std::string digest_file(const fs::path& path);

// Local. Creates the file, or empties it, to be written and read. DataError with path and reason,
// as of the three below.
Fd create_file(const fs::path& path);
// Local. Writes all of `text` (retrying short writes).
void write_all(const Fd& fd, std::string_view text, const fs::path& path);
// Local. The same at `offset`.
void write_exactly(const Fd& fd, std::uint64_t offset, std::span<const std::byte> bytes,
                   const fs::path& path);
// Local. Cuts the file, or fills it up with zeros.
void resize_file(const Fd& fd, std::uint64_t bytes, const fs::path& path);
// Local. Writes to a temporary name beside `path`, fsyncs it, renames, fsyncs the folder. Throws
// InputError when `path` exists and `overwrite` is false.
void write_file_atomically(const fs::path& path, std::string_view text, bool overwrite = false);
// Local. Makes the names in `folder` durable.
void fsync_folder(const fs::path& folder);
// Local. Renames a finished temporary to its name (fsync of file and folder included).
void publish(const fs::path& temporary, const fs::path& path, bool overwrite);
// "path.partial": the one temporary name everything uses.
fs::path temporary_name(const fs::path& path);

}  // namespace trawl
