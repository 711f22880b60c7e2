#include <stdexcept>

#include <trawl/base/error.hpp>
#include <trawl/core/scan_program.hpp>

#include "core/scan/block_steps.hpp"
#include "core/scan/compile.hpp"

namespace trawl::core {

using scan::AllStep;
using scan::Mask;
using scan::Run;
using scan::Step;
using scan::StepPtr;
using scan::Verdict;

struct ScanProgram::State {
  StepPtr root;
  std::vector<const Step*>
      rechecks;  // what candidates must pass exactly; empty: the first pass is exact
  bool may_be_undecidable = false;
  bool checks_late = false;  // a key list
};

struct ScanProgram::Scratch::State {
  scan::MaskPool masks;
  scan::Vectors vectors;
  std::uint64_t filters_paused = 0;
};

ScanProgram::Scratch::Scratch() : state(std::make_unique<State>()) {}
ScanProgram::Scratch::~Scratch() = default;
ScanProgram::Scratch::Scratch(Scratch&&) noexcept = default;

std::uint64_t ScanProgram::Scratch::filters_paused() const {
  return state->filters_paused;
}

namespace {

// The conjuncts of the root that a membership filter screens: candidates have passed the others
// exactly already. When a row may be undecidable, the whole root: a false positive of the filter
// may have hidden that.
std::vector<const Step*> rechecks_of(const Step& root, bool may_be_undecidable) {
  if (!root.screens()) return {};
  const auto* all = dynamic_cast<const AllStep*>(&root);
  if (all == nullptr || may_be_undecidable) return {&root};
  std::vector<const Step*> steps;
  for (const StepPtr& child : all->children()) {
    if (child->screens()) steps.push_back(child.get());
  }
  return steps;
}

Mask all_rows(Run& run) {
  Mask mask = run.masks.take();
  for (std::size_t w = 0; w < run.words; ++w) mask[w] = ~std::uint64_t{0};
  if (run.rows % 64 != 0) mask[run.words - 1] = (std::uint64_t{1} << run.rows % 64) - 1;
  return mask;
}

// Rows that exact validation must look at: candidates (an exact answer is never more true than a
// filter's, so that unknown rows cannot become matches), and where a row may be undecidable, all
// that a screen may have kept from being judged.
Mask to_validate(Run& run, const Verdict& screened, bool may_be_undecidable) {
  Mask rows = run.masks.copy(screened.yes.data());
  if (!may_be_undecidable) return rows;
  for (std::size_t w = 0; w < run.words; ++w) {
    if (screened.unknown) rows[w] |= screened.unknown[w];
    if (screened.undecidable) rows[w] |= screened.undecidable[w];
  }
  return rows;
}

void refuse_undecidable(const Run& run, const Verdict& verdict) {
  if (!verdict.undecidable) return;
  for (std::size_t w = 0; w < run.words; ++w) {
    if (verdict.undecidable[w] == 0) continue;
    const std::size_t row =
        w * 64 + static_cast<std::size_t>(std::countr_zero(verdict.undecidable[w]));
    throw DataError(
        "integer arithmetic of the predicate overflows 64 bits: row " + std::to_string(row) +
        " of a row group, so it can be called neither match nor miss. Write one number of the "
        "arithmetic with a decimal point to compute with doubles.");
  }
}

}  // namespace

ScanProgram::ScanProgram(const Predicate& predicate, const Schema& schema,
                         std::span<const KeySet* const> keys, ScanOptions options)
    : state_(std::make_unique<State>()) {
  state_->may_be_undecidable = scan::may_be_undecidable(predicate.root);
  const scan::Context context{schema, keys, std::move(options)};
  // Unknown rows matter only to rows that may turn out undecidable: `unknown AND undecidable` is
  // undecidable.
  state_->root = scan::compile(predicate.root, context,
                               {.negated = false, .ask_unknown = state_->may_be_undecidable});
  state_->rechecks = rechecks_of(*state_->root, state_->may_be_undecidable);
  for (const KeyListRef& list : predicate.key_lists) {
    const auto number = static_cast<std::size_t>(&list - predicate.key_lists.data());
    if (!keys[number]->checked_late()) continue;
    if (!keys_to_check_late(predicate))
      throw std::logic_error("a key list cannot be checked late in '" + predicate.normal_form +
                             "'");
    state_->checks_late = true;
  }
}

ScanProgram::~ScanProgram() = default;
ScanProgram::ScanProgram(ScanProgram&&) noexcept = default;

namespace {

// The first pass: with every un-negated IN FILE that has a filter, or is checked late, answered by
// that.
Verdict first_pass(const Step& root, Run& run) {
  const Mask everything = all_rows(run);
  return root.judge(run, everything.data());
}

}  // namespace

ScanCounts ScanProgram::screen(ColumnSource& source, Scratch& scratch,
                               std::vector<std::uint64_t>& candidates) const {
  const std::size_t rows = source.rows();
  if (!checks_late()) throw std::logic_error("ScanProgram::screen: no key list is checked late");
  scratch.state->masks.set_rows(rows);
  Run run{source, scratch.state->masks, scratch.state->vectors, rows, (rows + 63) / 64, true,
          false};
  const Verdict verdict = first_pass(*state_->root, run);
  candidates.assign(verdict.yes.data(), verdict.yes.data() + run.words);
  return {.rows = rows, .candidates = count_rows(verdict.yes)};
}

bool ScanProgram::checks_late() const {
  return state_->checks_late;
}

ScanCounts ScanProgram::scan(ColumnSource& source, Scratch& scratch,
                             std::vector<std::uint64_t>& matches) const {
  const std::size_t rows = source.rows();
  if (checks_late()) throw std::logic_error("ScanProgram::scan: a key list is checked late");
  scratch.state->masks.set_rows(rows);
  Run run{source, scratch.state->masks, scratch.state->vectors,
          rows,   (rows + 63) / 64,     !state_->rechecks.empty(),
          false};
  Verdict verdict = first_pass(*state_->root, run);
  ScanCounts counts;
  counts.rows = rows;
  counts.candidates = counts.matches = count_rows(verdict.yes);
  if (run.by_filter) {
    run.by_filter = false;
    Mask left = to_validate(run, verdict, state_->may_be_undecidable);
    for (const Step* step : state_->rechecks) {
      if (!scan::any(left.data(), left.size())) break;
      verdict = step->judge(run, left.data());
      left = std::move(verdict.yes);
    }
    verdict.yes = std::move(left);
    counts.matches = count_rows(verdict.yes);
  }
  scratch.state->filters_paused += run.filter_paused ? 1 : 0;
  refuse_undecidable(run, verdict);
  counts.false_positives = counts.candidates - counts.matches;
  matches.assign(verdict.yes.data(), verdict.yes.data() + run.words);
  return counts;
}

std::vector<std::string> ScanProgram::plan() const {
  std::vector<std::string> lines;
  state_->root->describe(lines, 0);
  return lines;
}

}  // namespace trawl::core
