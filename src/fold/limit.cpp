#include "limit.hpp"

#include <algorithm>

#include <trawl/base/error.hpp>

namespace trawl::fold {
namespace {

// Rows of the pruned and failed runs come per run; a limit never cuts inside one, since no match
// lies there. Scanned runs of a limited search are single row groups.
bool is_after(const LedgerRun& run, std::uint64_t dataset, std::uint64_t group) {
  return run.dataset > dataset || (run.dataset == dataset && run.begin > group);
}

}  // namespace

bool cut_at_limit(SearchResult& result, std::uint64_t limit) {
  auto& matches = result.matches.items();
  if (matches.size() < limit) return false;
  matches.resize(limit);
  const Match& last = matches.back();
  const DatasetFacts& facts = result.opened.facts[last.dataset];
  const std::uint64_t group = last.row / facts.row_group_rows;
  const std::uint64_t rows = last.row % facts.row_group_rows + 1;

  Ledger kept;
  for (const LedgerRun& run : result.ledger.runs()) {
    if (is_after(run, last.dataset, group)) continue;
    kept.add(run);
  }
  // The last row group again, only up to the last match: its candidates and false positives after
  // that do not count.
  const auto open = result.opened.pool->open_to_scan(last.dataset);
  GroupColumns columns;
  core::ScanProgram::Scratch scratch;
  const core::ScanCounts counts =
      scan_group(*open, last.dataset, group, rows, columns, scratch, nullptr);
  Ledger cut;
  for (LedgerRun run : kept.runs()) {
    if (run.dataset == last.dataset && run.begin == group) run.counts = counts;
    cut.add(std::move(run));
  }
  result.ledger = std::move(cut);
  return true;
}

}  // namespace trawl::fold
