#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/fold/evidence.hpp>

#include "fold/evidence/collector.hpp"
#include "fold/evidence/population.hpp"
#include "fold/evidence/report.hpp"
#include "fold/evidence/screen.hpp"
#include "fold/evidence/state_write.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

// Rows of all row groups that may hold a match.
std::uint64_t rows_of(const std::vector<Work>& work, const Opened& opened) {
  std::uint64_t rows = 0;
  for (const Work& piece : work) {
    const DatasetFacts& facts = opened.facts[piece.dataset];
    rows +=
        std::min(piece.end * facts.row_group_rows, facts.rows) - piece.begin * facts.row_group_rows;
  }
  return rows;
}

// Of what a first pass has scanned. Never 0.
std::uint64_t digest_of(const Ledger& ledger) {
  std::string text;
  for (const LedgerRun& run : ledger.runs()) {
    if (run.state == GroupState::scanned)
      text += fmt::format("{} {} {}\n", run.dataset, run.begin, run.end);
  }
  return xxh3(bytes_of(text)) | 1;
}

// Row groups [begin, end) of a dataset that were scanned.
std::uint64_t scanned_within(const Ledger& ledger, const LedgerRun& run) {
  std::uint64_t groups = 0;
  for (const LedgerRun& other : ledger.of_dataset(run.dataset)) {
    if (other.state != GroupState::scanned) continue;
    const std::uint64_t begin = std::max(run.begin, other.begin),
                        end = std::min(run.end, other.end);
    groups += begin < end ? end - begin : 0;
  }
  return groups;
}

// Two looks at the same rows: the first proves which identities are unique, the second sums.
class TwoPasses {
 public:
  TwoPasses(const EvidenceRequest& request, const Comm& comm, const SearchHooks& hooks,
            PhaseTimer& timer)
      : request_(request),
        columns_(request.columns),
        comm_(comm),
        hooks_(hooks),
        timer_(timer),
        state_(request, comm),
        population_(request.rules, {request.compare_bytes, request.scratch}) {}

  EvidenceResult run() {
    EvidenceResult result;
    if (columns_.id) {
      mark();
      if (first_.status == Status::interrupted) {
        result.search = std::move(first_);
        return result;
      }
      check_resumed();
    }
    collect(result);
    if (result.search.status == Status::interrupted) return result;
    if (screen_) check_covers(first_, result.search);
    timer_.begin("combine");
    if (screen_) screen_->release();
    population_.resolve(comm_, request_.search.threads);
    std::vector<std::string> names;
    for (const store::DatasetRef& ref : result.search.opened.refs()) names.push_back(ref.name);
    report(request_, population_, names, comm_, result);
    timer_.end();
    state_.write(population_, hooks_, timer_, result);
    return result;
  }

 private:
  // Collective. Window after window of the screen; all passes must see the same rows.
  void mark() {
    timer_.begin("screen");
    first_ = pass(IdentityMarker::Task::mark, true);
    while (first_.status != Status::interrupted) {
      screen_->share();
      if (++windows_ == screen_->windows()) break;
      if (screen_->tests()) check_same(pass(IdentityMarker::Task::test, false));
      if (first_.status == Status::interrupted) break;
      screen_->next_window();
      check_same(pass(IdentityMarker::Task::mark, false));
    }
    timer_.end();
  }

  // Collective. Over the columns of the identity.
  SearchResult pass(IdentityMarker::Task task, bool plans) {
    if (hooks_.on_pass) hooks_.on_pass();
    SearchRequest search = request_.search;
    search.audit = 0;  // the last pass audits
    SearchHooks hooks;
    hooks.stop = hooks_.stop;
    hooks.on_tick = hooks_.on_tick;
    hooks.backwards = next_backwards();
    if (plans) {
      hooks.on_plan = [this](const Opened& opened, const std::vector<KeyListFacts>& lists,
                             const std::vector<Work>& work) {
        make_screen(rows_of(work, opened));
        if (hooks_.on_plan) hooks_.on_plan(opened, lists, work);
      };
      hooks = state_.hooked(std::move(hooks));
    }
    hooks.make_summary = [this, task] {
      return std::make_unique<IdentityMarker>(columns_, task, *screen_);
    };
    PhaseTimer timer;  // its phases are all of "screen"
    return fold::search(search, comm_, hooks, timer);
  }

  // Every look at the data begins where the one before ended.
  bool next_backwards() { return std::exchange(backwards_, !backwards_); }

