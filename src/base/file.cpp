#include <cerrno>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>

namespace trawl {
namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 20;

[[noreturn]] void fail(std::string_view what, const fs::path& path, int error) {
  throw DataError(fmt::format("cannot {}: {} ({})", what, path.string(),
                              std::generic_category().message(error)));
}

// Repeats a system call that a signal interrupted.
template <class F>
auto retry(F&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

struct stat status_of(const Fd& fd, const fs::path& path) {
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) fail("look at file", path, errno);
  return status;
}

// Reads up to `bytes` at `offset`; fewer only at the end of the file.
std::size_t read_some(const Fd& fd, std::uint64_t offset, void* into, std::size_t bytes,
                      const fs::path& path) {
  auto* out = static_cast<char*>(into);
  std::size_t done = 0;
  while (done < bytes) {
    const auto at = static_cast<off_t>(offset + done);
    const ssize_t got = retry([&] { return ::pread(fd.get(), out + done, bytes - done, at); });
    if (got < 0) fail("read file", path, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

// Calls f with the bytes of the file, block by block. What a file says about its size may change,
// or be 0 in /proc.
template <class F>
void for_each_block(const fs::path& path, F&& f) {
  const Fd fd = open_for_reading(path);
  std::string block(block_bytes, '\0');
  for (std::uint64_t offset = 0;;) {
    const std::size_t got = read_some(fd, offset, block.data(), block.size(), path);
    f(std::string_view(block).substr(0, got));
    if (got < block.size()) return;
    offset += got;
  }
}

bool is_taken(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

void refuse_existing(const fs::path& path) {
  throw InputError(
      fmt::format("file exists already: {} (nothing is overwritten unless told to). Choose another "
                  "name, or remove it.",
                  path.string()));
}

// rename(2) that never replaces a file; false when the file system cannot promise that.
bool rename_without_replacing(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) refuse_existing(to);
  if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) return false;
  fail("rename file to", to, errno);
}

void fsync_path(const fs::path& path, int flags) {
  const Fd fd(retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC); }));
  if (!fd) fail("open", path, errno);
  // EINVAL: some file systems cannot sync folders; they order the names themselves.
  const bool failed = retry([&] { return ::fsync(fd.get()); }) != 0;
  if (failed && !((flags & O_DIRECTORY) != 0 && errno == EINVAL)) fail("make durable", path, errno);
}

}  // namespace

void Fd::reset() noexcept {
  // Not retried: on Linux the descriptor is gone even when close reports EINTR.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

SizedFd open_with_size(const fs::path& path) {
  // O_NONBLOCK: opening a pipe nobody writes to would wait for ever. It means nothing for regular
  // files.
  Fd fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
  if (!fd) fail("open file", path, errno);
  const struct stat status = status_of(fd, path);
  if (S_ISDIR(status.st_mode)) fail("read file", path, EISDIR);
  if (!S_ISREG(status.st_mode)) {
    throw DataError(fmt::format("cannot read file: {} (not a regular file)", path.string()));
  }
  return {std::move(fd), static_cast<std::uint64_t>(status.st_size)};
}

Fd open_for_reading(const fs::path& path) {
  return std::move(open_with_size(path).fd);
}

std::uint64_t file_bytes(const Fd& fd, const fs::path& path) {
  return static_cast<std::uint64_t>(status_of(fd, path).st_size);
}

bool read_if_cached(const Fd& fd, std::uint64_t offset, std::span<std::byte> into) {
  const iovec range{into.data(), into.size()};
  const ssize_t got =
      retry([&] { return ::preadv2(fd.get(), &range, 1, static_cast<off_t>(offset), RWF_NOWAIT); });
  return got >= 0 && static_cast<std::size_t>(got) == into.size();
}

void read_exactly(const Fd& fd, std::uint64_t offset, void* into, std::size_t bytes,
                  const fs::path& path) {
  std::uint64_t end = 0;
  if (__builtin_add_overflow(offset, std::uint64_t{bytes}, &end) ||
      end > static_cast<std::uint64_t>(INT64_MAX)) {
    throw DataError(fmt::format("no such place in file: {}, {} bytes at offset {} (beyond 2^63)",
                                path.string(), bytes, offset));
  }
  const std::size_t got = read_some(fd, offset, into, bytes, path);
  if (got < bytes) {
    throw DataError(fmt::format("file ends too early: {}, wanted {} bytes at offset {}, got {}",
                                path.string(), bytes, offset, got));
  }
}

std::string read_file(const fs::path& path) {
  std::string text;
  for_each_block(path, [&](std::string_view block) { text += block; });
  return text;
}

std::string digest_file(const fs::path& path) {
  Xxh3Stream digest;
  for_each_block(path, [&](std::string_view block) { digest.add(bytes_of(block)); });
  return digest.hex();
}

Fd create_file(const fs::path& path) {
  constexpr int flags = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC;
  Fd fd(retry([&] { return ::open(path.c_str(), flags, 0666); }));
  if (!fd) fail("create file", path, errno);
  return fd;
}

void write_exactly(const Fd& fd, std::uint64_t offset, std::span<const std::byte> bytes,
                   const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t put = retry(
        [&] { return ::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (put < 0) fail("write file", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
}

void resize_file(const Fd& fd, std::uint64_t bytes, const fs::path& path) {
  const auto size = static_cast<off_t>(bytes);
  if (retry([&] { return ::ftruncate(fd.get(), size); }) != 0) fail("resize file", path, errno);
}

void write_all(const Fd& fd, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const ssize_t put = retry([&] { return ::write(fd.get(), text.data(), text.size()); });
    if (put < 0) fail("write file", path, errno);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

void fsync_folder(const fs::path& folder) {
  fsync_path(folder.empty() ? fs::path(".") : folder, O_RDONLY | O_DIRECTORY);
}

fs::path temporary_name(const fs::path& path) {
  fs::path name = path;
  name += ".partial";
  return name;
}

void publish(const fs::path& temporary, const fs::path& path, bool overwrite) {
  fsync_path(temporary, O_RDONLY);
  if (overwrite || !rename_without_replacing(temporary, path)) {
    if (!overwrite && is_taken(path)) refuse_existing(path);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail("rename file to", path, errno);
  }
  fsync_folder(path.parent_path());
}

void write_file_atomically(const fs::path& path, std::string_view text, bool overwrite) {
  if (!overwrite && is_taken(path)) refuse_existing(path);
  const fs::path temporary = temporary_name(path);
  // A file of this name can only be what an interrupted run left behind.
  Fd fd = create_file(temporary);
  try {
    write_all(fd, text, temporary);
    fd.reset();
    publish(temporary, path, overwrite);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace trawl
