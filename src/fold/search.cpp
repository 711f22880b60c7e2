#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/core/predicate/predicate.hpp>
#include <trawl/fold/search.hpp>

#include "audit.hpp"
#include "late_keys.hpp"
#include "limit.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

core::SyntaxPtr parse_where(const std::string& where, const Comm& comm) {
  core::SyntaxPtr syntax;
  comm.agree("reading the predicate", [&] { syntax = core::parse(where); });
  return syntax;
}

// One search under way on this rank.
class Search {
 public:
  Search(const SearchRequest& request, const Comm& comm, const SearchHooks& hooks,
         std::optional<std::span<const std::int64_t>> late, SearchResult& result)
      : request_(request), comm_(comm), hooks_(hooks), late_(late), result_(result) {
    matches_ = make_summary();
  }

  // Collective. Folds all of `work` that no earlier run finished; in one go, or for a limit in
  // growing windows.
  void fold_all(std::vector<Work> work) {
    result_.thread_seconds.resize(static_cast<std::size_t>(std::max(request_.threads, 1)));
    work = without_resumed(work);
    std::uint64_t found = 0;
    std::uint64_t window = request_.limit == 0
                               ? count_groups(work)
                               : static_cast<std::uint64_t>(comm_.size()) * first_window_groups;
    while (!work.empty() && !interrupted_ &&
           (request_.limit == 0 || found + resumed_before(work.front()) < request_.limit)) {
      Prefix prefix = take(work, window);
      found += comm_.sum(fold_share(assign(prefix.first, comm_.size())));
      interrupted_ = comm_.max(left_.empty() ? std::uint64_t{0} : 1) != 0;
      work = std::move(prefix.rest);
      window *= 2;
    }
  }

  bool interrupted() const { return interrupted_; }

  // Collective. Everything that all ranks know goes up the tree to root.
  void merge(Ledger pruned) {
    pruned.merge(std::move(ledger_));
    const auto join = [](std::string a, const std::string& b) { return std::move(a) + b; };
    if (comm_.size() == 1) {
      result_.ledger = std::move(pruned);
    } else {
      const std::string ledger = comm_.merge_to_root(pruned.to_bytes(), join);
      if (comm_.is_root()) result_.ledger = Ledger::from_bytes(ledger);
    }
    if (hooks_.make_summary) return;  // whoever made it knows where its sums are
    const std::string matches = comm_.merge_to_root(matches_->to_bytes(), join);
    if (!comm_.is_root()) return;
    result_.matches.merge(matches);
    result_.matches.sort();
  }

 private:
  // Large enough to keep all threads of a rank busy, small enough to stop soon.
  static constexpr std::uint64_t first_window_groups = 8;

  std::unique_ptr<RowSummary> make_summary() const {
    if (hooks_.make_summary) return hooks_.make_summary();
    if (request_.count_only) return std::make_unique<CountOnly>();
    return std::make_unique<MatchSet>();
  }

  // Local. Returns the matches found in this rank's share.
  std::uint64_t fold_share(const std::vector<std::vector<Work>>& shares) {
    FoldJob job{result_.opened.pool.get(),
                shares[static_cast<std::size_t>(comm_.rank())],
                request_.threads,
                request_.limit > 0 ? std::uint64_t{1} : 0,
                hooks_.backwards,
                [this] { return make_summary(); },
                hooks_.on_finished,
                hooks_.bytes_wanted,
                hooks_.on_tick,
                hooks_.stop,
                hooks_.checkpoint,
                late_,
                0};
    FoldResult folded;
    comm_.agree("searching", [&] { folded = fold(job); });
    std::uint64_t matches = 0;
    for (const LedgerRun& run : folded.ledger.runs()) {
      matches += run.counts.matches;
      if (run.state == GroupState::scanned) result_.rows_scanned += run.counts.rows;
    }
    ledger_.merge(std::move(folded.ledger));
    matches_->take(*folded.summary);
    left_.insert(left_.end(), folded.left.begin(), folded.left.end());
    result_.bytes_read += folded.bytes_read;
    result_.filters_paused += folded.filters_paused;
    add_thread_seconds(folded.thread_seconds);
    return matches;
  }

  void add_thread_seconds(const std::vector<double>& seconds) {
    result_.thread_seconds.resize(std::max(result_.thread_seconds.size(), seconds.size()));
    for (std::size_t i = 0; i < seconds.size(); ++i) result_.thread_seconds[i] += seconds[i];
  }

  // Collective. Takes finished work of an earlier run into this one's summaries (on root) and out
  // of what is to be done.
  std::vector<Work> without_resumed(const std::vector<Work>& work) {
    std::vector<Work> finished;
    const std::vector<FinishedWork> none;
    for (const FinishedWork& piece : hooks_.resumed != nullptr ? *hooks_.resumed : none) {
      ledger_.merge(piece.ledger);
      matches_->merge(piece.summary);
      if (hooks_.checkpoint != nullptr) hooks_.checkpoint->resumed(piece.work, piece.ledger);
      if (piece.work.begin == piece.work.end) continue;  // more of the sums of others
      finished.push_back(piece.work);
      std::uint64_t matches = 0;
      for (const LedgerRun& run : piece.ledger.runs()) matches += run.counts.matches;
      resumed_matches_.push_back(matches);
    }
    comm_.broadcast(finished);
    comm_.broadcast(resumed_matches_);
    resumed_ = finished;
    return finished.empty() ? work : subtract(work, finished);
  }

