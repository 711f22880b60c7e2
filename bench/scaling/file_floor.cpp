// What the system takes to open and read a little of every *.h5 in a folder: the least that a search
// over files costs before a byte of column data is looked at.
//
//     file_floor FOLDER THREADS      prints microseconds per file: listing, and open to close
//
// Per file: open, fstat, the 512 bytes of the seal, the index behind it, close. The best of five.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<std::string> list(const char* folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().native().ends_with(".h5")) files.push_back(entry.path().native());
  }
  return files;
}

// Bytes read; -1 when a file is no dataset of trawl's.
long read_file(const std::string& path, char* space, std::size_t size) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) return -1;
  long bytes = ::pread(fd, space, 512, 0);
  const char* header = bytes == 512 ? ::strstr(space, "\nheader ") : nullptr;
  if (header != nullptr) {
    const long begin = std::atol(header + 8);
    const auto rest = static_cast<std::size_t>(std::max(0L, long{status.st_size} - begin));
    bytes += ::pread(fd, space + 512, std::min(size - 512, rest), begin);
  }
  ::close(fd);
  return header != nullptr ? bytes : -1;
}

void read_share(const std::vector<std::string>& files, std::size_t begin, std::size_t end) {
  std::vector<char> space(std::size_t{1} << 20);
  for (std::size_t i = begin; i < end; ++i) {
    if (read_file(files[i], space.data(), space.size()) >= 0) continue;
    std::fprintf(stderr, "file_floor: not a dataset that trawl wrote: %s\n", files[i].c_str());
    std::exit(1);
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "usage: file_floor FOLDER THREADS\n");
    return 2;
  }
  const auto threads = static_cast<std::size_t>(std::max(1, std::atoi(words[2])));
  double listing = 1e9, reading = 1e9;
  std::vector<std::string> files;
  for (int run = 0; run < 5; ++run) {
    const double begin = seconds();
    files = list(words[1]);
    listing = std::min(listing, seconds() - begin);
    const double listed = seconds();
    {
      std::vector<std::jthread> crew;
      for (std::size_t t = 0; t < threads; ++t)
        crew.emplace_back([&, t] {
          read_share(files, files.size() * t / threads, files.size() * (t + 1) / threads);
        });
    }
    reading = std::min(reading, seconds() - listed);
  }
  const double each = 1e6 / static_cast<double>(std::max<std::size_t>(files.size(), 1));
  std::printf("%.3f %.3f\n", listing * each, reading * each);
}
