// What does it cost to keep a hierarchy up to date? Updates, reads of the root, moves; 10 features.
// items_per_second counts updates, or entities that came or went.
#include <trawl/core/stats/mahalanobis_measure.hpp>
#include <trawl/core/stats/tree.hpp>

#include "support.hpp"

namespace {

using namespace trawl;
using namespace trawl::stats;

constexpr std::size_t features = 10, different_records = 1000;

template <class Sums>
BasicTree<Sums> nothing(TreeShape shape) {
  if constexpr (std::is_same_v<Sums, core::ExactSums>) {
    return BasicTree<Sums>(features, std::move(shape));
  } else {
    return BasicTree<Sums>(std::vector<int>(features, -24), std::move(shape));
  }
}

class Records {
 public:
  Records() {
    std::normal_distribution<double> normal(100, 10);
    for (std::size_t i = 0; i < different_records * features; ++i)
      values_.push_back(normal(random_));
  }
  std::span<const double> next() {
    at_ = (at_ + 1) % different_records;
    return std::span(values_).subspan(at_ * features, features);
  }
  std::int64_t random_below(std::int64_t count) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(count));
  }

 private:
  std::mt19937_64 random_{45};
  std::vector<double> values_;
  std::size_t at_ = 0;
};

// Entities 0 .. count - 1 with two records each, settled.
template <class Sums>
BasicTree<Sums> tree_of(std::int64_t count, Records& records) {
  auto tree = nothing<Sums>({});
  for (std::int64_t id = 0; id < count; ++id) {
    tree.add(id, {}, records.next());
    tree.add(id, {}, records.next());
  }
  tree.root();
  return tree;
}

// Records of random entities come one by one; nobody reads.
template <class Sums>
void update(benchmark::State& state) {
  Records records;
  auto tree = tree_of<Sums>(state.range(0), records);
  for (auto _ : state) {
    benchmark::DoNotOptimize(tree.update(records.random_below(state.range(0)), records.next()));
  }
  state.SetItemsProcessed(state.iterations());
}

// The same, and each record is judged; p-values of those with p < 0.001. Measures are made again as
// parents grow.
template <class Sums>
void update_and_judge(benchmark::State& state) {
  Records records;
  auto tree = tree_of<Sums>(state.range(0), records);
  tree.set_measure(mahalanobis_measure<Sums>(0.001));
  for (int i = 0; i < 100; ++i) {
    for (std::int64_t id = 0; id < state.range(0); ++id) tree.update(id, records.next());
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(tree.update(records.random_below(state.range(0)), records.next()));
  }
  state.SetItemsProcessed(state.iterations());
}

// The root is read after as many updates of different entities as the second number says.
template <class Sums>
void update_and_read_root(benchmark::State& state) {
  Records records;
  auto tree = tree_of<Sums>(state.range(0), records);
  std::int64_t id = 0;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(1); ++i) {
      id = (id + 7919) % state.range(0);
      tree.update(id, records.next());
    }
    benchmark::DoNotOptimize(tree.root());
  }
  state.SetItemsProcessed(state.iterations() * state.range(1));
}

template <class Sums>
void leave_and_join(benchmark::State& state) {
  Records records;
  auto tree = tree_of<Sums>(state.range(0), records);
  for (auto _ : state) {
    const std::int64_t id = records.random_below(state.range(0));
    const auto own = tree.leave(id);
    tree.add(id, {}, own);
  }
  state.SetItemsProcessed(state.iterations());
}

// From nothing to a tree whose root has been read.
template <class Sums>
void build(benchmark::State& state) {
  Records records;
  for (auto _ : state) {
    auto tree = tree_of<Sums>(state.range(0), records);
    benchmark::DoNotOptimize(tree.root());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// One entity makes the tree deeper, or shallower, each time.
template <class Sums>
void change_of_depth(benchmark::State& state) {
  Records records;
  auto tree = tree_of<Sums>(state.range(0) - 1, records);
  for (auto _ : state) {
    if (tree.contains(-1)) {
      tree.leave(-1);
    } else {
      tree.join(-1);
    }
    benchmark::DoNotOptimize(tree.root());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <class Sums>
void summary(benchmark::State& state) {
  Records records;
  auto tree = tree_of<Sums>(1000, records);
  const auto& root = tree.root();
  for (auto _ : state) benchmark::DoNotOptimize(root.summary());
}

using Exact = core::ExactSums;
using Fixed = core::FixedSums;

BENCHMARK(update<Fixed>)->Arg(1000)->Arg(100'000);
BENCHMARK(update<Exact>)->Arg(1000)->Arg(100'000);
BENCHMARK(update_and_judge<Fixed>)->Arg(1000);
BENCHMARK(update_and_judge<Exact>)->Arg(1000);
BENCHMARK(update_and_read_root<Fixed>)
    ->Args({100'000, 1})
    ->Args({100'000, 10})
    ->Args({100'000, 1000});
BENCHMARK(update_and_read_root<Exact>)
    ->Args({100'000, 1})
    ->Args({100'000, 10})
    ->Args({100'000, 1000});
BENCHMARK(leave_and_join<Fixed>)->Arg(100'000);
BENCHMARK(leave_and_join<Exact>)->Arg(100'000);
BENCHMARK(build<Fixed>)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(change_of_depth<Fixed>)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(summary<Fixed>);
BENCHMARK(summary<Exact>);

}  // namespace

BENCHMARK_MAIN();
