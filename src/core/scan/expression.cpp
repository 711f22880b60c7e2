#include "core/scan/expression.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace trawl::core::scan {
namespace {

class ColumnExpression final : public Expression {
 public:
  explicit ColumnExpression(ColumnRef column) : column_(std::move(column)) {}
  double cost() const override { return lane_cost(column_.lane) + 0.5; }
  std::string text() const override { return column_.name; }

  void evaluate(Run& run, const Block& block, Vector& out) const override {
    const ColumnView& column = run.column(column_.column);
    with_lane(column.lane,
              [&]<class T>(T*) { read(column.lanes<T>() + block.begin, block.rows, out); });
    out.undecidable.fill(0);
    out.null.fill(0);
    if (column.valid == nullptr) return;
    for (std::size_t w = 0; w < block.words(); ++w)
      out.null[w] = ~column.valid[block.begin / 64 + w];
  }

 private:
  template <class T>
  static void read(const T* values, std::size_t rows, Vector& out) {
    out.real = std::is_floating_point_v<T>;
    if constexpr (std::is_same_v<T, std::int64_t>) {
      out.integers = values;
    } else if constexpr (std::is_same_v<T, double>) {
      out.reals = values;
    } else if constexpr (std::is_floating_point_v<T>) {
      std::copy_n(values, rows, out.real_buffer.begin());
      out.reals = out.real_buffer.data();
    } else {
      std::copy_n(values, rows, out.integer_buffer.begin());
      out.integers = out.integer_buffer.data();
    }
  }

  ColumnRef column_;
};

class LiteralExpression final : public Expression {
 public:
  explicit LiteralExpression(const Term& term)
      : value_(term.literal), real_(term.type == Type::float64) {
    if (const auto* integer = std::get_if<std::int64_t>(&value_)) integer_ = *integer;
    if (const auto* boolean = std::get_if<bool>(&value_)) integer_ = *boolean ? 1 : 0;
    real_value_ = static_cast<double>(integer_);
    if (const auto* real = std::get_if<double>(&value_)) {
      real_value_ = *real;
      real_ = true;
    } else if (!is_null(value_)) {
      real_ = false;
    }
  }
  double cost() const override { return 0.3; }
  std::string text() const override { return to_text(value_, real_ ? Type::float64 : Type::int64); }

  void evaluate(Run&, const Block& block, Vector& out) const override {
    out.real = real_;
    std::fill_n(out.integer_buffer.begin(), block.rows, integer_);
    std::fill_n(out.real_buffer.begin(), block.rows, real_value_);
    out.integers = out.integer_buffer.data();
    out.reals = out.real_buffer.data();
    out.null.fill(is_null(value_) ? ~std::uint64_t{0} : 0);
    out.undecidable.fill(0);
  }

 private:
  Value value_;
  bool real_;
  std::int64_t integer_ = 0;
  double real_value_ = 0.0;
};

void make_real(Vector& vector, std::size_t rows) {
  if (vector.real) return;
  for (std::size_t i = 0; i < rows; ++i)
    vector.real_buffer[i] = static_cast<double>(vector.integers[i]);
  vector.reals = vector.real_buffer.data();
  vector.real = true;
}

// Result and overflow of one operation. A divisor of 0 gives nothing here: the row becomes NULL.
bool overflows(Term::Kind kind, std::int64_t a, std::int64_t b, std::int64_t& result) {
  switch (kind) {
    case Term::Kind::negate:
      return __builtin_sub_overflow(std::int64_t{0}, a, &result);
    case Term::Kind::add:
      return __builtin_add_overflow(a, b, &result);
    case Term::Kind::subtract:
      return __builtin_sub_overflow(a, b, &result);
    case Term::Kind::multiply:
      return __builtin_mul_overflow(a, b, &result);
    default:
      break;
  }
  if (b == -1) return __builtin_sub_overflow(std::int64_t{0}, a, &result);
  result = b == 0 ? 0 : a / b;
  return false;
}

double operate(Term::Kind kind, double a, double b) {
  switch (kind) {
    case Term::Kind::negate:
      return -a;
    case Term::Kind::add:
      return a + b;
    case Term::Kind::subtract:
      return a - b;
    case Term::Kind::multiply:
      return a * b;
    default:
      return a / b;
  }
}

// Calls f with the kind as a constant, so that loops over rows do not branch on it.
template <class F>
void with_kind(Term::Kind kind, const F& f) {
  using Kind = Term::Kind;
  switch (kind) {
    case Kind::negate:
      return f(std::integral_constant<Kind, Kind::negate>());
    case Kind::add:
      return f(std::integral_constant<Kind, Kind::add>());
    case Kind::subtract:
      return f(std::integral_constant<Kind, Kind::subtract>());
    case Kind::multiply:
      return f(std::integral_constant<Kind, Kind::multiply>());
    default:
      return f(std::integral_constant<Kind, Kind::divide>());
  }
}

class Arithmetic final : public Expression {
 public:
  Arithmetic(Term::Kind kind, bool real, ExpressionPtr left, ExpressionPtr right)
      : kind_(kind), real_(real), left_(std::move(left)), right_(std::move(right)) {}

