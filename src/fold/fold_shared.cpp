#include "fold_shared.hpp"

#include <algorithm>
#include <shared_mutex>

#include <fmt/format.h>

#include <trawl/base/parallel.hpp>
#include <trawl/base/timer.hpp>

namespace trawl::fold {
namespace {

// Small enough that a kill loses little and that threads finish together, large enough that
// bookkeeping is nothing.
constexpr std::uint64_t groups_per_piece = 16;
constexpr std::uint64_t pieces_per_thread = 4;

std::uint64_t piece_groups(const FoldJob& job) {
  const std::uint64_t wanted =
      static_cast<std::uint64_t>(std::max(job.threads, 1)) * pieces_per_thread;
  if (job.piece_groups > 0) return job.piece_groups;
  return std::clamp<std::uint64_t>(count_groups(job.work) / wanted, 1, groups_per_piece);
}

}  // namespace

std::vector<Work> pieces_of(const FoldJob& job) {
  std::vector<Work> pieces = split(job.work, piece_groups(job));
  if (job.backwards) std::ranges::reverse(pieces);
  return pieces;
}

std::uint64_t candidates_at_once(const FoldJob& job) {
  if (job.late_at_once > 0) return job.late_at_once;
  return std::max<std::uint64_t>(job.late ? job.late->size() / 8 : 0, std::uint64_t{1} << 20);
}

LedgerRun failed_run(const Work& piece, std::uint64_t group, std::uint64_t rows,
                     const std::string& why) {
  return {piece.dataset, group, group + 1, GroupState::failed, {rows, 0, 0, 0}, why, {}};
}

void add_matches(RowSummary& summary, const GroupRef& group, std::span<const std::uint64_t> matches,
                 GroupColumns& columns, const OpenDataset& open) {
  summary.add(group, matches, columns);
  try {
    open.dataset->check_intact();
  } catch (const DataError& error) {
    throw Error(fmt::format("{}. Its matches were being collected at that moment", error.what()));
  }
}

void publish(Shared& shared, FinishedWork& finished, RowSummary& summary) {
  finished.ledger.canonicalise();
  const FoldJob& job = shared.job;
  std::shared_lock<std::shared_mutex> gate;
  if (job.checkpoint != nullptr) gate = std::shared_lock(job.checkpoint->gate());
  summary.complete();
  if (job.on_finished && job.bytes_wanted) finished.summary = summary.to_bytes();
  const std::lock_guard lock(shared.mutex);
  if (job.on_finished) job.on_finished(finished, summary);
  if (job.checkpoint != nullptr) job.checkpoint->finished(finished.ledger);
  shared.result.ledger.merge(finished.ledger);
  shared.result.summary->take(summary);
}

namespace {

// The matches among the candidates of one piece go into its summary, which is then published.
class Settler {
 public:
  Settler(Shared& shared, const LateCheck& check) : shared_(shared), check_(check) {}
  ~Settler() {
    const std::lock_guard lock(shared_.mutex);
    shared_.result.bytes_read += columns_.bytes_read();
  }

  void settle(std::size_t number) {
    const ScreenedPiece& piece = shared_.screened[number];
    FinishedWork finished{piece.work, {}, {}};
    const auto summary = shared_.job.make_summary();
    for (std::size_t group = 0; group < piece.groups.size(); ++group) {
      const LedgerRun& run = piece.groups[group].run;
      const std::uint64_t matches = check_.matches(number, group, run.counts.rows, mask_);
      finished.ledger.add(run.state == GroupState::scanned
                              ? scanned_run(piece.work, run.begin, run.counts.rows,
                                            [&] { return add(run, matches, *summary); })
                              : run);
    }
    publish(shared_, finished, *summary);
  }

 private:
  core::ScanCounts add(const LedgerRun& run, std::uint64_t matches, RowSummary& summary) {
    core::ScanCounts counts = run.counts;
    counts.matches = matches;
    counts.false_positives = counts.candidates - matches;
    if (matches == 0) return counts;
    const auto open = shared_.job.pool->open(run.dataset);
    columns_.begin(*open->dataset, run.begin, run.counts.rows);
    add_matches(summary, {run.dataset, &open->info(), run.begin, open->select}, mask_, columns_,
                *open);
    return counts;
  }

  Shared& shared_;
  const LateCheck& check_;
  GroupColumns columns_;
  std::vector<std::uint64_t> mask_;
};

}  // namespace

void settle(Shared& shared) {
  shared.since_check = Stopwatch();
  if (shared.screened.empty()) return;
  const Stopwatch whole;
  const int threads = std::max(shared.job.threads, 1);
  std::vector<double>& seconds = shared.result.thread_seconds;
  const LateCheck check(shared.screened, *shared.job.late, threads, seconds);
  std::atomic<std::size_t> next{0};
  parallel_for(static_cast<std::size_t>(threads), threads, [&](std::size_t thread) {
    const Stopwatch watch;
    Settler settler(shared, check);
    for (std::size_t i = next++; i < shared.screened.size(); i = next++) settler.settle(i);
    seconds[thread] += watch.seconds();
  });
  shared.screened.clear();
  shared.candidates = 0;
  shared.patience = std::max(shared.patience, 20 * whole.seconds());
  shared.since_check = Stopwatch();
}

}  // namespace trawl::fold
