// Arithmetic and columns of numbers, one block of rows at a time, so that intermediate values stay
// in the first-level cache.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include <trawl/core/predicate/predicate.hpp>

#include "core/scan/number_steps.hpp"

namespace trawl::core::scan {

inline constexpr std::size_t block_rows = 1024;
inline constexpr std::size_t block_words = block_rows / 64;

using BlockMask = std::array<std::uint64_t, block_words>;

// Rows [begin, begin + rows) of a row group; begin is a multiple of block_rows.
struct Block {
  std::size_t begin = 0;
  std::size_t rows = 0;
  std::size_t words() const { return (rows + 63) / 64; }
};

// The values of a term over a block: integers (also times, booleans) or reals. Values of rows that
// are null or undecidable mean nothing; no row is both.
struct Vector {
  bool real = false;
  const std::int64_t* integers = nullptr;  // into integer_buffer, or straight into a column
  const double* reals = nullptr;
  BlockMask null;
  BlockMask undecidable;
  std::array<std::int64_t, block_rows> integer_buffer;
  std::array<double, block_rows> real_buffer;
};

// Vectors that one thread reuses.
struct Vectors {
  std::vector<std::unique_ptr<Vector>> idle;

  class Loan {
   public:
    explicit Loan(Vectors& owner);
    ~Loan() { owner_.idle.push_back(std::move(vector_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Vector& operator*() { return *vector_; }
    Vector* operator->() { return vector_.get(); }

   private:
    Vectors& owner_;
    std::unique_ptr<Vector> vector_;
  };
};

class Expression {
 public:
  Expression() = default;
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
  virtual ~Expression() = default;
  virtual void evaluate(Run& run, const Block& block, Vector& out) const = 0;
  virtual double cost() const = 0;  // nanoseconds per row, a guess
  virtual std::string text() const = 0;
};

using ExpressionPtr = std::unique_ptr<const Expression>;

// Of a term that is not text.
ExpressionPtr compile_expression(const Term& term, const Schema& schema);

// Whether evaluating the term may overflow, or the truth of a condition be undecidable.
bool may_be_undecidable(const Term& term);
bool may_be_undecidable(const Condition& condition);

}  // namespace trawl::core::scan
