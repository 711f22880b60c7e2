#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/fold/engine.hpp>

#include "read_ahead.hpp"

namespace trawl::fold {
namespace {

// Small enough that a kill loses little and that threads finish together, large enough that
// bookkeeping is nothing.
constexpr std::uint64_t groups_per_piece = 16;
constexpr std::uint64_t pieces_per_thread = 4;
constexpr int attempts = 2;

std::uint64_t piece_size(const FoldJob& job) {
  const std::uint64_t wanted =
      static_cast<std::uint64_t>(std::max(job.threads, 1)) * pieces_per_thread;
  if (job.piece_groups > 0) return job.piece_groups;
  return std::clamp<std::uint64_t>(count_groups(job.work) / wanted, 1, groups_per_piece);
}

// In the order in which they are begun.
std::vector<Work> pieces_of(const FoldJob& job) {
  std::vector<Work> pieces = split(job.work, piece_size(job));
  if (job.backwards) std::ranges::reverse(pieces);
  return pieces;
}

// What the threads of one fold share.
struct Shared {
  explicit Shared(const FoldJob& fold)
      : job(fold), pieces(pieces_of(fold)), read_ahead(*fold.pool, pieces) {}

  const FoldJob& job;
  const std::vector<Work> pieces;
  ReadAhead read_ahead;
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

class Worker {
 public:
  explicit Worker(Shared& shared) : shared_(shared), waits_(ReadAhead::waits()) {}

  void run() {
    try {
      while (!shared_.stopped()) {
        const std::size_t i = shared_.next.fetch_add(1);
        if (i >= shared_.pieces.size()) break;
        shared_.read_ahead.begin(i);
        fold_piece(shared_.pieces[i]);
      }
    } catch (...) {
      const std::lock_guard lock(shared_.mutex);
      if (!shared_.error) shared_.error = std::current_exception();
      shared_.next = shared_.pieces.size();
    }
    leave();
  }

 private:
  void fold_piece(const Work& piece) {
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
      finished.ledger.add(open ? scan(piece, *open, group, *summary)
                               : failed_run(piece, group,
                                            shared_.job.pool->group_rows(piece.dataset, group),
                                            failure));
      shared_.read_ahead.scanned(columns_, waits_);
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
    const FoldJob& job = shared_.job;
    std::shared_lock<std::shared_mutex> gate;
    if (job.checkpoint != nullptr) gate = std::shared_lock(job.checkpoint->gate());
    summary.complete();
    if (job.on_finished && job.bytes_wanted) finished.summary = summary.to_bytes();
    const std::lock_guard lock(shared_.mutex);
    if (job.on_finished) job.on_finished(finished, summary);
    if (job.checkpoint != nullptr) job.checkpoint->finished(finished.ledger);
    shared_.result.ledger.merge(finished.ledger);
    shared_.result.summary->take(summary);
  }

  void leave() {
    const std::lock_guard lock(shared_.mutex);
    shared_.result.bytes_read += columns_.bytes_read();
    shared_.result.filters_paused += scratch_.filters_paused();
    shared_.result.thread_seconds.push_back(busy_);
    --shared_.running;
    shared_.finished.notify_all();
  }

  Shared& shared_;
  long waits_;  // of this thread, so far
  GroupColumns columns_;
  core::ScanProgram::Scratch scratch_;
  double busy_ = 0;
};

// The main thread waits here, because only it may talk to other ranks or to the terminal.
void wait(Shared& shared) {
  std::unique_lock lock(shared.mutex);
  while (shared.running > 0) {
    shared.finished.wait_for(lock, std::chrono::milliseconds(100));
    if (!shared.job.on_tick || shared.error) continue;
    lock.unlock();
    std::exception_ptr error;
    try {
      shared.job.on_tick();
    } catch (...) {  // the threads must end before anybody hears of it
      error = std::current_exception();
    }
    lock.lock();
    if (!error) continue;
    shared.error = error;
    shared.next = shared.pieces.size();
  }
}

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
  Shared shared(job);
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
