// Conditions on terms that need computing: columns with columns, arithmetic, integers with reals.
#pragma once

#include "core/scan/expression.hpp"
#include "core/scan/key_steps.hpp"

namespace trawl::core::scan {

// Judges block by block; blocks without a selected row are skipped.
class BlockStep : public Step {
 public:
  BlockStep(bool ask_unknown, bool may_be_undecidable)
      : ask_unknown_(ask_unknown), may_be_undecidable_(may_be_undecidable) {}
  Verdict judge(Run& run, const std::uint64_t* select) const final;

 protected:
  struct BlockVerdict {
    BlockMask yes, unknown, undecidable;
  };
  // Judges all rows of the block; bits of rows that are not selected are ignored.
  virtual void judge_block(Run& run, const Block& block, BlockVerdict& verdict) const = 0;

 private:
  bool ask_unknown_;
  bool may_be_undecidable_;
};

class CompareStep final : public BlockStep {
 public:
  CompareStep(ExpressionPtr left, Compare op, ExpressionPtr right, bool ask_unknown,
              bool may_be_undecidable)
      : BlockStep(ask_unknown, may_be_undecidable),
        left_(std::move(left)),
        right_(std::move(right)),
        op_(op) {}
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;

 private:
  void judge_block(Run& run, const Block& block, BlockVerdict& verdict) const override;
  ExpressionPtr left_, right_;
  Compare op_;
};

// Term IN (values).
class TermListStep final : public BlockStep {
 public:
  TermListStep(ExpressionPtr term, const std::vector<Value>& values, bool has_null,
               bool ask_unknown, bool may_be_undecidable)
      : BlockStep(ask_unknown, may_be_undecidable),
        term_(std::move(term)),
        integers_(integer_list(values)),
        reals_(real_list(values)),
        has_null_(has_null) {}
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;

 private:
  void judge_block(Run& run, const Block& block, BlockVerdict& verdict) const override;
  ExpressionPtr term_;
  NumberList integers_, reals_;
  bool has_null_;
};

// Integer term IN FILE.
class TermKeyStep final : public BlockStep {
 public:
  TermKeyStep(ExpressionPtr term, KeyAnswer answer, bool ask_unknown, bool may_be_undecidable)
      : BlockStep(ask_unknown, may_be_undecidable), term_(std::move(term)), answer_(answer) {}
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;
  bool screens() const override { return answer_.screens; }

 private:
  void judge_block(Run& run, const Block& block, BlockVerdict& verdict) const override;
  ExpressionPtr term_;
  KeyAnswer answer_;
};

// Term IS NULL; an overflow is neither.
class TermNullStep final : public BlockStep {
 public:
  TermNullStep(ExpressionPtr term, bool may_be_undecidable)
      : BlockStep(false, may_be_undecidable), term_(std::move(term)) {}
  Estimate estimate() const override;
  void describe(std::vector<std::string>& lines, int depth) const override;

 private:
  void judge_block(Run& run, const Block& block, BlockVerdict& verdict) const override;
  ExpressionPtr term_;
};

}  // namespace trawl::core::scan
