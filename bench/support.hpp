// Data and yardsticks that the benchmarks share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <trawl/core/predicate/predicate.hpp>
#include <trawl/core/scan_program.hpp>

namespace trawl::bench {

constexpr std::size_t group_rows = 65536;

// Columns of one row group that lie in memory already.
class MemorySource : public core::ColumnSource {
 public:
  explicit MemorySource(std::vector<ColumnView> columns) : columns_(std::move(columns)) {}
  std::size_t rows() const override { return columns_.front().rows; }
  const ColumnView& column(std::size_t column) override { return columns_[column]; }

 private:
  std::vector<ColumnView> columns_;
};

// The machine's rates over `bytes` in memory, to be read beside everything else in the same run.
inline void copy_rate(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  std::vector<char> from(bytes, 1), to(bytes, 2);
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), bytes);
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}

inline void read_rate(benchmark::State& state) {
  const std::vector<std::uint64_t> words(static_cast<std::size_t>(state.range(0)) / 8, 3);
  for (auto _ : state) {
    std::uint64_t sum = std::accumulate(words.begin(), words.end(), std::uint64_t{0});
    benchmark::DoNotOptimize(sum);
  }
  state.SetBytesProcessed(state.range(0) * state.iterations());
}

// In the second-level cache, where a row group is scanned after decoding, and from memory.
#define TRAWL_BENCH_YARDSTICKS()                                                    \
  BENCHMARK(trawl::bench::copy_rate)->Arg(512 << 10)->Arg(256 << 20)->Name("copy"); \
  BENCHMARK(trawl::bench::read_rate)->Arg(512 << 10)->Arg(256 << 20)->Name("read")

}  // namespace trawl::bench
