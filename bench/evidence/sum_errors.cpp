// sum_errors: how wrong are ways to add doubles, by what MPFR or the construction says is the sum.
//
//   sum_errors evidence INPUT...            the contributions of all rows, as one case
//   sum_errors conditioned TERMS EXPONENT   a sum of condition number about 10^EXPONENT
//
// Prints one line of JSON. Errors are in units in the last place of the correctly rounded sum: 0 is
// that sum, bit for bit. The condition number is the sum of absolute terms by that of the terms.
//
// The conditioned terms are made as Ogita, Rump and Oishi make dot products that cancel ("Accurate
// sum and dot product", SIAM J. Sci. Comput. 26, 2005, algorithm 6.1), but so that 10^8 of them
// need no memory and the sum is known for certain: 15 of 16 terms come in pairs x, -x, of
// magnitudes from all over the range, and the sum is that of the others, which are as small as the
// condition number is large. A permutation keeps what belongs together far apart.
#include <charconv>
#include <cmath>
#include <cstdio>
#include <exception>
#include <functional>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <mpfr.h>

#include <trawl/base/json.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/core/evidence/normalise.hpp>
#include <trawl/core/exact/exact_sum.hpp>
#include <trawl/store/dataset.hpp>

namespace trawl::bench {
namespace {

constexpr std::size_t block = 65536;
constexpr double max_log_odds = 50;

class Mpfr {
 public:
  Mpfr() {
    mpfr_init2(sum_, 2400);
    mpfr_set_zero(sum_, 1);
  }
  ~Mpfr() { mpfr_clear(sum_); }
  Mpfr(const Mpfr&) = delete;
  Mpfr& operator=(const Mpfr&) = delete;

  void add(double value) {
    if (mpfr_add_d(sum_, sum_, value, MPFR_RNDN) != 0)
      throw std::runtime_error("the reference has too few bits");
  }
  double value() const { return mpfr_get_d(sum_, MPFR_RNDN); }

 private:
  mpfr_t sum_;
};

class Naive {
 public:
  void add(std::span<const double> terms) {
    for (const double x : terms) sum_ += x;
  }
  double value() const { return sum_; }

 private:
  double sum_ = 0;
};

// Kahan, "Further remarks on reducing truncation errors", Comm. ACM 8, 1965.
class Kahan {
 public:
  void add(std::span<const double> terms) {
    for (const double x : terms) {
      const double y = x - lost_, next = sum_ + y;
      lost_ = (next - sum_) - y;
      sum_ = next;
    }
  }
  double value() const { return sum_; }

 private:
  double sum_ = 0, lost_ = 0;
};

// By halves, down to 128 terms, as NumPy adds; blocks as a binary counter, the same tree. All
// blocks but the last are of one size, a power of two.
class Pairwise {
 public:
  void add(std::span<const double> terms) {
    double sum = halves(terms);
    for (std::size_t level = 0;; ++level) {
      if (level == sums_.size()) sums_.emplace_back();
      if (!sums_[level]) {
        sums_[level] = sum;
        return;
      }
      sum = *sums_[level] + sum;
      sums_[level].reset();
    }
  }
  double value() const {
    double sum = 0;
    for (const auto& of_level : sums_) sum = of_level.value_or(0) + sum;
    return sum;
  }

 private:
  static double halves(std::span<const double> terms) {
    if (terms.size() <= 128) return std::accumulate(terms.begin(), terms.end(), 0.0);
    const std::size_t half = terms.size() / 2;
    return halves(terms.first(half)) + halves(terms.subspan(half));
  }
  std::vector<std::optional<double>> sums_;
};

class Timed {
 public:
  void time(const std::function<void()>& work) {
    const Stopwatch watch;
    work();
    seconds_ += watch.seconds();
  }
  double seconds() const { return seconds_; }

 private:
  double seconds_ = 0;
};

// All ways beside each other, block after block.
class Ways {
 public:
  void add(std::span<const double> terms) {
    naive_time_.time([&] { naive_.add(terms); });
    kahan_time_.time([&] { kahan_.add(terms); });
    pairwise_time_.time([&] { pairwise_.add(terms); });
    exact_time_.time([&] { exact_.add(terms); });
    for (const double x : terms) absolute_ += std::abs(x);
    terms_ += terms.size();
  }

  Json json(double sum) const {
    const double next = std::nextafter(std::abs(sum), INFINITY);
    const double ulp = next - std::abs(sum);
    const auto way = [&](double value, const Timed& time) -> Json {
      return {{"value", value},
              {"ulps", value == sum ? 0 : std::abs(value - sum) / ulp},
              {"ns_per_term", time.seconds() * 1e9 / static_cast<double>(terms_)}};
    };
    return {{"terms", terms_},
            {"sum", sum},
            {"condition", absolute_ / std::abs(sum)},
            {"naive", way(naive_.value(), naive_time_)},
            {"kahan", way(kahan_.value(), kahan_time_)},
            {"pairwise", way(pairwise_.value(), pairwise_time_)},
            {"exact", way(exact_.value(), exact_time_)}};
  }

