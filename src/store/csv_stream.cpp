#include "store/csv_stream.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>

namespace trawl::store {
namespace {

constexpr std::size_t input_bytes = std::size_t{256} << 10;

// The stored bytes, as they lie in the file.
class FileBytes {
 public:
  explicit FileBytes(fs::path path) : path_(std::move(path)), fd_(open_for_reading(path_)) {}

  std::size_t read(char* into, std::size_t bytes) {
    for (;;) {
      const ssize_t got = ::pread(fd_.get(), into, bytes, static_cast<off_t>(offset_));
      if (got >= 0) {
        offset_ += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) {
        throw DataError(fmt::format("cannot read '{}' at byte {}: {}", path_.string(), offset_,
                                    std::strerror(errno)));
      }
    }
  }
  // The first bytes, without moving on; fewer when the file is shorter.
  std::string peek(std::size_t bytes) {
    std::string first(bytes, '\0');
    std::size_t got = 0;
    while (got < bytes) {
      const std::size_t more = read(first.data() + got, bytes - got);
      if (more == 0) break;
      got += more;
    }
    first.resize(got);
    offset_ = 0;
    return first;
  }
  std::uint64_t offset() const { return offset_; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  Fd fd_;
  std::uint64_t offset_ = 0;
};

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(FileBytes file) : file_(std::move(file)) {}
  std::size_t read(char* into, std::size_t bytes) override { return file_.read(into, bytes); }

 private:
  FileBytes file_;
};

[[noreturn]] void damaged(const fs::path& path, const char* format, std::uint64_t offset,
                          std::string_view why) {
  throw DataError(
      fmt::format("damaged {} data: '{}' near byte {} of the compressed file ({}). "
                  "Fetch or compress the file again.",
                  format, path.string(), offset, why));
}

class GzipStream final : public ByteStream {
 public:
  explicit GzipStream(FileBytes file) : file_(std::move(file)), input_(input_bytes) {
    constexpr int gzip_only = 15 + 16;  // zlib: largest window, gzip wrapper
    if (inflateInit2(&zlib_, gzip_only) != Z_OK) throw Error("zlib cannot be initialised");
  }
  ~GzipStream() override { inflateEnd(&zlib_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  std::size_t read(char* into, std::size_t bytes) override {
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    const auto room = static_cast<uInt>(bytes < most ? bytes : most);
    zlib_.next_out = reinterpret_cast<Bytef*>(into);
    zlib_.avail_out = room;
    while (zlib_.avail_out == room) {
      const bool more = fill();
      if (!inside_member_ && !more) return 0;
      if (!inside_member_) begin_member();
      step(more);
    }
    return room - zlib_.avail_out;
  }

 private:
  // True when there is input.
  bool fill() {
    if (zlib_.avail_in > 0) return true;
    const std::size_t got = file_.read(input_.data(), input_.size());
    zlib_.next_in = reinterpret_cast<Bytef*>(input_.data());
    zlib_.avail_in = static_cast<uInt>(got);
    return got > 0;
  }
  void begin_member() {
    if (*zlib_.next_in != 0x1f)
      damaged(file_.path(), "gzip", offset(), "other bytes follow the last member");
    inflateReset(&zlib_);
    inside_member_ = true;
  }
  void step(bool more_input) {
    const uInt room = zlib_.avail_out;
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      inside_member_ = false;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      damaged(file_.path(), "gzip", offset(), zlib_.msg != nullptr ? zlib_.msg : zError(result));
    } else if (!more_input && zlib_.avail_out == room) {
      damaged(file_.path(), "gzip", offset(), "the file ends too early");
    }
  }
  std::uint64_t offset() const { return file_.offset() - zlib_.avail_in; }

  FileBytes file_;
  std::vector<char> input_;
  z_stream zlib_{};
  bool inside_member_ = false;
};

class ZstdStream final : public ByteStream {
 public:
  explicit ZstdStream(FileBytes file)
      : file_(std::move(file)), buffer_(input_bytes), context_(ZSTD_createDCtx(), ZSTD_freeDCtx) {
    if (context_ == nullptr) throw Error("zstd cannot be initialised");
  }

  std::size_t read(char* into, std::size_t bytes) override {
    ZSTD_outBuffer out{into, bytes, 0};
    while (out.pos == 0) {
      const bool more = fill();
      if (!more && !inside_frame_) return 0;
      const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &input_);
      if (ZSTD_isError(result) != 0) {
        damaged(file_.path(), "zstd", offset(), ZSTD_getErrorName(result));
      }
      inside_frame_ = result != 0;
      if (inside_frame_ && !more && out.pos == 0) {
        damaged(file_.path(), "zstd", offset(), "the file ends too early");
      }
    }
    return out.pos;
  }

 private:
  bool fill() {
    if (input_.pos < input_.size) return true;
    const std::size_t got = file_.read(buffer_.data(), buffer_.size());
    input_ = {buffer_.data(), got, 0};
    return got > 0;
  }
  std::uint64_t offset() const { return file_.offset() - (input_.size - input_.pos); }

  FileBytes file_;
  std::vector<char> buffer_;
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context_;
  ZSTD_inBuffer input_{nullptr, 0, 0};
  bool inside_frame_ = false;
};

bool is_gzip(std::string_view first) {
  return first.starts_with("\x1f\x8b");
}

// A frame, or a skippable frame before it (RFC 8878, section 3.1.2: magic 0x184D2A50 .. 0x184D2A5F,
// little-endian).
bool is_zstd(std::string_view first) {
  if (first.starts_with("\x28\xb5\x2f\xfd")) return true;
  return first.size() == 4 && (static_cast<unsigned char>(first[0]) & 0xf0u) == 0x50 &&
         first.substr(1) == "\x2a\x4d\x18";
}

}  // namespace

std::unique_ptr<ByteStream> open_stream(const fs::path& path) {
  FileBytes file(path);
  const std::string first = file.peek(4);
  if (is_gzip(first)) return std::make_unique<GzipStream>(std::move(file));
  if (is_zstd(first)) return std::make_unique<ZstdStream>(std::move(file));
  return std::make_unique<PlainStream>(std::move(file));
}

}  // namespace trawl::store
