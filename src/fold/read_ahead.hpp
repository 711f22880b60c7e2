// Reads ahead of the threads of a fold.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include <trawl/fold/dataset_pool.hpp>
#include <trawl/fold/plan.hpp>

namespace trawl::fold {

// Has the disk read what the threads of a fold will need soon, on threads of its own that do
// nothing but wait for it. Idle, and without threads, while everything is in memory. Thread-safe.
class ReadAhead {
 public:
  // `pieces` are begun in about this order. Both must outlive this object.
  ReadAhead(DatasetPool& pool, std::span<const Work> pieces);
  ~ReadAhead();

  // A thread begins with piece number `piece`.
  void begin(std::size_t piece);
  // A thread scanned a row group, which `columns` still shows. `waits`: number of times that it
  // waited for a disk before; brought up to date.
  void scanned(const GroupColumns& columns, long& waits);
  // Number of times that the calling thread waited for a disk so far.
  static long waits();

 private:
  // A fast disk needs several requests at once; measured with 2 MiB each on an NVMe volume: 2
  // threads 1.4, 4 threads 2.7, 8 threads 3.1 GB/s.
  static constexpr int crew_size = 8;
  static constexpr std::uint64_t depth_bytes = std::uint64_t{64} << 20;  // fetched and not begun
  static constexpr std::size_t patience = 64;  // pieces found in memory until it is idle again

  void run();
  bool may_fetch() const;
  void learn(const std::vector<GroupColumns::Need>& needs);
  std::vector<GroupColumns::Need> usual_needs() const;
  std::shared_ptr<const OpenDataset> open(const Work& piece) const;

  DatasetPool& pool_;
  std::span<const Work> pieces_;
  std::atomic<bool> idle_{true};
  std::mutex mutex_;  // guards everything below
  std::condition_variable wake_;
  std::vector<std::uint64_t> bytes_;  // of each piece that is asked for
  // What each column was needed for: a share of the last row groups, the latest weighing most.
  struct Usual {
    double values = 0, sketch = 0;
  };
  std::vector<Usual> usual_;
  double seen_ = 0;             // what always would add up to
  std::size_t begun_ = 0;       // pieces before this one are
  std::size_t asked_ = 0;       // pieces before this one are, or were begun without
  std::size_t cold_until_ = 0;  // pieces before this one are taken to be on disk
  std::uint64_t ahead_ = 0;     // bytes of pieces asked for and not begun
  bool ended_ = false;
  std::vector<std::jthread> crew_;
};

}  // namespace trawl::fold
