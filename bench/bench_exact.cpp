// What does exactness cost? Sums and 10 x 10 covariances, exact beside the loops that everybody
// writes. items_per_second counts doubles for sums, records for covariances.
#include <trawl/core/exact/moments.hpp>

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

// 10 features, column by column; correlated, so that covariances are not noise.
constexpr std::size_t features = 10;

std::vector<std::vector<double>> records(std::int64_t count) {
  std::mt19937_64 random(44);
  std::normal_distribution<double> normal;
  std::vector<std::vector<double>> columns(features,
                                           std::vector<double>(static_cast<std::size_t>(count)));
  for (std::size_t row = 0; row < static_cast<std::size_t>(count); ++row) {
    const double common = normal(random);
    for (auto& column : columns) column[row] = common + normal(random);
  }
  return columns;
}

std::vector<double> rows_of(const std::vector<std::vector<double>>& columns) {
  std::vector<double> rows;
  for (std::size_t row = 0; row < columns.front().size(); ++row) {
    for (const auto& column : columns) rows.push_back(column[row]);
  }
  return rows;
}

// Welford's update of means and of all co-moments, one record at a time (Technometrics 4, 1962).
void welford_covariance(benchmark::State& state) {
  const auto rows = rows_of(records(state.range(0)));
  for (auto _ : state) {
    double count = 0, mean[features] = {}, sum[features][features] = {};
    for (const double* x = rows.data(); x != rows.data() + rows.size(); x += features) {
      count += 1;
      double before[features], after[features];
      for (std::size_t i = 0; i < features; ++i) {
        before[i] = x[i] - mean[i];
        mean[i] += before[i] / count;
        after[i] = x[i] - mean[i];
      }
      for (std::size_t i = 0; i < features; ++i) {
        for (std::size_t j = 0; j < features; ++j) sum[i][j] += before[i] * after[j];
      }
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

template <class Moments>
void columns_covariance(benchmark::State& state, const Moments& nothing) {
  const auto columns = records(state.range(0));
  const std::vector<std::span<const double>> spans(columns.begin(), columns.end());
  for (auto _ : state) {
    Moments moments = nothing;
    moments.add_columns(spans);
    benchmark::DoNotOptimize(moments);
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

template <class Moments>
void rows_covariance(benchmark::State& state, const Moments& nothing) {
  const auto rows = rows_of(records(state.range(0)));
  for (auto _ : state) {
    Moments moments = nothing;
    moments.add(rows);
    benchmark::DoNotOptimize(moments);
  }
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

template <class Moments>
void one_record(benchmark::State& state, const Moments& nothing) {
  const auto rows = rows_of(records(1000));
  Moments moments = nothing;
  std::size_t at = 0;
  for (auto _ : state) {
    moments.add(std::span(rows).subspan(at, features));
    at = (at + features) % rows.size();
  }
  state.SetItemsProcessed(state.iterations());
}

template <class Moments>
void merge(benchmark::State& state, const Moments& nothing) {
  Moments some = nothing, all = nothing;
  some.add(rows_of(records(1000)));
  for (auto _ : state) all.merge(some);
}

template <class Moments>
void covariance_matrix(benchmark::State& state, const Moments& nothing) {
  Moments some = nothing;
  some.add(rows_of(records(1000)));
  for (auto _ : state) benchmark::DoNotOptimize(some.covariance_matrix());
}

template <class Moments>
void to_bytes(benchmark::State& state, const Moments& nothing) {
  Moments some = nothing;
  some.add(rows_of(records(1000)));
  std::vector<std::byte> bytes;
  for (auto _ : state) {
    bytes.clear();
    some.append_bytes(bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.counters["bytes"] = static_cast<double>(bytes.size());
}

const core::ExactMoments exact_form(features);
const core::FixedMoments fixed_form(std::vector<int>(features, -24));

BENCHMARK(plain_sum)->Arg(in_cache)->Arg(in_memory);
BENCHMARK(plain_sum_in_lanes)->Arg(in_cache)->Arg(in_memory);
BENCHMARK(exact_sum)->Arg(100)->Arg(in_cache)->Arg(in_memory);
BENCHMARK(exact_sum_of_far_apart)->Arg(in_cache);
BENCHMARK(exact_sum_one_by_one)->Arg(in_cache);
BENCHMARK(exact_sum_to_bytes);
BENCHMARK(plain_dot)->Arg(in_cache);
BENCHMARK(exact_dot)->Arg(in_cache);
BENCHMARK(exact_dot_one_by_one)->Arg(in_cache);
constexpr std::int64_t few = 4096, many = 1'000'000;  // records
BENCHMARK(welford_covariance)->Arg(few)->Arg(many);
BENCHMARK_CAPTURE(columns_covariance, exact, exact_form)->Arg(few)->Arg(many);
BENCHMARK_CAPTURE(columns_covariance, fixed, fixed_form)->Arg(few)->Arg(many);
BENCHMARK_CAPTURE(rows_covariance, exact, exact_form)->Arg(few)->Arg(100);
BENCHMARK_CAPTURE(rows_covariance, fixed, fixed_form)->Arg(few)->Arg(100);
BENCHMARK_CAPTURE(one_record, exact, exact_form);
BENCHMARK_CAPTURE(one_record, fixed, fixed_form);
BENCHMARK_CAPTURE(merge, exact, exact_form);
BENCHMARK_CAPTURE(merge, fixed, fixed_form);
BENCHMARK_CAPTURE(covariance_matrix, exact, exact_form);
BENCHMARK_CAPTURE(covariance_matrix, fixed, fixed_form);
BENCHMARK_CAPTURE(to_bytes, exact, exact_form);
BENCHMARK_CAPTURE(to_bytes, fixed, fixed_form);
TRAWL_BENCH_YARDSTICKS();

}  // namespace

BENCHMARK_MAIN();
