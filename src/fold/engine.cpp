#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <sys/resource.h>

#include <trawl/base/error.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/fold/engine.hpp>

namespace trawl::fold {
namespace {

// Small enough that a kill loses little and that threads finish together, large enough that
// bookkeeping is nothing.
constexpr std::uint64_t groups_per_piece = 16;
constexpr std::uint64_t pieces_per_thread = 4;
constexpr int attempts = 2;

// What the threads of one fold share.
struct Shared {
  const FoldJob& job;
  std::vector<Work> pieces;
  std::vector<std::uint64_t> first_group;  // of each piece, counted over all; and the number of all
  std::atomic<std::uint64_t> asked{0};     // row groups that the disk was asked for
  std::atomic<std::size_t> next{0};
  std::mutex mutex;  // guards everything below
  std::condition_variable finished;
  FoldResult result;
  std::exception_ptr error;
  int running = 0;

  bool stopped() const { return job.stop != nullptr && job.stop->load(std::memory_order_relaxed); }
};

LedgerRun failed_run(const Work& piece, std::uint64_t group, std::uint64_t rows,
                     const std::string& why) {
  return {piece.dataset, group, group + 1, GroupState::failed, {rows, 0, 0, 0}, why, {}};
}

// Lets the disk read the next row groups while one is scanned. Only while pages come from disk
// (major faults, or reads that had to wait): asking for pages that are in memory anyway is not
// free.
class ReadAhead {
 public:
  explicit ReadAhead(Shared& shared) : shared_(shared), waits_(waits()) {}

  // Before the row group that is number `position` of this rank's work, counted over all pieces;
  // `columns` still shows what the one before it needed.
  void before(std::uint64_t position, const OpenDataset& open, const Work& piece,
              const GroupColumns& columns) {
    const long now = waits();
    if (now != waits_) cold_until_ = position + patience;
    waits_ = now;
    if (position >= cold_until_) return;
    std::uint64_t next = std::max(shared_.asked.load(std::memory_order_relaxed), position);
    const std::uint64_t until = std::min(shared_.first_group.back(), position + depth);
    for (; next < until; ++next) ask(next, open, piece.dataset, columns);
    shared_.asked.store(next, std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint64_t depth = 32;     // 16 MiB of 8-byte lanes under way
  static constexpr std::uint64_t patience = 64;  // goes on this long after the last wait

  // Only of the dataset that is open anyway.
  void ask(std::uint64_t position, const OpenDataset& open, std::uint64_t dataset,
           const GroupColumns& columns) const {
    const auto after =
        std::upper_bound(shared_.first_group.begin(), shared_.first_group.end(), position);
    const auto i = static_cast<std::size_t>(after - shared_.first_group.begin() - 1);
    const Work& piece = shared_.pieces[i];
    if (piece.dataset != dataset) return;
    const std::uint64_t group = piece.begin + (position - shared_.first_group[i]);
    for (const std::size_t column : columns.columns_read()) open.dataset->prefetch(group, column);
  }

  static long waits() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_majflt + usage.ru_inblock;
  }

  Shared& shared_;
  std::uint64_t cold_until_ = 0;
  long waits_;
};

class Worker {
 public:
  explicit Worker(Shared& shared) : shared_(shared), read_ahead_(shared) {}

  void run() {
    try {
      while (!shared_.stopped()) {
        const std::size_t i = shared_.next.fetch_add(1);
        if (i >= shared_.pieces.size()) break;
        fold_piece(shared_.pieces[i], shared_.first_group[i]);
      }
    } catch (...) {
      const std::lock_guard lock(shared_.mutex);
      if (!shared_.error) shared_.error = std::current_exception();
      shared_.next = shared_.pieces.size();
    }
    leave();
  }

 private:
  // `position` of its first row group in this rank's work.
  void fold_piece(const Work& piece, std::uint64_t position) {
    const Stopwatch watch;
    FinishedWork finished{piece, {}, {}};
    const auto summary = shared_.job.make_summary();
    std::shared_ptr<const OpenDataset> open;
    std::string failure;
    try {
      open = shared_.job.pool->open(piece.dataset);
    } catch (const DataError& error) {
      failure = error.what();
    }
    for (std::uint64_t group = piece.begin; group < piece.end; ++group) {
      if (open) read_ahead_.before(position + (group - piece.begin), *open, piece, columns_);
      finished.ledger.add(open ? scan(piece, *open, group, *summary)
                               : failed_run(piece, group,
                                            shared_.job.pool->group_rows(piece.dataset, group),
                                            failure));
    }
    busy_ += watch.seconds();
    publish(finished, *summary);
  }

