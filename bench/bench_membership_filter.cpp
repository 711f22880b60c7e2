// How many keys a second pass the membership filter, batched and one by one, and how often does it
// err?
#include <trawl/core/filter/key_set.hpp>

#include "support.hpp"

namespace {

using namespace trawl;
using bench::group_rows;

struct Filled {
  std::vector<std::int64_t> keys;
  std::vector<std::uint64_t> memory;
  std::span<std::uint64_t> words;

  explicit Filled(std::size_t count) {
    std::mt19937_64 random(7);
    for (std::size_t i = 0; i < count; ++i)
      keys.push_back(static_cast<std::int64_t>(random() >> 1));
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    memory.resize(core::MembershipFilter::blocks_for(keys.size(), 0.001) * 8 + 8);
    const auto past = reinterpret_cast<std::uintptr_t>(memory.data()) % 64 / 8;
    words = std::span(memory).subspan((8 - past) % 8, memory.size() - 8);
    core::MembershipFilter filter(words);
    for (const std::int64_t key : keys) filter.add(core::hash_key(key));
  }
  core::MembershipFilter filter() { return core::MembershipFilter(words); }
};

Filled& filled(benchmark::State& state) {
  static std::map<std::int64_t, Filled> all;
  return all.try_emplace(state.range(0), static_cast<std::size_t>(state.range(0))).first->second;
}

// Keys that are not in the list: negative, while all in it are positive.
std::vector<std::int64_t> strangers() {
  std::mt19937_64 random(8);
  std::vector<std::int64_t> keys(1 << 20);
  for (auto& key : keys) key = -static_cast<std::int64_t>(random() >> 1) - 1;
  return keys;
}

void batched(benchmark::State& state) {
  Filled& data = filled(state);
  const auto filter = data.filter();
  const auto keys = strangers();
  std::vector<std::uint64_t> rows(keys.size() / 64);
  std::uint64_t passed = 0;
  for (auto _ : state) {
    std::fill(rows.begin(), rows.end(), ~std::uint64_t{0});
    filter.screen(keys.data(), keys.size(), rows.data());
    passed = 0;
    for (const std::uint64_t word : rows) passed += static_cast<std::uint64_t>(std::popcount(word));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(keys.size()) * state.iterations());
  state.counters["fpr"] = static_cast<double>(passed) / static_cast<double>(keys.size());
}

void one_by_one(benchmark::State& state) {
  const auto filter = filled(state).filter();
  const auto keys = strangers();
  for (auto _ : state) {
    std::uint64_t passed = 0;
    for (const std::int64_t key : keys) passed += filter.may_contain(core::hash_key(key)) ? 1 : 0;
    benchmark::DoNotOptimize(passed);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(keys.size()) * state.iterations());
}

void exact_search(benchmark::State& state) {
  Filled& data = filled(state);
  const core::KeySet set(data.keys, {});
  const auto keys = strangers();
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(set.contains(-keys[i++ % keys.size()]));
  state.SetItemsProcessed(state.iterations());
}

void add(benchmark::State& state) {
  Filled& data = filled(state);
  for (auto _ : state) {
    auto filter = data.filter();
    for (const std::int64_t key : data.keys) filter.add(core::hash_key(key));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(data.keys.size()) * state.iterations());
}

BENCHMARK(batched)->Arg(1'000'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(one_by_one)->Arg(1'000'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(exact_search)->Arg(1'000'000)->Arg(10'000'000);
BENCHMARK(add)->Arg(1'000'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond);
TRAWL_BENCH_YARDSTICKS();

}  // namespace

BENCHMARK_MAIN();
