// exp, log and their kin against MPFR, to the last bit.
#include <bit>
#include <cfenv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <mpfr.h>

#include <trawl/core/exact/elementary.hpp>

#include "core/exact/elementary_fast.hpp"
#include "core/exact/elementary_integers.hpp"
#include "core/exact_support.hpp"

namespace trawl::core {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// What MPFR says, from 600 bits: results are transcendental, so rounding twice is rounding once
// but for chances of 2^-400.
class Oracle {
 public:
  Oracle() { mpfr_inits2(600, x_, y_, z_, nullptr); }
  ~Oracle() { mpfr_clears(x_, y_, z_, nullptr); }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  double exp(double x) { return of(x, mpfr_exp); }
  double log(double x) { return of(x, mpfr_log); }
  double log1p(double x) { return of(x, mpfr_log1p); }
  double sigmoid(double x) {
    negated_exp(x);
    mpfr_add_ui(y_, y_, 1, MPFR_RNDN);
    mpfr_ui_div(y_, 1, y_, MPFR_RNDN);
    return rounded();
  }
  double log_sigmoid(double x) {
    negated_exp(std::abs(x));
    mpfr_log1p(y_, y_, MPFR_RNDN);
    mpfr_neg(y_, y_, MPFR_RNDN);
    if (x < 0) mpfr_add_d(y_, y_, x, MPFR_RNDN);
    return rounded();
  }
  // In 1300 bits, for 1 - p is to be exact.
  double logit(double p) {
    mpfr_t a, b;
    mpfr_inits2(1300, a, b, nullptr);
    mpfr_set_d(a, p, MPFR_RNDN);
    mpfr_ui_sub(b, 1, a, MPFR_RNDN);
    mpfr_log(a, a, MPFR_RNDN);
    mpfr_log(b, b, MPFR_RNDN);
    mpfr_sub(a, a, b, MPFR_RNDN);
    const double result = mpfr_get_d(a, MPFR_RNDN);
    mpfr_clears(a, b, nullptr);
    return result;
  }

 private:
  using Function = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);
  double of(double x, Function function) {
    mpfr_set_d(x_, x, MPFR_RNDN);
    function(y_, x_, MPFR_RNDN);
    return rounded();
  }
  void negated_exp(double x) {
    mpfr_set_d(x_, -x, MPFR_RNDN);
    mpfr_exp(y_, x_, MPFR_RNDN);
  }
  double rounded() { return mpfr_get_d(y_, MPFR_RNDN); }

  mpfr_t x_, y_, z_;
};

struct Function {
  const char* name;
  double (*ours)(double);
  double (*integers)(double);
  double (Oracle::*theirs)(double);
  bool (*in_range)(double);  // of the integer function
};

const Function functions[] = {
    {"exp", rounded::exp, exact::integer_exp, &Oracle::exp,
     [](double x) { return x != 0 && std::abs(x) < 800; }},
    {"log", rounded::log, exact::integer_log, &Oracle::log,
     [](double x) { return x > 0 && x != 1; }},
    {"log1p", rounded::log1p, exact::integer_log1p, &Oracle::log1p,
     [](double x) { return x > -1 && std::abs(x) >= 0x1p-54; }},
    {"sigmoid", rounded::sigmoid, exact::integer_sigmoid, &Oracle::sigmoid,
     [](double x) { return std::abs(x) < 800 && std::abs(x) >= 0x1p-54; }},
    {"log_sigmoid", rounded::log_sigmoid, exact::integer_log_sigmoid, &Oracle::log_sigmoid,
     [](double x) { return x > -700 && x < 800; }},
    {"logit", rounded::logit, exact::integer_logit, &Oracle::logit,
     [](double p) { return p > 0 && p < 1 && p != 0.5; }},
};

// Arguments where something happens, and all else.
double argument(Rng& rng, const Function& function) {
  const double unit = std::ldexp(static_cast<double>(rng() >> 11), -53);
  const double sign = rng() % 2 == 0 ? 1 : -1;
  const bool of_probability = function.theirs == &Oracle::logit;
  switch (rng() % 8) {
    case 0:
      return std::abs(random_number(rng, 3)) * sign;
    case 1:  // near 1, -1 or 1/2
      return (rng() % 2 == 0 ? 1 : 0.5) * sign *
             (1 + std::ldexp(unit - 0.5, -static_cast<int>(rng() % 53)));
    case 2:
      return sign * std::ldexp(1 + unit, -static_cast<int>(rng() % 60));
    case 3:
      return of_probability ? unit : sign * (700 + 50 * unit);  // results subnormal and beyond
    case 4:
      return of_probability ? unit : sign * 50 * unit;
    case 5:
      return std::ldexp(sign, -static_cast<int>(rng() % 56)) + (rng() % 2 == 0 ? 0x1p-52 : 0);
    default:
      return of_probability ? unit / 2 : sign * 10 * unit;
  }
}

