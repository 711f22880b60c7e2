// Bytes that wait on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include <trawl/base/file.hpp>

namespace trawl::fold {

// A file without a name: it is gone when the process is. Not thread-safe.
class SpillFile {
 public:
  struct Extent {
    std::uint64_t offset = 0, bytes = 0;
  };

  // DataError, which says what the file is for, if none can be made in `folder`.
  SpillFile(const std::filesystem::path& folder, std::string_view purpose);

  // DataError: the disk is full, or fails.
  Extent append(std::string_view bytes);
  // `out` has room for the extent.
  void read(const Extent& extent, char* out) const;

 private:
  std::filesystem::path path_;
  Fd fd_;
  std::uint64_t end_ = 0;
};

}  // namespace trawl::fold
