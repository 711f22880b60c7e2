#include "command/collective.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>

namespace trawl::command {

std::string from_root(const comm::Comm& comm, const std::function<std::string()>& make) {
  // "<exit code>\n<text>": 0 and what was made, or the error and its code.
  std::string message;
  if (comm.is_root()) {
    try {
      message = "0\n" + make();
    } catch (const std::exception& error) {
      message = fmt::format("{}\n{}", static_cast<int>(exit_code_of(error)), error.what());
    }
  }
  comm.broadcast(message);
  int code = 0;
  const char* const end = message.data() + message.size();
  const char* const line_end = std::from_chars(message.data(), end, code).ptr;
  message.erase(0, static_cast<std::size_t>(line_end - message.data()) + 1);
  if (code != 0) throw CollectiveError(static_cast<ExitCode>(code), message);
  return message;
}

void on_root(const comm::Comm& comm, const std::function<void()>& step) {
  from_root(comm, [&] {
    step();
    return std::string();
  });
}

std::string file_from_root(const comm::Comm& comm, const std::filesystem::path& path) {
  return from_root(comm, [&] {
    try {
      return read_file(path);
    } catch (const DataError& error) {
      throw InputError(error.what());
    }
  });
}

void print_from_root(const comm::Comm& comm, std::string_view text) {
  if (!comm.is_root()) return;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Error(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
  }
}

}  // namespace trawl::command