// TRAWL_TEST_POINTS=10000000 for as many of each.
int points() {
  const char* text = std::getenv("TRAWL_TEST_POINTS");
  return text != nullptr ? std::atoi(text) : 60'000;
}

class Elementary : public testing::TestWithParam<Function> {};

TEST_P(Elementary, IsWhatMpfrSays) {
  const Function& function = GetParam();
  Oracle oracle;
  Rng rng(11);
  for (int i = 0; i < points(); ++i) {
    const double x = argument(rng, function);
    ASSERT_PRED2(same, function.ours(x), (oracle.*function.theirs)(x)) << std::hexfloat << x;
  }
}

TEST_P(Elementary, IntegersAreWhatMpfrSays) {
  const Function& function = GetParam();
  Oracle oracle;
  Rng rng(12);
  for (int i = 0; i < 3000; ++i) {
    const double x = argument(rng, function);
    if (!function.in_range(x)) continue;
    ASSERT_PRED2(same, function.integers(x), (oracle.*function.theirs)(x)) << std::hexfloat << x;
  }
}

// Upwards, a fast path would give other bits; these are those of rounding to nearest.
TEST_P(Elementary, DoesNotDependOnTheRoundingMode) {
  const Function& function = GetParam();
  Rng rng(13);
  for (int i = 0; i < 300; ++i) {
    const double x = argument(rng, function);
    const double nearest = function.ours(x);
    std::fesetround(FE_UPWARD);
    const double upward = function.ours(x);
    std::fesetround(FE_TONEAREST);
    ASSERT_PRED2(same, nearest, upward) << std::hexfloat << x;
  }
}

