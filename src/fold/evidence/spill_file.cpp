#include "fold/evidence/spill_file.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include <trawl/base/error.hpp>

namespace trawl::fold {

SpillFile::SpillFile(const std::filesystem::path& folder, std::string_view purpose)
    : path_(folder / fmt::format("trawl-records-{}-XXXXXX", ::getpid())) {
  std::string name = path_.string();
  fd_ = Fd(::mkstemp(name.data()));
  if (!fd_ || ::unlink(name.c_str()) != 0) {
    throw DataError(
        fmt::format("no file for {} can be made: {} ({})", purpose, name, std::strerror(errno)));
  }
  path_ = name;
}

SpillFile::Extent SpillFile::append(std::string_view bytes) {
  write_all(fd_, bytes, path_);
  const Extent extent{end_, bytes.size()};
  end_ += bytes.size();
  return extent;
}

void SpillFile::read(const Extent& extent, char* out) const {
  read_exactly(fd_, extent.offset, out, extent.bytes, path_);
}

}  // namespace trawl::fold
