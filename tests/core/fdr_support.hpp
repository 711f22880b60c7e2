// Ranks as threads that add up behind a barrier, and p-values that break step-up procedures.
#pragma once

#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <trawl/core/stats/fdr.hpp>

namespace trawl::core {

class ThreadRanks {
 public:
  explicit ThreadRanks(std::size_t ranks)
      : parts_(ranks), barrier_(static_cast<std::ptrdiff_t>(ranks)) {}

  RankSums of(std::size_t rank) {
    return {[this, rank](std::uint64_t mine) {
              std::vector<std::uint64_t> one = {mine};
              add(rank, one);
              return one[0];
            },
            [this, rank](std::span<std::uint64_t> mine) { add(rank, mine); }};
  }

 private:
  void add(std::size_t rank, std::span<std::uint64_t> mine) {
    parts_[rank].assign(mine.begin(), mine.end());
    barrier_.arrive_and_wait();
    std::fill(mine.begin(), mine.end(), 0);
    for (const auto& part : parts_) {
      for (std::size_t i = 0; i < mine.size(); ++i) mine[i] += part.at(i);
    }
    barrier_.arrive_and_wait();
  }
  std::vector<std::vector<std::uint64_t>> parts_;
  std::barrier<> barrier_;
};

// step_up on every rank, hypothesis i on rank owner[i].
inline std::vector<Rejection> step_up_on_ranks(std::span<const double> log_p,
                                               std::span<const std::size_t> owner,
                                               std::size_t ranks, double alpha, FdrMethod method) {
  std::vector<std::vector<double>> parts(ranks);
  for (std::size_t i = 0; i < log_p.size(); ++i) parts[owner[i]].push_back(log_p[i]);
  ThreadRanks sums(ranks);
  std::vector<Rejection> results(ranks);
  {
    std::vector<std::jthread> threads;
    for (std::size_t r = 0; r < ranks; ++r) {
      threads.emplace_back([&, r] { results[r] = step_up(parts[r], alpha, method, sums.of(r)); });
    }
  }
  return results;
}

// p_(k) = alpha k / m (1 + excess): every count is one less than its k.
inline std::vector<double> adversarial_grid(std::size_t m, double alpha, double excess) {
  std::vector<double> log_p;
  for (std::size_t k = 1; k <= m; ++k) {
    log_p.push_back(std::min(
        0.0, std::log(alpha * static_cast<double>(k) / static_cast<double>(m) * (1 + excess))));
  }
  return log_p;
}

inline constexpr int kinds_of_log_p = 8;

inline std::vector<double> random_log_p(std::mt19937_64& rng, int kind, std::size_t m) {
  const auto uniform = [&] { return (static_cast<double>(rng() >> 11) + 0.5) * 0x1p-53; };
  std::vector<double> log_p(m);
  const double constant = std::log(uniform());
  for (double& v : log_p) {
    switch (kind) {
      case 0:
        v = std::log(uniform());
        break;  // nothing
      case 1:
        v = std::log(uniform()) * (rng() % 5 == 0 ? 100 : 1);
        break;  // signals
      case 2:
        v = std::log(static_cast<double>(1 + rng() % 8) / 64.);
        break;  // ties
      case 3:
        v = constant;
        break;  // all equal
      case 4:
        v = -std::numeric_limits<double>::infinity();
        break;  // all p = 0
      case 5:
        v = 0.0;
        break;  // all p = 1
      case 6:
        v = rng() % 2 == 0 ? -std::numeric_limits<double>::infinity() : 0.0;
        break;
      default:
        v = -700'000 * uniform() * uniform();
        break;  // far out
    }
  }
  return log_p;
}

}  // namespace trawl::core