TEST_P(Elementary, IsMonotone) {
  const Function& function = GetParam();
  for (const double start :
       {-745.2, -40.0, -1.0, -0.5, 0.0, 0x1p-54, 0.25, 0.5, 0.75, 1.0, 40.0, 709.7, 745.1}) {
    double x = start;
    for (int i = 0; i < 200; ++i) {
      const double next = std::nextafter(x, infinity);
      const double a = function.ours(x), b = function.ours(next);
      ASSERT_TRUE(std::isnan(a) || std::isnan(b) || a <= b) << std::hexfloat << x;
      x = next;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Elementary, testing::ValuesIn(functions),
                         [](const auto& test) { return test.param.name; });

// What the rounding test relies on, with 2^7 to spare. A wrong bit would show in one of 2^20
// results only, so results do not test it.
TEST(Elementary, DoubleDoublesAreWithinTheirBound) {
  Rng rng(14);
  mpfr_t exact_value, ours, x;
  mpfr_inits2(300, exact_value, ours, x, nullptr);
  const auto error = [&](DoubleDouble value, int k) {
    mpfr_set_d(ours, value.hi, MPFR_RNDN);
    mpfr_add_d(ours, ours, value.lo, MPFR_RNDN);
    mpfr_mul_2si(ours, ours, k, MPFR_RNDN);
    mpfr_sub(ours, ours, exact_value, MPFR_RNDN);
    mpfr_div(ours, ours, exact_value, MPFR_RNDN);
    return std::abs(mpfr_get_d(ours, MPFR_RNDN));
  };
  for (int i = 0; i < 40'000; ++i) {
    const double a = argument(rng, functions[0]);
    if (a == 0 || a == 1) continue;
    mpfr_set_d(x, a, MPFR_RNDN);
    if (a >= -745.14 && a <= 709.79) {
      mpfr_exp(exact_value, x, MPFR_RNDN);
      const exact::Scaled e = exact::exp_scaled(a);
      ASSERT_LT(error(e.m, e.k), 0x1p-95) << std::hexfloat << a;
    }
    if (a > 0) {
      mpfr_log(exact_value, x, MPFR_RNDN);
      ASSERT_LT(error(log(DoubleDouble(a)), 0), 0x1p-95) << std::hexfloat << a;
    }
    if (a > -1 && std::abs(a) >= 0x1p-110) {
      mpfr_log1p(exact_value, x, MPFR_RNDN);
      ASSERT_LT(error(log1p(DoubleDouble(a)), 0), 0x1p-95) << std::hexfloat << a;
    }
  }
  mpfr_clears(exact_value, ours, x, nullptr);
}

// exp and log of the numbers listed are within 2^-101, relatively, of a double or of the middle
// between two: from tables of Lefevre and Muller, "Worst cases for correct rounding of the
// elementary functions in double precision" (ARITH 15, 2001), and the distances by mpmath with 400
// bits. The others are, because their series say so.
TEST(Elementary, HardCases) {
  Oracle oracle;
  const auto check = [&](const Function& function, double x) {
    ASSERT_PRED2(same, function.ours(x), (oracle.*function.theirs)(x))
        << function.name << ' ' << std::hexfloat << x;
  };
  for (const double x :
       {0x1.03fffffffef7fp-39, 0x1.836b2fff6d6cbp-33, 0x1.9e9cbbfd6080bp-31, 0x1.d77fd13d27fffp-11,
        0x1.6a4d1af9cc989p-8, 0x1.d6336a88077aap0, 0x1.42ee3c7dc4946p1, 0x1.83d4bcdebb3f4p2,
        -0x1.e8bdbfcd9144ep3, -0x1.71e0b869b5e79p2, 0x1.accfbe46b4ef0p-1, -0x1.ed318efb627eap-27,
        0x1.ba07d73250de7p-14, 0x1.d7a7d893609e5p-26, 0x1.aca7ae8da5a7bp0, 0x1.c7206c1b753e4p8}) {
    check(functions[0], x);
  }
  for (const double x : {0x1.3d9d7d597a9ddp4, 0x1.7f3825778aaafp4, 0x1.ac50b409c8aeep8,
                         0x1.0000000000001p0, 0x1.de7cd6751029ap16}) {
    check(functions[1], x);
  }
  for (int e = -54; e <= -20; ++e) {
    for (const double m : {1.0, 1.5, 1 + 0x1p-52, 2 - 0x1p-52, 1.25}) {
      for (const double sign : {1.0, -1.0}) {
        for (const Function& function : functions) {
          const double x = std::ldexp(sign * m, e);
          check(function, function.theirs == &Oracle::logit ? 0.5 + x : x);
        }
      }
    }
  }
}

TEST(Elementary, SpecialValues) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Function& function : functions) EXPECT_TRUE(std::isnan(function.ours(nan)));
  const auto is = [](double a, double b) { EXPECT_PRED2(same, a, b); };
  is(rounded::exp(0), 1);
  is(rounded::exp(infinity), infinity);
  is(rounded::exp(-infinity), 0);
  is(rounded::exp(1e300), infinity);
  is(rounded::exp(-1e300), 0);
  is(rounded::log(0.0), -infinity);
  is(rounded::log(-0.0), -infinity);
  is(rounded::log(-1), nan);
  is(rounded::log(1), 0);
  is(rounded::log(infinity), infinity);
  is(rounded::log1p(-1), -infinity);
  is(rounded::log1p(-2), nan);
  is(rounded::log1p(-0.0), -0.0);
  is(rounded::log1p(infinity), infinity);
  is(rounded::sigmoid(0), 0.5);
  is(rounded::sigmoid(infinity), 1);
  is(rounded::sigmoid(-infinity), 0);
  is(rounded::log_sigmoid(infinity), -0.0);
  is(rounded::log_sigmoid(-infinity), -infinity);
  is(rounded::logit(0), -infinity);
  is(rounded::logit(0.5), 0);
  is(rounded::logit(1), infinity);
  is(rounded::logit(-0x1p-1074), nan);
  is(rounded::logit(1 + 0x1p-52), nan);
}

// Every border between 0, subnormal, normal and infinite results, from both sides.
TEST(Elementary, Borders) {
  Oracle oracle;
  for (const Function& function : functions) {
    for (const double border :
         {-745.1332191019411, -744.4400719213812, -708.3964185322641, 709.782712893384, 36.7368,
          40.0, -40.0, -36.7368, 708.3964185322641, 745.1332191019411}) {
      double x = border;
      for (int i = 0; i < 40; ++i) x = std::nextafter(x, -infinity);
      for (int i = 0; i < 80; ++i, x = std::nextafter(x, infinity)) {
        ASSERT_PRED2(same, function.ours(x), (oracle.*function.theirs)(x))
            << function.name << ' ' << std::hexfloat << x;
      }
    }
  }
}

}  // namespace
}  // namespace trawl::core