  // Collective.
  void make_screen(std::uint64_t rows) {
    constexpr std::uint64_t per_word = IdentityScreen::rows_per_word;
    screen_.emplace(
        comm_, request_.screen_words > 0 ? request_.screen_words : (rows + per_word - 1) / per_word,
        request_.screen_bytes);
  }

  // Collective. What another pass than the first one saw.
  void check_same(const SearchResult& again) {
    first_.bytes_read += again.bytes_read;
    if (again.status == Status::interrupted) {
      first_.status = Status::interrupted;
      return;
    }
    check_covers(again, first_);
    check_covers(first_, again);
  }

  // Collective. Records of earlier attempts were summed because they are unique among the rows
  // that these had screened. Had they seen fewer, a copy could count twice.
  void check_resumed() {
    comm_.agree("comparing with the interrupted run", [&] {
      if (!comm_.is_root()) return;
      population_.screened = digest_of(first_.ledger);
      if (hooks_.resumed == nullptr) return;
      for (const FinishedWork& part : *hooks_.resumed) {
        if (part.summary.empty()) continue;
        if (EvidencePopulation::screened_of(part.summary) == population_.screened) continue;
        throw InputError(
            "cannot resume: other rows can be read now than when the interrupted run looked for "
            "duplicates. Start a new run");
      }
    });
    population_.screened = comm_.sum(population_.screened);
  }

  // Collective. Checkpoints keep the work of this pass alone: a resumed run screens again.
  void collect(EvidenceResult& result) {
    if (hooks_.on_pass) hooks_.on_pass();
    SearchHooks hooks = hooks_;
    hooks.bytes_wanted = false;
    hooks.backwards = next_backwards();
    if (screen_) hooks.on_plan = nullptr;  // was called
    if (!screen_) hooks = state_.hooked(std::move(hooks));
    const IdentityScreen* screen = screen_ ? &*screen_ : nullptr;
    hooks.make_summary = [this, screen] {
      return std::make_unique<EvidenceCollector>(request_, columns_, screen, population_);
    };
    Checkpoint* const checkpoint = hooks.checkpoint;
    if (checkpoint != nullptr)
      checkpoint->keep(EvidenceTable::parts,
                       [this](std::size_t part) { return population_.part_to_bytes(part); });
    result.search = fold::search(request_.search, comm_, hooks, timer_);
    comm_.agree("writing the checkpoint", [&] {
      if (checkpoint != nullptr && result.search.status == Status::interrupted) checkpoint->write();
    });
    if (checkpoint != nullptr) checkpoint->stop();
    result.search.bytes_read += first_.bytes_read;
  }

  // Collective. A proof that an identity is unique holds for the rows that the screen has seen:
  // those that another pass has must be among them.
  void check_covers(const SearchResult& screened, const SearchResult& other) const {
    comm_.agree("comparing the passes over the data", [&] {
      if (!comm_.is_root()) return;
      for (std::size_t i = 0; i < other.opened.facts.size(); ++i) {
        const DatasetFacts &before = screened.opened.facts[i], &after = other.opened.facts[i];
        if (after.failure.empty() && (before.digest != after.digest || before.rows != after.rows))
          changed(other, i);
      }
      for (const LedgerRun& run : other.ledger.runs()) {
        if (run.state == GroupState::scanned &&
            scanned_within(screened.ledger, run) != run.end - run.begin)
          changed(other, run.dataset);
      }
    });
  }

  [[noreturn]] static void changed(const SearchResult& result, std::size_t dataset) {
    throw Error(fmt::format(
        "dataset '{}': rows were read in one pass over the data and not in another one, when "
        "records were screened for duplicates. The data changed during the run, or reading it "
        "fails now and then: run again",
        result.opened.refs()[dataset].name));
  }

  const EvidenceRequest& request_;
  const EvidencePositions columns_;
  const Comm& comm_;
  const SearchHooks& hooks_;
  PhaseTimer& timer_;
  EvidenceStateJob state_;
  EvidencePopulation population_;
  std::optional<IdentityScreen> screen_;
  std::uint64_t windows_ = 0;  // of the screen that are done
  bool backwards_ = false;     // the next look
  SearchResult first_;
};

}  // namespace

EvidenceResult evidence(const EvidenceRequest& request, const Comm& comm, const SearchHooks& hooks,
                        PhaseTimer& timer) {
  comm.agree("reading the rules", [&] {
    request.rules.check();
    evidence::prior_log_odds(request.prior);
    check_registered(request);
  });
  return TwoPasses(request, comm, hooks, timer).run();
}

}  // namespace trawl::fold