  double cost() const override { return left_->cost() + (right_ ? right_->cost() : 0.0) + 1.0; }

  std::string text() const override {
    if (!right_) return fmt::format("-{}", left_->text());
    const char* sign = kind_ == Term::Kind::add        ? "+"
                       : kind_ == Term::Kind::subtract ? "-"
                       : kind_ == Term::Kind::multiply ? "*"
                                                       : "/";
    return fmt::format("({} {} {})", left_->text(), sign, right_->text());
  }

  void evaluate(Run& run, const Block& block, Vector& out) const override {
    left_->evaluate(run, block, out);
    if (!right_) return combine(block, out, out);
    Vectors::Loan right(run.vectors);
    right_->evaluate(run, block, *right);
    combine(block, out, *right);
  }

 private:
  // a becomes a op b.
  void combine(const Block& block, Vector& a, Vector& b) const {
    BlockMask lost{};  // overflowed, or divided by zero
    if (real_) {
      make_real(a, block.rows);
      make_real(b, block.rows);
      with_kind(kind_, [&](auto kind) { operate_all<kind()>(block, a, b, lost); });
    } else {
      with_kind(kind_, [&](auto kind) { operate_all_integers<kind()>(block, a, b, lost); });
    }
    const bool divides = kind_ == Term::Kind::divide;
    for (std::size_t w = 0; w < block.words(); ++w) {
      const std::uint64_t null = a.null[w] | b.null[w];
      const std::uint64_t zero = divides ? zero_divisors(block, b, w) : 0;
      a.undecidable[w] |= b.undecidable[w] | (lost[w] & ~null & ~zero);
      a.null[w] = (null | zero) & ~a.undecidable[w];
    }
    a.real = real_;
    a.integers = a.integer_buffer.data();
    a.reals = a.real_buffer.data();
  }

  template <Term::Kind kind>
  static void operate_all(const Block& block, Vector& a, const Vector& b, BlockMask&) {
    for (std::size_t i = 0; i < block.rows; ++i)
      a.real_buffer[i] = operate(kind, a.reals[i], b.reals[i]);
  }

  template <Term::Kind kind>
  static void operate_all_integers(const Block& block, Vector& a, const Vector& b,
                                   BlockMask& lost) {
    for (std::size_t i = 0; i < block.rows; ++i) {
      std::int64_t result;
      const std::uint64_t overflow = overflows(kind, a.integers[i], b.integers[i], result) ? 1 : 0;
      lost[i / 64] |= overflow << (i % 64);
      a.integer_buffer[i] = result;
    }
  }

  std::uint64_t zero_divisors(const Block& block, const Vector& b, std::size_t word) const {
    const std::size_t begin = word * 64;
    const std::size_t end = std::min(begin + 64, block.rows);
    std::uint64_t zero = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const bool is_zero = real_ ? b.reals[i] == 0.0 : b.integers[i] == 0;
      zero |= std::uint64_t{is_zero} << (i - begin);
    }
    return zero;
  }

  Term::Kind kind_;
  bool real_;
  ExpressionPtr left_, right_;
};

}  // namespace

Vectors::Loan::Loan(Vectors& owner) : owner_(owner) {
  if (owner.idle.empty()) {
    vector_ = std::make_unique<Vector>();
  } else {
    vector_ = std::move(owner.idle.back());
    owner.idle.pop_back();
  }
}

ExpressionPtr compile_expression(const Term& term, const Schema& schema) {
  if (term.kind == Term::Kind::literal) return std::make_unique<LiteralExpression>(term);
  if (term.kind == Term::Kind::column) {
    const ColumnSchema& column = schema[term.column];
    return std::make_unique<ColumnExpression>(ColumnRef{term.column, column.name, column.lane});
  }
  ExpressionPtr left = compile_expression(term.operands[0], schema);
  ExpressionPtr right =
      term.operands.size() > 1 ? compile_expression(term.operands[1], schema) : nullptr;
  return std::make_unique<Arithmetic>(term.kind, term.type == Type::float64, std::move(left),
                                      std::move(right));
}

bool may_be_undecidable(const Term& term) {
  return (!term.operands.empty() && term.type == Type::int64) ||
         std::any_of(term.operands.begin(), term.operands.end(),
                     [](const Term& t) { return may_be_undecidable(t); });
}

bool may_be_undecidable(const Condition& condition) {
  return (condition.kind == Condition::Kind::constant && condition.truth == Truth::undecidable) ||
         std::any_of(condition.terms.begin(), condition.terms.end(),
                     [](const Term& t) { return may_be_undecidable(t); }) ||
         std::any_of(condition.operands.begin(), condition.operands.end(),
                     [](const Condition& c) { return may_be_undecidable(c); });
}

}  // namespace trawl::core::scan
