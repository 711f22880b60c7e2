// Fixed-point numbers of any precision with bounds on their errors. Errors are counted generously,
// in units of the last place: a few bits more cost nothing here.
#include "core/exact/elementary_integers.hpp"

#include <cmath>
#include <optional>
#include <stdexcept>

#include "core/exact/double_parts.hpp"
#include "core/exact/wide.hpp"

namespace trawl::core::exact {
namespace {

// A number within error * 2^exponent of value * 2^exponent.
struct Ball {
  BigInt value, error;
  int exponent = 0;
};

int bit_length(const BigInt& positive) {
  return static_cast<int>(msb(positive)) + 1;
}

BigInt shifted(const BigInt& value, int bits) {
  if (bits >= 0) return BigInt(value << bits);
  return value < 0 ? BigInt(-(BigInt(-value) >> -bits)) : BigInt(value >> -bits);
}

Wide to_wide(double x) {
  const DoubleParts parts(x);
  const BigInt value = parts.mantissa;
  return {parts.negative ? BigInt(-value) : value, static_cast<int>(parts.position) - 1074};
}

Wide negated(Wide x) {
  x.value = -x.value;
  return x;
}

Wide one_plus(const Wide& x) {
  return subtract(x, {BigInt(-1), 0});
}

// The double nearest to everything in the ball, if it is one double.
std::optional<double> rounded(const Ball& ball) {
  const Wide one{BigInt(1), 0};
  const BigInt low = ball.value - ball.error, high = ball.value + ball.error;
  if ((low <= 0) != (high <= 0) || low == 0 || high == 0) return std::nullopt;
  const double a = round_ratio({low, ball.exponent}, one);
  if (a != round_ratio({high, ball.exponent}, one)) return std::nullopt;
  return a;
}

// atanh(1 / q), `bits` after the point; each term loses two units at most.
BigInt inverse_atanh(int q, int bits) {
  BigInt term = (BigInt(1) << bits) / q, sum = 0;
  for (int n = 1; term != 0; n += 2, term /= q * q) sum += term / n;
  return sum;
}

// log 2 = 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749) (Gourdon and Sebah): two units.
BigInt log2_fixed(int bits) {
  const int more = bits + 32;
  const BigInt sum =
      18 * inverse_atanh(26, more) - 2 * inverse_atanh(4801, more) + 8 * inverse_atanh(8749, more);
  return sum >> 32;
}

// exp x for |x| < 2^10, relative error below 2^-precision.
Ball exp_ball(const Wide& x, int precision) {
  constexpr int halvings = 16;
  const int bits = precision + 64;
  const BigInt log2 = log2_fixed(bits), fixed = shifted(x.value, x.exponent + bits);
  BigInt k = fixed / log2;
  if (fixed < k * log2) --k;  // now 0 <= rest < log 2, within 2^12 units
  const BigInt rest = (fixed - k * log2) >> halvings;
  BigInt term = BigInt(1) << bits, sum = term;
  for (int n = 1; term != 0; ++n) {
    term = (term * rest >> bits) / n;
    sum += term;
  }
  for (int i = 0; i < halvings; ++i) sum = sum * sum >> bits;  // doubles relative errors each time
  return {sum, BigInt(1) << 36, static_cast<int>(k) - bits};
}

// log x for x > 0, absolute error below 2^-precision.
Ball log_ball(const Wide& x, int precision) {
  const int bits = precision + 32;
  int top = bit_length(x.value);
  if (x.value * x.value < BigInt(1) << (2 * top - 1)) --top;  // x / 2^top in [0.70, 1.42)
  const BigInt one = BigInt(1) << top;
  // 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.18; each term loses three units at most.
  const BigInt s = shifted(x.value - one, bits) / (x.value + one), square = s * s >> bits;
  BigInt power = s, sum = 0;
  for (int n = 1; power != 0; n += 2) {
    sum += power / n;
    power = shifted(BigInt(power * square), -bits);
  }
  const BigInt whole = (x.exponent + top) * log2_fixed(bits);
  return {whole + 2 * sum, BigInt(1) << 20, -bits};
}

// e as a fixed-point number, one unit and what is left of its own error.
BigInt fixed_of(const Ball& e, int bits) {
  return shifted(e.value, e.exponent + bits);
}

// log(1 + e) for a ball inside (0, 1.1) with relative error below 2^-(precision + 16): relative
// error below 2^-precision. 2 atanh(s) = 2 s (1 + s^2/3 + ...), s = e / (2 + e).
Ball log1p_ball(const Ball& e, int precision) {
  const int bits = precision + 64;
  const BigInt fixed = fixed_of(e, bits), sum_with_2 = (BigInt(2) << bits) + fixed;
  const BigInt s = (fixed << bits) / sum_with_2, square = s * s >> bits;
  BigInt power = BigInt(1) << bits, series = 0;
  for (int n = 1; power != 0; n += 2) {
    series += power / n;
    power = power * square >> bits;
  }
  const BigInt value = 2 * e.value * series / sum_with_2;
  return {value, (value >> (precision + 2)) + 1, e.exponent};
}

Ball plus(const Wide& a, const Ball& b) {
  const Wide sum = subtract(a, {BigInt(-b.value), b.exponent});
  return {sum.value, b.error << (b.exponent - sum.exponent), sum.exponent};
}

// More and more bits until the rounding is decided.
template <class Make>
double decided(const Make& make) {
  for (int precision = 128; precision <= 1 << 16; precision *= 2) {
    if (const auto result = rounded(make(precision))) return *result;
  }
  throw std::logic_error("an elementary function cannot be rounded: its result is rational");
}

}  // namespace

double integer_exp(double x) {
  return decided([x](int precision) { return exp_ball(to_wide(x), precision); });
}

double integer_log(double x) {
  return decided([x](int precision) { return log_ball(to_wide(x), precision + 64); });
}

double integer_log1p(double x) {
  return decided([x](int precision) { return log_ball(one_plus(to_wide(x)), precision + 64); });
}

double integer_sigmoid(double x) {
  return decided([x](int precision) -> Ball {
    const int bits = precision + 64;
    const Ball e = exp_ball(to_wide(-std::abs(x)), precision + 32);
    const BigInt one = BigInt(1) << bits, sum = one + fixed_of(e, bits);
    Ball out;
    out.value = (x < 0 ? BigInt(e.value << bits) : BigInt(one << bits)) / sum;
    out.error = (out.value >> precision) + 1;
    out.exponent = x < 0 ? e.exponent : -bits;
    return out;
  });
}

double integer_log_sigmoid(double x) {
  return decided([x](int precision) {
    Ball l = log1p_ball(exp_ball(to_wide(-std::abs(x)), precision + 32), precision);
    l.value = -l.value;
    return x < 0 ? plus(to_wide(x), l) : l;
  });
}

double integer_logit(double p) {
  return decided([p](int precision) {
    const Wide wide = to_wide(p);
    const Ball a = log_ball(wide, precision + 128);
    const Ball b = log_ball(one_plus(negated(wide)), precision + 128);
    return Ball{a.value - b.value, a.error + b.error, a.exponent};
  });
}

}  // namespace trawl::core::exact
