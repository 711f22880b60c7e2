// The decompressed bytes of a file, front to back.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

namespace trawl::store {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Up to `bytes` > 0 next bytes; 0 only at the end. DataError on damage, naming the offset in the
  // stored file.
  virtual std::size_t read(char* into, std::size_t bytes) = 0;
};

// Local. Opens a plain, gzip (RFC 1952, any number of members) or zstd (RFC 8878, any number of
// frames) file; which one it is is told by its first bytes, not by its name. Memory is bounded:
// zstd windows beyond 128 MiB are refused.
std::unique_ptr<ByteStream> open_stream(const std::filesystem::path& path);

}  // namespace trawl::store
