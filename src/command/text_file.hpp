// Writes a text file in pieces, all or nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <trawl/base/file.hpp>

namespace trawl::command {

// Local. InputError when `path` is taken and `overwrite` is false, or when its folder does not
// exist.
void check_output(const fs::path& path, bool overwrite);

// Local. Collects text and writes it in blocks to temporary_name(path), which is created with the
// first block; `publish` gives the file its name. Destroyed before that, it removes what it wrote.
class TextFile {
 public:
  explicit TextFile(fs::path path) : path_(std::move(path)) {}
  ~TextFile();
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;

  // DataError when the disk refuses.
  void append(std::string_view text) {
    pending_ += text;
    if (pending_.size() >= block_bytes) flush();
  }
  // InputError when the name is taken and `overwrite` is false. No append after it.
  void publish(bool overwrite);

 private:
  // Large enough that system calls do not count, small enough not to count as memory.
  static constexpr std::size_t block_bytes = 1 << 20;
  void flush();

  fs::path path_;
  Fd fd_;
  std::string pending_;
};

}  // namespace trawl::command
