#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/fold/ledger.hpp>

namespace trawl::fold {
namespace {

bool same_reason(const LedgerRun& a, const LedgerRun& b) {
  return a.dataset == b.dataset && a.end == b.begin && a.state == b.state && a.reason == b.reason;
}

void join(LedgerRun& run, const LedgerRun& next) {
  run.end = next.end;
  run.counts.rows += next.counts.rows;
  run.counts.candidates += next.counts.candidates;
  run.counts.false_positives += next.counts.false_positives;
  run.counts.matches += next.counts.matches;
  run.bounds.insert(run.bounds.end(), next.bounds.begin(), next.bounds.end());
}

}  // namespace

void Ledger::add(LedgerRun run) {
  const bool is_pruned = run.state == GroupState::pruned;
  if (is_pruned && !runs_.empty() && same_reason(runs_.back(), run)) {
    join(runs_.back(), run);
  } else {
    runs_.push_back(std::move(run));
  }
}

void Ledger::merge(const Ledger& other) {
  runs_.insert(runs_.end(), other.runs_.begin(), other.runs_.end());
}

void Ledger::merge(Ledger&& other) {
  runs_.insert(runs_.end(), std::make_move_iterator(other.runs_.begin()),
               std::make_move_iterator(other.runs_.end()));
  other.runs_.clear();
}

void Ledger::canonicalise() {
  std::sort(runs_.begin(), runs_.end(), [](const LedgerRun& a, const LedgerRun& b) {
    return std::pair(a.dataset, a.begin) < std::pair(b.dataset, b.begin);
  });
  std::vector<LedgerRun> joined;
  for (LedgerRun& run : runs_) {
    if (!joined.empty() && joined.back().dataset == run.dataset && run.begin < joined.back().end) {
      throw CheckError(fmt::format(
          "the coverage ledger does not close: row group {} of dataset {} was accounted for twice. "
          "This is a defect of the program, please report it",
          run.begin, run.dataset));
    }
    if (!joined.empty() && same_reason(joined.back(), run)) {
      join(joined.back(), run);
    } else {
      joined.push_back(std::move(run));
    }
  }
  runs_ = std::move(joined);
}

std::span<const LedgerRun> Ledger::of_dataset(std::uint64_t dataset) const {
  const auto first =
      std::lower_bound(runs_.begin(), runs_.end(), dataset,
                       [](const LedgerRun& run, std::uint64_t d) { return run.dataset < d; });
  const auto last =
      std::upper_bound(first, runs_.end(), dataset,
                       [](std::uint64_t d, const LedgerRun& run) { return d < run.dataset; });
  return {first, last};
}

std::string Ledger::to_bytes() const {
  std::string bytes;
  for (const LedgerRun& run : runs_) {
    const auto& c = run.counts;
    bytes += Json::array({run.dataset, run.begin, run.end, static_cast<int>(run.state), c.rows,
                          c.candidates, c.false_positives, c.matches, run.reason, run.bounds})
                 .dump(-1, ' ', false, Json::error_handler_t::replace);
    bytes += '\n';
  }
  return bytes;
}

Ledger Ledger::from_bytes(std::string_view bytes) {
  Ledger ledger;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    const Json j = parse_json(bytes.substr(at, end - at), "coverage ledger");
    LedgerRun run{
        j[0], j[1], j[2], static_cast<GroupState>(j[3].get<int>()), {j[4], j[5], j[6], j[7]},
        j[8], {}};
    run.bounds = j[9].get<std::vector<std::string>>();
    ledger.add(std::move(run));
    at = end + 1;
  }
  return ledger;
}

void Coverage::add(const LedgerRun& run) {
  switch (run.state) {
    case GroupState::scanned:
      scanned += run.counts.rows;
      break;
    case GroupState::pruned:
      pruned += run.counts.rows;
      break;
    case GroupState::failed:
      failed += run.counts.rows;
      break;
  }
  candidates += run.counts.candidates;
  false_positives += run.counts.false_positives;
  matches += run.counts.matches;
}

void Coverage::merge(const Coverage& other) {
  rows += other.rows;
  scanned += other.scanned;
  pruned += other.pruned;
  failed += other.failed;
  unvisited += other.unvisited;
  candidates += other.candidates;
  false_positives += other.false_positives;
  matches += other.matches;
}

bool Coverage::closes() const {
  return rows == scanned + pruned + failed + unvisited && candidates <= scanned &&
         candidates == matches + false_positives;
}

}  // namespace trawl::fold
