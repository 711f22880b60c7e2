// What the threads of one fold share, and what they all do.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <vector>

#include <trawl/base/error.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/fold/engine.hpp>

#include "late_check.hpp"
#include "read_ahead.hpp"

namespace trawl::fold {

// The work in pieces, in the order in which they are begun.
std::vector<Work> pieces_of(const FoldJob& job);
// Candidates that are checked together.
std::uint64_t candidates_at_once(const FoldJob& job);

// What the threads of one fold share.
struct Shared {
  explicit Shared(const FoldJob& fold)
      : job(fold), pieces(pieces_of(fold)), read_ahead(*fold.pool, pieces) {}

  const FoldJob& job;
  const std::vector<Work> pieces;
  ReadAhead read_ahead;
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> candidates{0};  // in `screened`
  std::mutex mutex;                          // guards everything below
  std::condition_variable finished;
  FoldResult result;
  std::vector<ScreenedPiece> screened;  // that wait for the list which is checked late
  std::exception_ptr error;
  int running = 0;

  bool stopped() const { return job.stop != nullptr && job.stop->load(std::memory_order_relaxed); }
  // Whether it is time to check what was screened: there is much of it, or it has waited so long
  // that a kill would lose too much, and a check takes at most a twentieth of that.
  bool full() const {
    return candidates.load(std::memory_order_relaxed) >= candidates_at_once(job) ||
           (job.late && since_check.seconds() > patience);
  }
  Stopwatch since_check;
  double patience = 2;  // seconds; these two change only while no thread scans
};

// What is told of a row group that was not scanned.
LedgerRun failed_run(const Work& piece, std::uint64_t group, std::uint64_t rows,
                     const std::string& why);

// Calls scan(), which returns counts, once more after a DataError.
template <class Scan>
LedgerRun scanned_run(const Work& piece, std::uint64_t group, std::uint64_t rows,
                      const Scan& scan) {
  constexpr int attempts = 2;
  for (int attempt = 1;; ++attempt) {
    try {
      return {piece.dataset, group, group + 1, GroupState::scanned, scan(), {}, {}};
    } catch (const DataError& error) {
      if (attempt == attempts) return failed_run(piece, group, rows, error.what());
    }
  }
}

// The matches of a row group. A summary cannot take rows back: one that may have seen lost bytes
// ends the run.
void add_matches(RowSummary& summary, const GroupRef& group, std::span<const std::uint64_t> matches,
                 GroupColumns& columns, const OpenDataset& open);

// A piece is finished: into the result, and to all who want to know.
void publish(Shared& shared, FinishedWork& finished, RowSummary& summary);

// Checks all that was screened so far against the list that is checked late.
void settle(Shared& shared);

}  // namespace trawl::fold
