#include "core/scan/block_steps.hpp"

#include <algorithm>
#include <cmath>

#include "core/kernels/kernels.hpp"
#include "core/scan/text_test.hpp"

namespace trawl::core::scan {
namespace {

template <class T>
void compare_alike(Compare op, const T* a, const T* b, const Block& block, BlockMask& yes) {
  BlockMask equal;
  switch (op) {
    case Compare::lt:
      return kernels::less(a, b, block.rows, yes.data());
    case Compare::gt:
      return kernels::less(b, a, block.rows, yes.data());
    case Compare::le:
      kernels::less(a, b, block.rows, yes.data());
      break;
    case Compare::ge:
      kernels::less(b, a, block.rows, yes.data());
      break;
    case Compare::eq:
      return kernels::equal(a, b, block.rows, yes.data());
    case Compare::ne:
      kernels::equal(a, b, block.rows, yes.data());
      for (std::size_t w = 0; w < block.words(); ++w) yes[w] = ~yes[w];
      return;
  }
  kernels::equal(a, b, block.rows, equal.data());
  for (std::size_t w = 0; w < block.words(); ++w) yes[w] |= equal[w];
}

void compare_mixed(Compare op, const std::int64_t* a, const double* b, const Block& block,
                   BlockMask& yes) {
  for (std::size_t w = 0; w < block.words(); ++w) yes[w] = 0;
  for (std::size_t i = 0; i < block.rows; ++i) {
    const bool holds =
        std::isnan(b[i]) ? op == Compare::ne : compare_holds(op, compare_exactly(a[i], b[i]));
    yes[i / 64] |= std::uint64_t{holds} << (i % 64);
  }
}

template <class Passes>
void test_rows(const Block& block, BlockMask& yes, const Passes& passes) {
  for (std::size_t w = 0; w < block.words(); ++w) yes[w] = 0;
  for (std::size_t i = 0; i < block.rows; ++i) yes[i / 64] |= std::uint64_t{passes(i)} << (i % 64);
}

}  // namespace

Verdict BlockStep::judge(Run& run, const std::uint64_t* select) const {
  Verdict total;
  total.yes = run.masks.take_zero();
  if (ask_unknown_) total.unknown = run.masks.take_zero();
  if (may_be_undecidable_) total.undecidable = run.masks.take_zero();
  BlockVerdict part;
  for (std::size_t begin = 0; begin < run.rows; begin += block_rows) {
    const Block block{begin, std::min(block_rows, run.rows - begin)};
    const std::uint64_t* wanted = select + begin / 64;
    if (!any(wanted, block.words())) continue;
    judge_block(run, block, part);
    for (std::size_t w = 0; w < block.words(); ++w) {
      total.yes[begin / 64 + w] = wanted[w] & part.yes[w];
      if (ask_unknown_) total.unknown[begin / 64 + w] = wanted[w] & part.unknown[w];
      if (may_be_undecidable_) total.undecidable[begin / 64 + w] = wanted[w] & part.undecidable[w];
    }
  }
  return total;
}

void CompareStep::judge_block(Run& run, const Block& block, BlockVerdict& verdict) const {
  Vectors::Loan left(run.vectors), right(run.vectors);
  Vector& a = *left;
  Vector& b = *right;
  left_->evaluate(run, block, a);
  right_->evaluate(run, block, b);
  if (a.real && b.real) {
    compare_alike(op_, a.reals, b.reals, block, verdict.yes);
  } else if (a.real) {
    compare_mixed(mirrored(op_), b.integers, a.reals, block, verdict.yes);
  } else if (b.real) {
    compare_mixed(op_, a.integers, b.reals, block, verdict.yes);
  } else {
    compare_alike(op_, a.integers, b.integers, block, verdict.yes);
  }
  for (std::size_t w = 0; w < block.words(); ++w) {
    verdict.undecidable[w] = a.undecidable[w] | b.undecidable[w];
    verdict.unknown[w] = (a.null[w] | b.null[w]) & ~verdict.undecidable[w];
    verdict.yes[w] &= ~(verdict.undecidable[w] | verdict.unknown[w]);
  }
}

Estimate CompareStep::estimate() const {
  const double pass = op_ == Compare::eq ? 0.05 : op_ == Compare::ne ? 0.95 : 0.4;
  return {left_->cost() + right_->cost() + 0.5, pass};
}

void CompareStep::describe(std::vector<std::string>& lines, int depth) const {
  constexpr const char* signs[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};
  lines.push_back(indented(depth, left_->text() + signs[static_cast<std::size_t>(op_)] +
                                      right_->text() + ": in blocks of " +
                                      std::to_string(block_rows) + " rows"));
}

void TermListStep::judge_block(Run& run, const Block& block, BlockVerdict& verdict) const {
  Vectors::Loan loan(run.vectors);
  Vector& a = *loan;
  term_->evaluate(run, block, a);
  if (a.real) {
    test_rows(block, verdict.yes, [&](std::size_t i) { return reals_.contains(a.reals[i]); });
  } else {
    test_rows(block, verdict.yes, [&](std::size_t i) { return integers_.contains(a.integers[i]); });
  }
  for (std::size_t w = 0; w < block.words(); ++w) {
    verdict.undecidable[w] = a.undecidable[w];
    verdict.yes[w] &= ~(a.undecidable[w] | a.null[w]);
    verdict.unknown[w] = has_null_ ? ~(verdict.yes[w] | a.undecidable[w]) : a.null[w];
  }
}

Estimate TermListStep::estimate() const {
  return {term_->cost() + 5.0, 0.05};
}

void TermListStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(indented(
      depth, term_->text() + " in " + std::to_string(std::max(integers_.size(), reals_.size())) +
                 " values" + (has_null_ ? " and NULL" : "") + ": sorted search, row by row"));
}

void TermKeyStep::judge_block(Run& run, const Block& block, BlockVerdict& verdict) const {
  Vectors::Loan loan(run.vectors);
  Vector& a = *loan;
  term_->evaluate(run, block, a);
  const KeySet& keys = *answer_.keys;
  const bool filter_decides = run.by_filter && answer_.screens;
  test_rows(block, verdict.yes, [&](std::size_t i) {
    if (answer_.use_filter && !keys.filter().may_contain(hash_key(a.integers[i]))) return false;
    return filter_decides || keys.contains(a.integers[i]);
  });
  for (std::size_t w = 0; w < block.words(); ++w) {
    verdict.undecidable[w] = a.undecidable[w];
    verdict.unknown[w] = a.null[w];
    verdict.yes[w] &= ~(a.undecidable[w] | a.null[w]);
  }
}

Estimate TermKeyStep::estimate() const {
  return {term_->cost() + 60.0, 0.05};
}

void TermKeyStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(indented(depth, term_->text() + " in key list " +
                                      std::to_string(answer_.number + 1) + ": row by row"));
}

void TermNullStep::judge_block(Run& run, const Block& block, BlockVerdict& verdict) const {
  Vectors::Loan loan(run.vectors);
  Vector& a = *loan;
  term_->evaluate(run, block, a);
  verdict.yes = a.null;
  verdict.unknown.fill(0);
  verdict.undecidable = a.undecidable;
}

Estimate TermNullStep::estimate() const {
  return {term_->cost(), 0.05};
}

void TermNullStep::describe(std::vector<std::string>& lines, int depth) const {
  lines.push_back(indented(
      depth, term_->text() + " is NULL: in blocks of " + std::to_string(block_rows) + " rows"));
}

}  // namespace trawl::core::scan
