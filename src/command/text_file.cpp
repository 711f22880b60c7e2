#include "command/text_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <trawl/base/error.hpp>

namespace trawl::command {

void check_output(const fs::path& path, bool overwrite) {
  std::error_code ignored;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, ignored)) {
    throw InputError(fmt::format("no such folder: {} (to hold {}). Make it first.", folder.string(),
                                 path.filename().string()));
  }
  if (!overwrite && fs::exists(fs::symlink_status(path, ignored))) {
    throw InputError(fmt::format(
        "file exists already: {}. Choose another name, or give --overwrite.", path.string()));
  }
}

TextFile::~TextFile() {
  if (fd_) ::unlink(temporary_name(path_).c_str());
}

void TextFile::flush() {
  const fs::path temporary = temporary_name(path_);
  if (!fd_) {
    // A file of this name can only be what an interrupted run left behind.
    fd_ = Fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!fd_) {
      throw DataError(
          fmt::format("cannot create file: {} ({})", temporary.string(), std::strerror(errno)));
    }
  }
  write_all(fd_, pending_, temporary);
  pending_.clear();
}

void TextFile::publish(bool overwrite) {
  flush();
  trawl::publish(temporary_name(path_), path_, overwrite);
  fd_.reset();
}

}  // namespace trawl::command
