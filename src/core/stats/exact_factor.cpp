#include "core/stats/exact_factor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/moments.hpp>

namespace trawl::core {
namespace {

using exact::BigInt;
using exact::Wide;

constexpr double max_inflation = 4096.0;

int top_bit(const Wide& number) {
  return static_cast<int>(msb(abs(number.value))) + number.exponent;
}

int trailing_zeros(const Wide& number) {
  return static_cast<int>(lsb(abs(number.value))) + number.exponent;
}

Wide shifted(const Wide& number, int exponent) {
  return {number.value, number.exponent + exponent};
}

BigInt freedom(const CentredMatrix& matrix) {
  return BigInt(matrix.count) * (matrix.count - 1);
}

// sum of v_ii * (V^-1)_ii for V = L D L'
double total_inflation(const Factor& factor, const std::vector<double>& diagonal) {
  const std::size_t size = diagonal.size();
  double total = 0;
  std::vector<double> column(size);  // of the inverse of L
  for (std::size_t i = 0; i < size; ++i) {
    std::fill(column.begin(), column.end(), 0.0);
    column[i] = 1;
    double inverse = 0;
    for (std::size_t k = i; k < size; ++k) {
      inverse += column[k] * column[k] / factor.pivots[k];
      for (std::size_t j = k + 1; j < size; ++j) {
        column[j] -= factor.lower[k * size + j] * column[k];
      }
    }
    total += inverse * diagonal[i];
  }
  return total;
}

// Integers with the matrix's rank: entry (i, j) times 2^-(units[i] + units[j]).
struct IntegerMatrix {
  std::vector<int> units;
  std::vector<BigInt> entries;
};

IntegerMatrix to_integers(const CentredMatrix& matrix) {
  IntegerMatrix out{std::vector<int>(matrix.size()), {}};
  const auto entry = [&](std::size_t i, std::size_t j) -> const Wide& {
    return matrix.entries[pair_index(i, j)];
  };
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    if (entry(i, i).value != 0) out.units[i] = trailing_zeros(entry(i, i)) >> 1;
  }
  // Records that are multiples of 2^u make entries multiples of 2^(2 u), and a few more zeros may
  // come by chance; where a pair has fewer than its diagonals promise, all units go down.
  int missing = 0;
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (entry(i, j).value == 0) continue;
      missing = std::max(missing, out.units[i] + out.units[j] - trailing_zeros(entry(i, j)));
    }
  }
  for (int& unit : out.units) unit -= (missing + 1) / 2;
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const int left = entry(i, j).exponent - out.units[i] - out.units[j];
      const BigInt& value = entry(i, j).value;
      out.entries.push_back(left >= 0 ? BigInt(value << left)
                                      : BigInt(value / (BigInt(1) << -left)));
    }
  }
  return out;
}

// Bareiss' elimination of a symmetric matrix in the order of its columns. Afterwards entry (i, k)
// over entry (k, k) is L_ik, and entry (k, k) over that of the independent column before is D_k.
class Elimination {
 public:
  explicit Elimination(IntegerMatrix matrix) : matrix_(std::move(matrix)) {
    BigInt before = 1;
    for (std::size_t k = 0; k < size(); ++k) {
      if (at(k, k) < 0) refuse();
      if (at(k, k) == 0) {
        require_zeros_below(k);
        continue;
      }
      eliminate(k, before);
      before = at(k, k);
      independent_.push_back(k);
    }
  }
  std::size_t size() const { return matrix_.units.size(); }
  const std::vector<std::size_t>& independent() const { return independent_; }
  const BigInt& at(std::size_t i, std::size_t k) const { return matrix_.entries[pair_index(i, k)]; }
  int unit(std::size_t i) const { return matrix_.units[i]; }

  // Row j depends on the independent rows before it: their integer coefficients, by position in
  // independent(), over the last pivot (Cramer).
  std::vector<BigInt> coefficients(std::size_t j, std::size_t rows) const {
    std::vector<BigInt> out(rows);
    for (std::size_t k = rows; k-- > 0;) {
      const std::size_t column = independent_[k];
      BigInt sum = at(independent_[rows - 1], independent_[rows - 1]) * at(j, column);
      for (std::size_t i = k + 1; i < rows; ++i) sum -= at(independent_[i], column) * out[i];
      out[k] = sum / at(column, column);
    }
    return out;
  }

 private:
  BigInt& at(std::size_t i, std::size_t k) { return matrix_.entries[pair_index(i, k)]; }
  [[noreturn]] static void refuse() {
    throw InputError(
        "moments that no records can have: a variance is negative (records were subtracted that "
        "had not been added).");
  }
  void require_zeros_below(std::size_t k) {
    for (std::size_t i = k + 1; i < size(); ++i) {
      if (at(i, k) != 0) refuse();
    }
  }
  void eliminate(std::size_t k, const BigInt& before) {
    const BigInt pivot = at(k, k);
    for (std::size_t i = k + 1; i < size(); ++i) {
      for (std::size_t j = k + 1; j <= i; ++j) {
        BigInt& entry = at(i, j);
        entry = (pivot * entry - at(i, k) * at(j, k)) / before;  // without remainder
      }
    }
  }

