// How does the search for the most correlated pairs grow with the number of entities, beside a look
// at all pairs? items_per_second counts entities. Arguments: entities, features, clusters (0: none,
// the features are independent: the hardest case).
#include <random>
#include <vector>

#include <trawl/core/stats/profiles.hpp>

#include "support.hpp"

namespace {

using namespace trawl;
using namespace trawl::core;

std::vector<double> units_of(std::size_t count, std::size_t features, std::size_t clusters) {
  std::mt19937_64 random(46);
  std::normal_distribution<double> normal;
  std::vector<double> centres(clusters * features), rows(count * features), units;
  for (double& x : centres) x = normal(random);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t centre = clusters == 0 ? 0 : random() % clusters;
    for (std::size_t j = 0; j < features; ++j) {
      const double x = normal(random);
      rows[i * features + j] = clusters == 0 ? x : centres[centre * features + j] + 0.1 * x;
    }
  }
  ExactMoments moments(features);
  moments.add(rows);
  const ProfileScale scale(moments);
  for (std::size_t i = 0; i < count; ++i) {
    const auto unit = scale.unit(std::span(rows).subspan(i * features, features));
    units.insert(units.end(), unit.begin(), unit.end());
  }
  return units;
}

template <auto search>
void pairs(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto features = static_cast<std::size_t>(state.range(1));
  const auto units = units_of(count, features, static_cast<std::size_t>(state.range(2)));
  for (auto _ : state) benchmark::DoNotOptimize(search(units, features, 10));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(pairs<top_pairs>)
    ->Name("top_pairs")
    ->ArgsProduct({{1000, 10'000, 100'000}, {3, 5, 10}, {0, 100}})
    ->Args({1'000'000, 5, 0})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(pairs<top_pairs>)
    ->Name("top_pairs")
    ->ArgsProduct({{1000, 10'000}, {20, 64}, {0, 100}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(pairs<top_pairs_reference>)
    ->Name("all_pairs")
    ->ArgsProduct({{1000, 10'000}, {3, 10, 64}, {0}})
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