  LedgerRun scan(const Work& piece, const OpenDataset& open, std::uint64_t group,
                 RowSummary& summary) {
    const std::uint64_t rows = open.info().group_rows(group);
    for (int attempt = 1;; ++attempt) {
      try {
        const core::ScanCounts counts =
            scan_group(open, piece.dataset, group, rows, columns_, scratch_, &summary);
        return {piece.dataset, group, group + 1, GroupState::scanned, counts, {}, {}};
      } catch (const DataError& error) {
        if (attempt == attempts) return failed_run(piece, group, rows, error.what());
      }
    }
  }

  void publish(FinishedWork& finished, RowSummary& summary) {
    finished.ledger.canonicalise();
    finished.summary = summary.to_bytes();
    const std::lock_guard lock(shared_.mutex);
    if (shared_.job.on_finished) shared_.job.on_finished(finished, summary);
    shared_.result.ledger.merge(finished.ledger);
    shared_.result.summary->merge(finished.summary);
  }

  void leave() {
    const std::lock_guard lock(shared_.mutex);
    shared_.result.bytes_read += columns_.bytes_read();
    shared_.result.thread_seconds.push_back(busy_);
    --shared_.running;
    shared_.finished.notify_all();
  }

  Shared& shared_;
  ReadAhead read_ahead_;
  GroupColumns columns_;
  core::ScanProgram::Scratch scratch_;
  double busy_ = 0;
};

// The main thread waits here, because only it may talk to other ranks or to the terminal.
void wait(Shared& shared) {
  std::unique_lock lock(shared.mutex);
  while (shared.running > 0) {
    shared.finished.wait_for(lock, std::chrono::milliseconds(100));
    if (shared.job.on_tick) {
      lock.unlock();
      shared.job.on_tick();
      lock.lock();
    }
  }
}

std::uint64_t piece_size(const FoldJob& job) {
  const std::uint64_t wanted =
      static_cast<std::uint64_t>(std::max(job.threads, 1)) * pieces_per_thread;
  if (job.piece_groups > 0) return job.piece_groups;
  return std::clamp<std::uint64_t>(count_groups(job.work) / wanted, 1, groups_per_piece);
}

}  // namespace

namespace {

// A summary cannot take rows back: one that may have seen lost bytes ends the run.
void add_matches(RowSummary& summary, const GroupRef& group, std::span<const std::uint64_t> matches,
                 GroupColumns& columns, const OpenDataset& open) {
  summary.add(group, matches, columns);
  try {
    open.dataset->check_intact();
  } catch (const DataError& error) {
    throw Error(fmt::format("{}. Its matches were being collected at that moment", error.what()));
  }
}

}  // namespace

core::ScanCounts scan_group(const OpenDataset& open, std::uint64_t dataset, std::uint64_t group,
                            std::uint64_t rows, GroupColumns& columns,
                            core::ScanProgram::Scratch& scratch, RowSummary* summary) {
  std::vector<std::uint64_t> matches;
  columns.begin(*open.dataset, group, rows);
  try {
    const core::ScanCounts counts = open.program->scan(columns, scratch, matches);
    open.dataset->check_intact();  // what was found counts only when it was there all the time
    if (summary == nullptr) return counts;
    add_matches(*summary, {dataset, &open.info(), group, open.select}, matches, columns, open);
    return counts;
  } catch (const DataError& error) {
    throw DataError(fmt::format("{} (row group {}, rows {} to {})", error.what(), group,
                                open.info().group_begin(group),
                                open.info().group_begin(group) + rows));
  }
}

FoldResult fold(const FoldJob& job) {
  Shared shared{job, split(job.work, piece_size(job)), {0}, {}, {}, {}, {}, {}, {}, 0};
  for (const Work& piece : shared.pieces)
    shared.first_group.push_back(shared.first_group.back() + piece.groups());
  shared.result.summary = job.make_summary();
  const int threads = std::max(job.threads, 1);
  shared.running = threads;
  {
    std::vector<std::jthread> crew;
    crew.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) crew.emplace_back([&shared] { Worker(shared).run(); });
    wait(shared);
  }
  if (shared.error) std::rethrow_exception(shared.error);
  for (std::size_t i = std::min<std::size_t>(shared.next, shared.pieces.size());
       i < shared.pieces.size(); ++i) {
    shared.result.left.push_back(shared.pieces[i]);
  }
  return std::move(shared.result);
}

}  // namespace trawl::fold
