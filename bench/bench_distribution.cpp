// What do distributions cost: a value in bulk, of its parts, and a merge? items_per_second counts
// values, or merges.
#include <cmath>
#include <random>
#include <vector>

#include <trawl/core/stats/distribution.hpp>

#include "support.hpp"

namespace {

using namespace trawl::core;

enum Kind { lognormal, normal, few_values };

std::vector<double> values_of(std::int64_t count, std::int64_t kind) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> gauss;
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& x : values) {
    x = gauss(random);
    if (kind == lognormal) x = std::exp(3 * x);
    if (kind == few_values) x = std::round(4 * x);
  }
  return values;
}

template <class Summary>
void bulk(benchmark::State& state) {
  const std::vector<double> values = values_of(state.range(0), state.range(1));
  Summary summary;
  for (auto _ : state) summary.add(values);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void merge(benchmark::State& state) {
  Distribution a, b;
  a.add(values_of(state.range(0), state.range(1)));
  b.add(values_of(state.range(0) + 1, state.range(1)));
  for (auto _ : state) a.merge(b);
  state.SetItemsProcessed(state.iterations());
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"values", "kind"});
  for (const std::int64_t count : {64, 1024, 65536}) {
    for (const std::int64_t kind : {lognormal, normal, few_values}) b->Args({count, kind});
  }
}

BENCHMARK(bulk<QuantileHistogram>)->Apply(sizes);
BENCHMARK(bulk<DistinctCount>)->Apply(sizes);
BENCHMARK(bulk<Distribution>)->Apply(sizes);
BENCHMARK(merge)->ArgNames({"values", "kind"})->Args({1024, lognormal})->Args({16384, few_values});

}  // namespace

BENCHMARK_MAIN();
