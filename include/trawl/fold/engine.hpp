// The one engine: per row group read -> screen -> validate -> add, on all threads of this rank. A
// command is a choice of summary plus a report.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <trawl/fold/checkpoint.hpp>
#include <trawl/fold/dataset_pool.hpp>
#include <trawl/fold/ledger.hpp>
#include <trawl/fold/matches.hpp>
#include <trawl/fold/plan.hpp>

namespace trawl::fold {

// One piece of finished work, as the journal keeps it.
struct FinishedWork {
  Work work;
  Ledger ledger;
  std::string summary;  // RowSummary::to_bytes of its rows; empty unless FoldJob::bytes_wanted
};

struct FoldJob {
  DatasetPool* pool = nullptr;
  std::vector<Work> work;  // this rank's share
  int threads = 1;
  std::uint64_t piece_groups = 0;  // row groups per piece of work; 0: chosen here
  bool backwards = false;          // the last piece first
  std::function<std::unique_ptr<RowSummary>()> make_summary;
  // Called by worker threads, one at a time, whenever a piece is finished; may write. Empty:
  // nothing to do.
  std::function<void(const FinishedWork&, const RowSummary&)> on_finished;
  bool bytes_wanted = true;  // by on_finished, which has a journal; summaries merge without them
  // Called by the main thread about ten times a second. Empty: nothing to do.
  std::function<void()> on_tick;
  const std::atomic<bool>* stop = nullptr;  // when it turns true, pieces not begun are left alone
  Checkpoint* checkpoint = nullptr;         // told of finished pieces; null: none
  // The keys of the list that the pool's programs check late, in any order. Pieces are finished
  // when `late_at_once` candidates (or a few pieces' more) are together; 0: an eighth of the list
  // or 2^20, whichever is more. What they take, 50 to 75 bytes each, is bounded so, and streaming
  // the list costs a few nanoseconds for each.
  std::optional<std::span<const std::int64_t>> late = {};
  std::uint64_t late_at_once = 0;
};

struct FoldResult {
  Ledger ledger;
  std::unique_ptr<RowSummary> summary;
  std::uint64_t bytes_read = 0;
  std::uint64_t filters_paused = 0;    // row groups, see core::ScanProgram::Scratch
  std::vector<double> thread_seconds;  // busy time of each thread
  std::vector<Work> left;              // not begun because of `stop`
};

// Local. A DataError while a row group is read or scanned is tried once more, then recorded as
// `failed`; all other row groups go on. Any other exception stops all threads and is thrown here.
// The result does not depend on `threads`.
FoldResult fold(const FoldJob& job);

// Local. Scans one row group, only its first `rows` rows; adds to `summary` when there is one.
// DataError.
core::ScanCounts scan_group(const OpenDataset& open, std::uint64_t dataset, std::uint64_t group,
                            std::uint64_t rows, GroupColumns& columns,
                            core::ScanProgram::Scratch& scratch, RowSummary* summary);

}  // namespace trawl::fold
