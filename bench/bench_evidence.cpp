// What do evidence and what it says cost? items_per_second counts calls, records or entities.
#include <cmath>

#include <trawl/core/evidence/consensus.hpp>
#include <trawl/core/evidence/mixture.hpp>
#include <trawl/core/exact/elementary.hpp>

#include "support.hpp"

namespace {

using namespace trawl;
using namespace trawl::evidence;

constexpr std::int64_t different = 4096;

std::vector<double> numbers(double low, double high) {
  std::mt19937_64 random(51);
  std::uniform_real_distribution<double> uniform(low, high);
  std::vector<double> out(different);
  for (double& x : out) x = uniform(random);
  return out;
}

// A correctly rounded function, or the host's, on numbers of [low, high].
void function(benchmark::State& state, double (*f)(double), double low, double high) {
  const auto x = numbers(low, high);
  for (auto _ : state) {
    for (const double value : x) benchmark::DoNotOptimize(f(value));
  }
  state.SetItemsProcessed(state.iterations() * different);
}

Evidence record(std::int64_t number, std::int64_t entities, std::int64_t sources, double log_odds) {
  Evidence e{.entity = number % entities, .source = number / entities % sources, .id = number};
  e.log_odds = log_odds;
  return e;
}

// Records of 1000 entities and as many sources as told, none twice.
void add(benchmark::State& state) {
  const auto x = numbers(-3, 3);
  Consensus consensus;
  std::int64_t number = 0;
  for (auto _ : state) {
    const double log_odds = x[static_cast<std::size_t>(number % different)];
    benchmark::DoNotOptimize(consensus.add(record(number++, 1000, state.range(0), log_odds)));
  }
  state.SetItemsProcessed(state.iterations());
}

// One record is taken back, and comes again.
void retract_and_add(benchmark::State& state) {
  Consensus consensus;
  for (std::int64_t i = 0; i < 100'000; ++i) consensus.add(record(i, 1000, 10, 0.5));
  std::int64_t number = 0;
  for (auto _ : state) {
    const Evidence e = record(number++ % 100'000, 1000, 10, 0.5);
    consensus.retract(e.entity, e.source, e.id);
    benchmark::DoNotOptimize(consensus.add(e));
  }
  state.SetItemsProcessed(state.iterations());
}

// What so many sources say of an entity, from scratch.
void posterior(benchmark::State& state) {
  const auto x = numbers(-3, 3);
  Consensus consensus({.max_group_weight = state.range(1) != 0 ? 1.5 : 1e9});
  for (std::int64_t i = 0; i < state.range(0) * 3; ++i) {
    consensus.add(record(i, 1, state.range(0), x[static_cast<std::size_t>(i % different)]));
  }
  for (auto _ : state) benchmark::DoNotOptimize(consensus.posterior(std::int64_t{0}));
  state.SetItemsProcessed(state.iterations());
}

// Many contributions of one source and type at once.
void sum_in_bulk(benchmark::State& state) {
  const auto x = numbers(-3, 3), weights = numbers(0, 1);
  GroupSums sums;
  for (auto _ : state) sums.add(x, weights, 0);
  benchmark::DoNotOptimize(sums);
  state.SetItemsProcessed(state.iterations() * different);
}

void mixture(benchmark::State& state) {
  const auto x = numbers(-30, 3);
  for (auto _ : state) benchmark::DoNotOptimize(log_sum_exp(x));
  state.SetItemsProcessed(state.iterations() * different);
}

double host_exp(double x) {
  return std::exp(x);
}
double host_log(double x) {
  return std::log(x);
}

BENCHMARK_CAPTURE(function, exp, core::rounded::exp, -50, 50);
BENCHMARK_CAPTURE(function, exp_of_the_host, host_exp, -50, 50);
BENCHMARK_CAPTURE(function, log, core::rounded::log, 0.01, 50);
BENCHMARK_CAPTURE(function, log_of_the_host, host_log, 0.01, 50);
BENCHMARK_CAPTURE(function, log1p, core::rounded::log1p, -0.9, 9);
BENCHMARK_CAPTURE(function, sigmoid, core::rounded::sigmoid, -30, 30);
BENCHMARK_CAPTURE(function, log_sigmoid, core::rounded::log_sigmoid, -30, 30);
BENCHMARK_CAPTURE(function, logit, core::rounded::logit, 0.0001, 0.9999);
BENCHMARK(add)->Arg(1)->Arg(100);
BENCHMARK(retract_and_add);
BENCHMARK(posterior)->Args({10, 0})->Args({100, 0})->Args({1000, 0})->Args({100, 1});
BENCHMARK(sum_in_bulk);
BENCHMARK(mixture);

}  // namespace

BENCHMARK_MAIN();
