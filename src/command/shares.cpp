#include "command/shares.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <numeric>
#include <queue>
#include <thread>
#include <utility>

namespace trawl::command {

std::vector<std::size_t> share_of(std::span<const std::uint64_t> weights, int parts, int part) {
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return weights[i]; });
  using Load = std::pair<std::uint64_t, int>;
  std::priority_queue<Load, std::vector<Load>, std::greater<>> loads;
  for (int p = 0; p < parts; ++p) loads.emplace(0, p);
  std::vector<std::size_t> mine;
  for (const std::size_t item : order) {
    const auto [load, least] = loads.top();
    loads.pop();
    // Items of weight 0 are work too: without the 1 they would all go to one part.
    loads.emplace(load + weights[item] + 1, least);
    if (least == part) mine.push_back(item);
  }
  std::ranges::sort(mine);
  return mine;
}

namespace {

class ParallelLoop {
 public:
  ParallelLoop(std::size_t count, const std::function<void(std::size_t)>& body)
      : count_(count), failed_(count), body_(body) {}

  void work() {
    for (;;) {
      const std::size_t item = next_++;
      if (item >= count_ || stop_) return;
      try {
        body_(item);
      } catch (...) {
        keep(item, std::current_exception());
      }
    }
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void keep(std::size_t item, std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    if (item >= failed_) return;
    failed_ = item;
    error_ = std::move(error);
  }

  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stop_ = false;
  std::size_t count_;
  std::size_t failed_;
  const std::function<void(std::size_t)>& body_;
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

void for_each_parallel(std::size_t count, int threads,
                       const std::function<void(std::size_t)>& body) {
  ParallelLoop loop(count, body);
  {
    std::vector<std::jthread> others;
    const std::size_t wanted = std::min(count, static_cast<std::size_t>(std::max(threads, 1)));
    for (std::size_t i = 1; i < wanted; ++i) others.emplace_back([&] { loop.work(); });
    loop.work();
  }
  loop.rethrow();
}

int thread_count(int asked, const comm::Comm& world) {
  if (asked > 0) return asked;
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, cores / world.node_size());
}

}  // namespace trawl::command
