#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <trawl/base/parallel.hpp>

namespace trawl {

void parallel_for(std::size_t parts, int threads, const std::function<void(std::size_t)>& body) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;  // guards the two below
  std::size_t failed = parts;
  std::exception_ptr error;
  const auto work = [&] {
    for (std::size_t part = next.fetch_add(1); part < parts; part = next.fetch_add(1)) {
      try {
        body(part);
      } catch (...) {
        next = parts;
        const std::lock_guard lock(mutex);
        if (part < failed) error = std::current_exception();
        failed = std::min(failed, part);
      }
    }
  };
  {
    std::vector<std::jthread> others;
    const std::size_t crew = std::min(parts, static_cast<std::size_t>(std::max(threads, 1)));
    for (std::size_t i = 1; i < crew; ++i) others.emplace_back(work);
    work();
  }
  if (error) std::rethrow_exception(error);
}

void parallel_blocks(std::size_t parts, int threads, const std::function<void(std::size_t)>& body) {
  constexpr std::size_t block = 64;
  parallel_for((parts + block - 1) / block, threads, [&](std::size_t i) {
    const std::size_t end = std::min(parts, (i + 1) * block);
    for (std::size_t part = i * block; part < end; ++part) body(part);
  });
}

}  // namespace trawl
