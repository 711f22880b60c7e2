#include <algorithm>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/fold/engine.hpp>

#include "fold_shared.hpp"

namespace trawl::fold {
namespace {

class Worker {
 public:
  Worker(Shared& shared, std::size_t number)
      : shared_(shared), number_(number), waits_(ReadAhead::waits()) {}

  void run() {
    try {
      while (!shared_.stopped() && !shared_.full()) {
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
      open = shared_.job.pool->open_to_scan(piece.dataset);
    } catch (const DataError& error) {
      failure = error.what();
    }
    if (open && open->program->checks_late()) {
      screen_piece(piece, *open);
      busy_ += watch.seconds();
      return;
    }
    for (std::uint64_t group = piece.begin; group < piece.end; ++group) {
      finished.ledger.add(open ? scan(piece, *open, group, *summary)
                               : failed_run(piece, group,
                                            shared_.job.pool->group_rows(piece.dataset, group),
                                            failure));
      shared_.read_ahead.scanned(columns_, waits_);
    }
    busy_ += watch.seconds();
    publish(shared_, finished, *summary);
  }

  LedgerRun scan(const Work& piece, const OpenDataset& open, std::uint64_t group,
                 RowSummary& summary) {
    const std::uint64_t rows = open.info().group_rows(group);
    return scanned_run(piece, group, rows, [&] {
      return scan_group(open, piece.dataset, group, rows, columns_, scratch_, &summary);
    });
  }

  void screen_piece(const Work& piece, const OpenDataset& open) {
    ScreenedPiece screened{piece, {}, {}, {}};
    for (std::uint64_t group = piece.begin; group < piece.end; ++group) {
      const std::uint64_t rows = open.info().group_rows(group);
      LedgerRun run = scanned_run(piece, group, rows, [&] {
        return screen_group(open, group, rows, columns_, scratch_, screened);
      });
      screened.groups.push_back({std::move(run), screened.keys.size()});
      shared_.read_ahead.scanned(columns_, waits_);
    }
    shared_.candidates += screened.keys.size();
    const std::lock_guard lock(shared_.mutex);
    shared_.screened.push_back(std::move(screened));
  }

  void leave() {
    const std::lock_guard lock(shared_.mutex);
    shared_.result.bytes_read += columns_.bytes_read();
    shared_.result.filters_paused += scratch_.filters_paused();
    shared_.result.thread_seconds[number_] += busy_;
    --shared_.running;
    shared_.finished.notify_all();
  }

  Shared& shared_;
  std::size_t number_;
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
  const auto allowed = static_cast<std::size_t>(std::max(job.threads, 1));
  shared.result.thread_seconds.resize(allowed);
  // The audit often has one row group: no thread is started that would find nothing to do.
  const int threads = static_cast<int>(std::clamp<std::size_t>(shared.pieces.size(), 1, allowed));
  do {
    shared.running = threads;
    {
      std::vector<std::jthread> crew;
      crew.reserve(static_cast<std::size_t>(threads));
      for (int i = 0; i < threads; ++i) {
        crew.emplace_back([&shared, i] { Worker(shared, static_cast<std::size_t>(i)).run(); });
      }
      wait(shared);
    }
    if (shared.error) std::rethrow_exception(shared.error);
    settle(shared);
  } while (shared.next < shared.pieces.size() && !shared.stopped());
  for (std::size_t i = std::min<std::size_t>(shared.next, shared.pieces.size());
       i < shared.pieces.size(); ++i) {
    shared.result.left.push_back(shared.pieces[i]);
  }
  return std::move(shared.result);
}

}  // namespace trawl::fold
