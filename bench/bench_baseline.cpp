// What do distances to a baseline cost: to prepare it, in bulk, one by one, with what drives them;
// for features that are clearly independent, dependent, and nearly so; and the robust covariance?
// items_per_second counts baselines, or records.
#include <cmath>
#include <span>
#include <vector>

#include <trawl/core/stats/baseline.hpp>
#include <trawl/core/stats/mcd.hpp>

#include "support.hpp"

namespace {

using namespace trawl;
using namespace trawl::core;

constexpr std::size_t records = 2000;

enum Kind { independent, dependent, nearly_dependent };

// Normal records row by row; the last feature repeats the first, but for one last bit.
std::vector<double> rows_of(std::size_t features, std::size_t count, std::int64_t kind) {
  std::mt19937_64 random(46);
  std::normal_distribution<double> normal;
  std::vector<double> rows(features * count);
  for (double& x : rows) x = normal(random);
  if (kind == independent) return rows;
  for (std::size_t r = 0; r < count; ++r) rows[(r + 1) * features - 1] = rows[r * features];
  if (kind == nearly_dependent) rows[features - 1] = std::nextafter(rows[features - 1], 9.0);
  return rows;
}

ExactMoments moments_of(std::size_t features, const std::vector<double>& rows) {
  ExactMoments moments(features);
  moments.add(rows);
  return moments;
}

void prepare(benchmark::State& state) {
  const auto features = static_cast<std::size_t>(state.range(0));
  const ExactMoments moments = moments_of(features, rows_of(features, records, state.range(1)));
  for (auto _ : state) benchmark::DoNotOptimize(Baseline(moments));
  state.SetItemsProcessed(state.iterations());
}

void distances(benchmark::State& state) {
  const auto features = static_cast<std::size_t>(state.range(0));
  const std::vector<double> rows = rows_of(features, records, state.range(1));
  const Baseline baseline(moments_of(features, rows));
  std::vector<double> out(records);
  for (auto _ : state) {
    baseline.squared_distances(rows, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records));
}

template <bool explained>
void one_by_one(benchmark::State& state) {
  const auto features = static_cast<std::size_t>(state.range(0));
  const std::vector<double> rows = rows_of(features, records, state.range(1));
  const Baseline baseline(moments_of(features, rows));
  for (auto _ : state) {
    for (std::size_t r = 0; r < records; ++r) {
      const auto record = std::span(rows).subspan(r * features, features);
      if constexpr (explained) {
        benchmark::DoNotOptimize(baseline.distance(record));
      } else {
        benchmark::DoNotOptimize(baseline.squared_distance(record));
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records));
}

// A fifth of the records are elsewhere.
void robust(benchmark::State& state) {
  const auto features = static_cast<std::size_t>(state.range(0));
  const auto count = static_cast<std::size_t>(state.range(1));
  std::vector<double> rows = rows_of(features, count, independent);
  for (double& x : std::span(rows).first(count / 5 * features)) x += 8;
  for (auto _ : state) {
    benchmark::DoNotOptimize(minimum_covariance_determinant(rows, features).cutoff);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

const std::vector<std::vector<std::int64_t>> kinds{{2, 10},
                                                   {independent, dependent, nearly_dependent}};

}  // namespace

BENCHMARK(trawl::bench::read_rate)->Name("read")->Arg(512 << 10);
BENCHMARK(prepare)->ArgNames({"features", "kind"})->ArgsProduct(kinds)->Args({64, independent});
BENCHMARK(distances)->ArgNames({"features", "kind"})->ArgsProduct(kinds)->Args({64, independent});
BENCHMARK(one_by_one<false>)
    ->Name("one_by_one")
    ->ArgNames({"features", "kind"})
    ->ArgsProduct(kinds);
BENCHMARK(one_by_one<true>)->Name("explained")->ArgNames({"features", "kind"})->ArgsProduct(kinds);
BENCHMARK(robust)
    ->ArgNames({"features", "records"})
    ->Args({10, 1000})
    ->Args({10, 10000})
    ->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