 private:
  Naive naive_;
  Kahan kahan_;
  Pairwise pairwise_;
  core::ExactSum exact_;
  Timed naive_time_, kahan_time_, pairwise_time_, exact_time_;
  double absolute_ = 0;
  std::uint64_t terms_ = 0;
};

Json of_evidence(std::span<const std::string> inputs) {
  Ways ways;
  Mpfr reference;
  std::vector<double> waiting;
  const auto flush = [&](std::size_t size) {
    ways.add(std::span(waiting).first(size));
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(size));
  };
  for (const store::DatasetRef& ref : store::list_inputs(inputs)) {
    const auto dataset = store::open_dataset(ref);
    const Schema& schema = dataset->info().schema;
    const std::size_t log_odds = schema.find("log_odds").value(),
                      weight = schema.find("weight").value();
    ColumnBuffer x, w;
    for (std::uint64_t group = 0; group < dataset->info().row_groups(); ++group) {
      dataset->read(group, log_odds, x);
      dataset->read(group, weight, w);
      for (std::size_t row = 0; row < x.view.rows; ++row) {
        waiting.push_back(
            evidence::normalise(x.view.real(row), w.view.real(row), max_log_odds).value);
        reference.add(waiting.back());
      }
      while (waiting.size() >= block) flush(block);
    }
  }
  if (!waiting.empty()) flush(waiting.size());
  return ways.json(reference.value());
}

// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
std::uint64_t random_of(std::uint64_t i) {
  std::uint64_t x = (i + 1) * 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

class Conditioned {
 public:
  Conditioned(std::uint64_t terms, double log10_condition) : terms_(terms) {
    small_ = log10_condition == 0 ? terms : std::max<std::uint64_t>(terms / 16, 2) / 2 * 2;
    if ((terms - small_) % 2 != 0) throw std::runtime_error("an even number of terms, please");
    // Magnitudes are uniform in the exponent: the sum of absolute terms is 2^top times this.
    const double large = static_cast<double>(terms - small_) / (range_ * 2) * 1.5,
                 bits = log10_condition * std::log2(10.0);
    if (log10_condition > 0)
      exponent_ = static_cast<int>(
          std::lround(top_ + std::log2(large / (static_cast<double>(small_) * 0.75)) - bits));
    step_ = static_cast<std::uint64_t>(static_cast<double>(terms) * 0.6180339887) | 1;
    while (std::gcd(step_, terms) != 1) step_ += 2;
  }

  Json run() const {
    Mpfr reference;
    for (std::uint64_t j = 0; j < small_; ++j) reference.add(term(j));
    Ways ways;
    std::vector<double> waiting;
    for (std::uint64_t i = 0, j = 0; i < terms_; ++i, j = (j + step_) % terms_) {
      waiting.push_back(term(j));
      if (waiting.size() < block && i + 1 < terms_) continue;
      ways.add(waiting);
      waiting.clear();
    }
    return ways.json(reference.value());
  }

 private:
  static constexpr int top_ = 500;       // the sum is 2^500 or less
  static constexpr double range_ = 100;  // of exponents of terms that cancel

  double term(std::uint64_t j) const {
    const std::uint64_t of = j < small_ ? j : small_ + (j - small_) / 2;
    const std::uint64_t random = random_of(of);
    const double mantissa = static_cast<double>(random >> 11 | std::uint64_t{1} << 52) * 0x1p-53;
    if (j < small_) return std::ldexp(mantissa, exponent_);
    const int exponent = top_ - static_cast<int>(random_of(~of) % static_cast<int>(range_));
    return std::ldexp((j - small_) % 2 == 0 ? mantissa : -mantissa, exponent);
  }

  std::uint64_t terms_, small_ = 0, step_ = 1;
  int exponent_ = 0;
};

std::uint64_t number(const std::string& word) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || stop != word.data() + word.size())
    throw std::runtime_error("no number: " + word);
  return value;
}

Json run(const std::vector<std::string>& words) {
  if (words.size() >= 2 && words[0] == "evidence") return of_evidence(std::span(words).subspan(1));
  if (words.size() == 3 && words[0] == "conditioned")
    return Conditioned(number(words[1]), static_cast<double>(number(words[2]))).run();
  throw std::runtime_error("usage: sum_errors evidence INPUT... | conditioned TERMS EXPONENT");
}

}  // namespace
}  // namespace trawl::bench

int main(int count, char** words) {
  try {
    fmt::print("{}\n", trawl::bench::run({words + 1, words + count}).dump());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sum_errors: %s\n", error.what());
    return 1;
  }
}
