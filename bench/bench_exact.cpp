// What does exactness cost? Sums and 10 x 10 covariances, exact beside the loops that everybody
// writes. items_per_second counts doubles for sums, records for covariances.
#include <trawl/core/exact/exact_sum.hpp>

#include "support.hpp"

namespace {

using namespace trawl;

constexpr std::int64_t in_cache = 16 << 10, in_memory = 10'000'000;  // doubles

std::vector<double> normal_numbers(std::int64_t count) {
  std::mt19937_64 random(42);
  std::normal_distribution<double> normal(0, 2);
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = normal(random);
  return values;
}

void plain_sum(benchmark::State& state) {
  const auto values = normal_numbers(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(std::accumulate(values.begin(), values.end(), 0.0));
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

// The plain loop as a compiler would vectorise it if it were allowed to change the result.
void plain_sum_in_lanes(benchmark::State& state) {
  const auto values = normal_numbers(state.range(0));
  for (auto _ : state) {
    double lanes[32] = {};
    for (std::size_t i = 0; i + 32 <= values.size(); i += 32) {
      for (std::size_t k = 0; k < 32; ++k) lanes[k] += values[i + k];
    }
    benchmark::DoNotOptimize(std::accumulate(std::begin(lanes), std::end(lanes), 0.0));
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

void exact_sum(benchmark::State& state) {
  const auto values = normal_numbers(state.range(0));
  for (auto _ : state) {
    core::ExactSum sum;
    sum.add(values);
    benchmark::DoNotOptimize(sum.value());
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

// Values 2^200 apart: several rounds for each block.
void exact_sum_of_far_apart(benchmark::State& state) {
  auto values = normal_numbers(state.range(0));
  std::mt19937_64 random(43);
  for (double& value : values) value = std::ldexp(value, static_cast<int>(random() % 200));
  for (auto _ : state) {
    core::ExactSum sum;
    sum.add(values);
    benchmark::DoNotOptimize(sum.value());
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

void exact_sum_one_by_one(benchmark::State& state) {
  const auto values = normal_numbers(state.range(0));
  for (auto _ : state) {
    core::ExactSum sum;
    for (const double value : values) sum.add(value);
    benchmark::DoNotOptimize(sum.value());
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

void exact_sum_to_bytes(benchmark::State& state) {
  core::ExactSum sum;
  sum.add(normal_numbers(1000));
  std::vector<std::byte> bytes;
  for (auto _ : state) {
    bytes.clear();
    sum.append_bytes(bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
}

void plain_dot(benchmark::State& state) {
  const auto a = normal_numbers(state.range(0)), b = normal_numbers(state.range(0) + 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(std::inner_product(a.begin(), a.end(), b.begin(), 0.0));
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

void exact_dot(benchmark::State& state) {
  const auto a = normal_numbers(state.range(0)), b = normal_numbers(state.range(0));
  for (auto _ : state) {
    core::ExactDot sum;
    sum.add_products(a, b);
    benchmark::DoNotOptimize(sum.value());
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

void exact_dot_one_by_one(benchmark::State& state) {
  const auto a = normal_numbers(state.range(0)), b = normal_numbers(state.range(0));
  for (auto _ : state) {
    core::ExactDot sum;
    for (std::size_t i = 0; i < a.size(); ++i) sum.add_product(a[i], b[i]);
    benchmark::DoNotOptimize(sum.value());
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

BENCHMARK(plain_sum)->Arg(in_cache)->Arg(in_memory);
BENCHMARK(plain_sum_in_lanes)->Arg(in_cache)->Arg(in_memory);
BENCHMARK(exact_sum)->Arg(100)->Arg(in_cache)->Arg(in_memory);
BENCHMARK(exact_sum_of_far_apart)->Arg(in_cache);
BENCHMARK(exact_sum_one_by_one)->Arg(in_cache);
BENCHMARK(exact_sum_to_bytes);
BENCHMARK(plain_dot)->Arg(in_cache);
BENCHMARK(exact_dot)->Arg(in_cache);
BENCHMARK(exact_dot_one_by_one)->Arg(in_cache);
TRAWL_BENCH_YARDSTICKS();

}  // namespace

BENCHMARK_MAIN();