  // Local. Matches that an earlier run found before the first row group that is still to be done.
  // Those behind it must not end a limited search: what lies between may hold matches that come
  // first.
  std::uint64_t resumed_before(const Work& next) const {
    std::uint64_t matches = 0;
    for (std::size_t i = 0; i < resumed_.size(); ++i) {
      if (std::pair(resumed_[i].dataset, resumed_[i].begin) < std::pair(next.dataset, next.begin))
        matches += resumed_matches_[i];
    }
    return matches;
  }

  const SearchRequest& request_;
  const Comm& comm_;
  const SearchHooks& hooks_;
  std::optional<std::span<const std::int64_t>> late_;  // keys that are checked late
  SearchResult& result_;
  Ledger ledger_;
  std::unique_ptr<RowSummary> matches_;
  std::vector<Work> left_;
  std::vector<Work> resumed_;  // pieces that an earlier run finished, and the matches in each
  std::vector<std::uint64_t> resumed_matches_;
  bool interrupted_ = false;
};

// Root. Coverage per dataset and in total; CheckError when it does not close.
void close_ledger(SearchResult& result, bool bounded) {
  result.coverage.assign(result.opened.facts.size(), {});
  for (std::size_t i = 0; i < result.coverage.size(); ++i)
    result.coverage[i].rows = result.opened.facts[i].rows;
  for (const LedgerRun& run : result.ledger.runs()) result.coverage[run.dataset].add(run);
  for (std::size_t i = 0; i < result.coverage.size(); ++i) {
    Coverage& c = result.coverage[i];
    const std::uint64_t visited = c.scanned + c.pruned + c.failed;
    if (bounded && visited < c.rows) c.unvisited = c.rows - visited;
    if (!c.closes()) {
      throw CheckError(fmt::format(
          "the coverage ledger of '{}' does not close: {} rows, {} scanned, {} pruned, {} failed; "
          "{} candidates, {} "
          "matches, {} false positives. This is a defect of the program, please report it",
          result.opened.refs()[i].name, c.rows, c.scanned, c.pruned, c.failed, c.candidates,
          c.matches, c.false_positives));
    }
    result.total.merge(c);
  }
}

Status status_of(const SearchResult& result, bool interrupted) {
  if (interrupted) return Status::interrupted;
  const auto& facts = result.opened.facts;
  const bool failed = result.total.failed > 0 ||
                      std::any_of(facts.begin(), facts.end(),
                                  [](const DatasetFacts& f) { return !f.failure.empty(); });
  if (failed) return Status::incomplete;
  return result.total.unvisited > 0 ? Status::bounded : Status::complete;
}

}  // namespace

std::string_view name_of(Status status) {
  switch (status) {
    case Status::complete:
      return "complete";
    case Status::bounded:
      return "bounded";
    case Status::incomplete:
      return "incomplete";
    case Status::interrupted:
      return "interrupted";
  }
  return "interrupted";
}

SearchResult search(const SearchRequest& request, const Comm& comm, const SearchHooks& hooks,
                    PhaseTimer& timer) {
  SearchResult result;
  timer.begin("open");
  const Query query{parse_where(request.where, comm), request.select, request.numbers,
                    request.names};
  Opening opening(request.inputs, request.table, query, request.threads, request.index, comm);
  KeyLists keys;
  const bool early = !opening.key_lists().empty();
  if (early) {  // lists are read and spread while the other datasets are opened
    timer.begin("share");
    const bool may_be_late = opening.checks_late() && request.filters && request.limit == 0;
    keys = KeyLists::load(opening.key_lists(), request.fpr, request.threads, comm, may_be_late);
  }
  result.opened = opening.finish();
  if (!early) {
    timer.begin("share");
    keys = KeyLists::load(result.opened.key_lists, request.fpr, request.threads, comm);
  }
  const auto use_keys = [&] {
    result.opened.pool->use_keys(keys.sets(), {.use_filter = request.filters}, request.index);
  };
  use_keys();

  timer.begin("plan");
  Pruned pruned =
      prune(result.opened, keys.sets(), {request.zone_maps, request.index}, request.threads, comm);
  if (keys.late() &&
      !leaves_few(result.opened, pruned.work, keys.late()->size(), request.threads, comm)) {
    timer.begin("share");
    keys.filter_late(request.fpr, request.threads, comm);
    use_keys();
    timer.begin("plan");
  }
  result.key_lists = keys.facts();
  if (hooks.on_plan) hooks.on_plan(result.opened, result.key_lists, pruned.work);

  timer.begin("fold");
  Search search(request, comm, hooks, keys.late(), result);
  search.fold_all(std::move(pruned.work));
  timer.begin("audit");
  if (!search.interrupted()) {
    result.audit = audit_pruned(result.opened, pruned.ledger, request.audit, keys.late(),
                                request.threads, comm);
  }

  timer.begin("merge");
  search.merge(std::move(pruned.ledger));
  comm.agree("closing the ledger", [&] {
    if (!comm.is_root()) return;
    const bool cut = request.limit > 0 && cut_at_limit(result, request.limit);
    result.ledger.canonicalise();
    close_ledger(result, cut || search.interrupted());
    result.status = status_of(result, search.interrupted());
  });
  result.status = static_cast<Status>(comm.max(static_cast<std::uint64_t>(result.status)));
  result.opened.pool->forget_keys();  // the key lists end here
  timer.end();
  return result;
}

}  // namespace trawl::fold
