#include <atomic>
#include <cstdio>
#include <string>

#include <trawl/base/log.hpp>

namespace trawl::log {
namespace {

std::atomic<int> this_rank = 0;
std::atomic<bool> quiet = false;

// One call per line: lines of several ranks and threads do not mix within a line.
void write_line(std::string line) {
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

void set_rank(int rank) {
  this_rank = rank;
}
void set_quiet(bool be_quiet) {
  quiet = be_quiet;
}

void story(std::string_view line) {
  if (this_rank == 0 && !quiet) write_line(std::string(line));
}

void warning(std::string_view line) {
  if (this_rank == 0) write_line("warning: " + std::string(line));
}

void any_rank(std::string_view line) {
  write_line("rank " + std::to_string(this_rank) + ": " + std::string(line));
}

}  // namespace trawl::log