  IntegerMatrix matrix_;
  std::vector<std::size_t> independent_;
};

Factor rounded_factor(const CentredMatrix& matrix, const Elimination& done) {
  Factor out;
  out.independent = done.independent();
  const std::size_t size = out.independent.size();
  for (const std::size_t i : out.independent) out.scales.push_back(scale_exponent(matrix, i));
  out.lower.resize(size * size);
  out.lower_rests.resize(size * size);
  BigInt before = 1;
  for (std::size_t k = 0; k < size; ++k) {
    const std::size_t column = out.independent[k];
    const int shift = done.unit(column) - out.scales[k];
    const Wide pivot{done.at(column, column), 0};
    // Never 0: what is that small is known to be positive.
    out.pivots.push_back(std::max(
        exact::round_ratio(shifted(pivot, 2 * shift), {BigInt(before * freedom(matrix)), 0}),
        std::numeric_limits<double>::min()));
    before = pivot.value;
    for (std::size_t i = k + 1; i < size; ++i) {
      const std::size_t row = out.independent[i];
      const Wide entry{done.at(row, column), done.unit(row) - out.scales[i]};
      const Wide below = shifted(pivot, shift);
      const double rounded = exact::round_ratio(entry, below);
      out.lower[k * size + i] = rounded;
      out.lower_rests[k * size + i] = round_rest(entry, below, rounded);
    }
  }
  return out;
}

Relation relation_of(const CentredMatrix& matrix, const Elimination& done, std::size_t j) {
  const auto& all = done.independent();
  const auto rows =
      static_cast<std::size_t>(std::lower_bound(all.begin(), all.end(), j) - all.begin());
  std::vector<BigInt> weights = done.coefficients(j, rows);
  BigInt own = rows == 0 ? BigInt(1) : done.at(all[rows - 1], all[rows - 1]);
  BigInt divisor = own;
  for (const BigInt& weight : weights) divisor = gcd(divisor, weight);
  Relation out;
  const auto add = [&](std::size_t feature, const BigInt& weight) {
    if (weight == 0) return;
    out.features.push_back(feature);
    out.weights.push_back({BigInt(weight / divisor), -done.unit(feature)});
    const Wide term = exact::multiply(out.weights.back(), matrix.sums[feature]);
    out.total = exact::subtract(term, {-out.total.value, out.total.exponent});
  };
  for (std::size_t k = 0; k < rows; ++k) add(all[k], -weights[k]);
  add(j, own);
  return out;
}

}  // namespace

Wide double_to_wide(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  return {BigInt(static_cast<std::int64_t>(std::ldexp(fraction, 53))), exponent - 53};
}

double round_rest(const Wide& a, const Wide& b, double rounded) {
  if (rounded == 0 || !std::isfinite(rounded)) return 0;
  return exact::round_ratio(exact::subtract(a, exact::multiply(b, double_to_wide(rounded))), b);
}

int scale_exponent(const CentredMatrix& matrix, std::size_t i) {
  const Wide& variance = matrix.entries[pair_index(i, i)];
  if (variance.value == 0) return 0;
  const int exponent = top_bit(variance) - static_cast<int>(msb(freedom(matrix)));
  return std::clamp(exponent >> 1, -1000, 1000);
}

std::optional<Factor> factor_in_doubles(const CentredMatrix& matrix,
                                        const std::vector<std::size_t>& features) {
  const std::size_t size = features.size();
  Factor out;
  out.independent = features;
  for (const std::size_t i : features) {
    if (matrix.entries[pair_index(i, i)].value <= 0) return std::nullopt;
    out.scales.push_back(scale_exponent(matrix, i));
  }
  const Wide divisor{freedom(matrix), 0};
  std::vector<double> left(size * size), diagonal;  // what is left, lower triangle by columns
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t k = 0; k <= i; ++k) {
      const Wide& entry = matrix.entries[pair_index(features[i], features[k])];
      left[k * size + i] =
          exact::round_ratio(shifted(entry, -out.scales[i] - out.scales[k]), divisor);
    }
    diagonal.push_back(left[i * size + i]);
  }
  out.lower.resize(size * size);
  for (std::size_t k = 0; k < size; ++k) {
    const double pivot = left[k * size + k];
    if (!(pivot > 0)) return std::nullopt;
    out.pivots.push_back(pivot);
    for (std::size_t i = k + 1; i < size; ++i) {
      out.lower[k * size + i] = left[k * size + i] / pivot;
    }
    for (std::size_t j = k + 1; j < size; ++j) {
      for (std::size_t i = j; i < size; ++i) {
        left[j * size + i] -= out.lower[k * size + i] * left[k * size + j];
      }
    }
  }
  if (!(total_inflation(out, diagonal) <= max_inflation)) return std::nullopt;
  return out;
}

ExactFactor factor_in_integers(const CentredMatrix& matrix) {
  const Elimination done(to_integers(matrix));
  ExactFactor out{rounded_factor(matrix, done), {}};
  const auto& independent = done.independent();
  for (std::size_t j = 0; j < matrix.size(); ++j) {
    if (std::binary_search(independent.begin(), independent.end(), j)) continue;
    out.relations.push_back(relation_of(matrix, done, j));
  }
  return out;
}

}  // namespace trawl::core
