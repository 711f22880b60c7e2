#include "store/block_file.hpp"

#include <algorithm>
#include <cstring>

namespace trawl::store {

BlockFile::BlockFile(fs::path path)
    : path_(std::move(path)),
      fd_(create_file(path_)),
      block_(std::make_unique_for_overwrite<std::byte[]>(block_bytes)) {}

std::uint64_t BlockFile::end() const {
  return waits() ? std::max(written_, block_begin_ + to_) : written_;
}

void BlockFile::write_now(std::uint64_t offset, Bytes bytes) {
  write_exactly(fd_, offset, bytes, path_);
  written_ = std::max(written_, offset + bytes.size());
}

void BlockFile::flush() {
  if (!waits()) return;
  write_now(block_begin_ + from_, {block_.get() + from_, to_ - from_});
  from_ = to_ = 0;
}

void BlockFile::write(std::uint64_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), block_bytes - offset % block_bytes);
    write_in_block(offset, bytes.first(size));
    offset += size;
    bytes = bytes.subspan(size);
  }
}

// Nothing waits. A block of which the system has nothing begins with zeros, so that it is whole.
void BlockFile::begin_range(std::uint64_t offset) {
  block_begin_ = offset - offset % block_bytes;
  from_ = to_ = offset - block_begin_;
  if (written_ > block_begin_) return;
  std::memset(block_.get(), 0, to_);
  from_ = 0;
}

void BlockFile::write_in_block(std::uint64_t offset, Bytes bytes) {
  const std::uint64_t waiting_begin = block_begin_ + from_, waiting_end = block_begin_ + to_;
  if (waits() && offset < waiting_begin) {  // behind the front: an index node, a superblock
    if (offset + bytes.size() > waiting_begin) flush();
    write_now(offset, bytes);
    return;
  }
  const bool elsewhere = offset >= block_begin_ + block_bytes;
  if (waits() && (elsewhere || (offset > waiting_end && written_ > waiting_end))) flush();
  if (!waits()) begin_range(offset);
  const std::size_t at = offset - block_begin_;
  if (at > to_) std::memset(block_.get() + to_, 0, at - to_);
  std::memcpy(block_.get() + at, bytes.data(), bytes.size());
  to_ = std::max(to_, at + bytes.size());
  if (to_ == block_bytes) flush();
}

void BlockFile::read(std::uint64_t offset, std::span<std::byte> into) const {
  const std::uint64_t end = offset + into.size();
  const std::uint64_t known = std::clamp(written_, offset, end);
  if (known > offset) read_exactly(fd_, offset, into.data(), known - offset, path_);
  std::memset(into.data() + (known - offset), 0, end - known);
  const std::uint64_t from = std::max(offset, block_begin_ + from_);
  const std::uint64_t to = std::min(end, block_begin_ + to_);
  if (from < to) {
    std::memcpy(into.data() + (from - offset), block_.get() + (from - block_begin_), to - from);
  }
}

void BlockFile::resize(std::uint64_t bytes) {
  flush();
  resize_file(fd_, bytes, path_);
  written_ = bytes;
}

}  // namespace trawl::store
