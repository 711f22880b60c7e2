// How long does a key list take: to sort, to put into the membership filter, to make searchable;
// and how fast are exact searches? The same of lists that are not sorted: word filters, the digest,
// and streaming a list past candidates.
#include <trawl/base/multiset_digest.hpp>
#include <trawl/base/page_memory.hpp>
#include <trawl/core/filter/candidate_table.hpp>
#include <trawl/core/filter/key_set.hpp>
#include <trawl/core/filter/key_sort.hpp>

#include "support.hpp"

namespace {

using namespace trawl;

// Keys as user ids are: 40 bits, in no order. range(0): how many; range(1): threads.
std::vector<std::int64_t> random_keys(std::int64_t count) {
  std::mt19937_64 random(7);
  std::vector<std::int64_t> keys(static_cast<std::size_t>(count));
  for (auto& key : keys) key = static_cast<std::int64_t>(random()) >> 24;
  return keys;
}

const std::vector<std::int64_t>& sorted_keys(std::int64_t count) {
  static std::map<std::int64_t, std::vector<std::int64_t>> all;
  auto& keys = all[count];
  if (keys.empty()) {
    keys = random_keys(count);
    keys.resize(core::sort_distinct_reference(keys));
  }
  return keys;
}

int threads(const benchmark::State& state) {
  return static_cast<int>(state.range(1));
}

void count_keys(benchmark::State& state) {
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

template <class Sort>
void sort_with(benchmark::State& state, const Sort& sort) {
  const auto keys = random_keys(state.range(0));
  PageMemory work(keys.size() * sizeof(std::int64_t)), space(keys.size() * sizeof(std::int64_t));
  for (auto _ : state) {
    state.PauseTiming();
    std::copy(keys.begin(), keys.end(), work.as<std::int64_t>().begin());
    state.ResumeTiming();
    benchmark::DoNotOptimize(sort(work.as<std::int64_t>(), space.as<std::int64_t>()));
  }
  count_keys(state);
}

void radix_sort(benchmark::State& state) {
  sort_with(state, [&](auto keys, auto space) {
    return core::sort_distinct(keys, space, threads(state));
  });
}
void std_sort(benchmark::State& state) {
  sort_with(state, [](auto keys, auto) { return core::sort_distinct_reference(keys); });
}

void fill_filter(benchmark::State& state) {
  const auto& keys = sorted_keys(state.range(0));
  const PageMemory words(core::MembershipFilter::blocks_for(keys.size(), 0.001) * 64);
  core::MembershipFilter filter(words.as<std::uint64_t>());
  for (auto _ : state) filter.add_all(std::span<const std::int64_t>(keys), threads(state));
  count_keys(state);
}

void fill_prefixes(benchmark::State& state) {
  const auto& keys = sorted_keys(state.range(0));
  std::vector<std::uint32_t> entries(core::PrefixTable::entries_for(keys));
  core::PrefixTable table(keys, entries);
  for (auto _ : state) table.fill(keys, 1, 0);
  count_keys(state);
}

// Half of the values are keys.
void search(benchmark::State& state, bool by_prefix) {
  const auto& keys = sorted_keys(state.range(0));
  std::vector<std::uint32_t> entries(core::PrefixTable::entries_for(keys));
  core::PrefixTable table(keys, entries);
  table.fill(keys, 1, 0);
  const core::KeySet set(keys, {}, by_prefix ? table : core::PrefixTable());
  std::mt19937_64 random(8);
  std::vector<std::int64_t> values(1 << 18);
  for (auto& value : values) value = keys[random() % keys.size()] + static_cast<int>(random() % 2);
  std::vector<std::uint64_t> rows(values.size() / 64);
  for (auto _ : state) {
    std::fill(rows.begin(), rows.end(), ~std::uint64_t{0});
    set.keep(values.data(), values.size(), rows.data());
    benchmark::DoNotOptimize(rows.data());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(values.size()) * state.iterations());
}
void search_by_prefix(benchmark::State& state) {
  search(state, true);
}
void search_all(benchmark::State& state) {
  search(state, false);
}

// Filter probes with the filter in pages of the kind that range(1) says: 0 small, 1 huge.
void probe_pages(benchmark::State& state) {
  const auto& keys = sorted_keys(state.range(0));
  const std::size_t words = core::MembershipFilter::blocks_for(keys.size(), 0.001) * 8;
  const PageMemory huge(words * 8);
  std::vector<std::uint64_t> small(words + 8);
  const auto past = reinterpret_cast<std::uintptr_t>(small.data()) % 64 / 8;
  core::MembershipFilter filter(state.range(1) == 1
                                    ? huge.as<std::uint64_t>()
                                    : std::span(small).subspan((8 - past) % 8, words));
  filter.add_all(std::span<const std::int64_t>(keys), 1);
  const auto values = random_keys(1 << 20);
  std::vector<std::uint64_t> rows(values.size() / 64);
  for (auto _ : state) {
    std::fill(rows.begin(), rows.end(), ~std::uint64_t{0});
    filter.screen(values.data(), values.size(), rows.data());
    benchmark::DoNotOptimize(rows.data());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(values.size()) * state.iterations());
}

// range(1): bits per key. `fill`: the first of two parts.
void word_filter(benchmark::State& state, bool fill) {
  const auto keys = random_keys(state.range(0));
  const auto bits = static_cast<double>(state.range(1));
  const PageMemory words(core::WordFilter::words_for(keys.size(), bits) * sizeof(std::uint64_t));
  core::WordFilter filter(words.as<std::uint64_t>());
  filter.add(keys);
  std::mt19937_64 random(8);
  std::vector<std::int64_t> values(1 << 20);
  for (auto& value : values) value = static_cast<std::int64_t>(random()) >> 24;
  std::vector<std::uint64_t> rows(values.size() / 64);
  for (auto _ : state) {
    if (fill) {
      filter.add(keys, 2, 0);
      continue;
    }
    std::fill(rows.begin(), rows.end(), ~std::uint64_t{0});
    filter.screen(values.data(), values.size(), rows.data());
    benchmark::DoNotOptimize(rows.data());
  }
  state.SetItemsProcessed(state.iterations() * (fill ? state.range(0) : 1 << 20));
}
void word_probes(benchmark::State& state) {
  word_filter(state, false);
}
void word_fill(benchmark::State& state) {
  word_filter(state, true);
}

void digest(benchmark::State& state) {
  const auto keys = random_keys(state.range(0));
  for (auto _ : state) {
    MultisetDigest digest;
    digest.add(keys);
    benchmark::DoNotOptimize(digest);
  }
  count_keys(state);
}

// range(1): candidates.
void candidates(benchmark::State& state, bool make) {
  const auto keys = random_keys(state.range(0));
  const auto few = random_keys(state.range(1) + 1);
  core::CandidateTable table{few};
  for (auto _ : state) {
    if (make) {
      core::CandidateTable another{few};
      benchmark::DoNotOptimize(another);
    } else {
      table.mark(keys);
    }
  }
  state.SetItemsProcessed(state.iterations() * (make ? state.range(1) : state.range(0)));
}
void candidates_insert(benchmark::State& state) {
  candidates(state, true);
}
void candidates_mark(benchmark::State& state) {
  candidates(state, false);
}

void sizes(benchmark::internal::Benchmark* bench) {
  for (const int count : {1'000'000, 10'000'000}) {
    for (const int crew : {1, 2}) bench->Args({count, crew});
  }
  bench->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK(radix_sort)->Apply(sizes);
BENCHMARK(std_sort)->Args({10'000'000, 1})->Unit(benchmark::kMillisecond);
BENCHMARK(fill_filter)->Apply(sizes);
BENCHMARK(fill_prefixes)->Args({10'000'000, 1})->Unit(benchmark::kMillisecond);
BENCHMARK(search_by_prefix)->Arg(1'000'000)->Arg(10'000'000);
BENCHMARK(search_all)->Arg(1'000'000)->Arg(10'000'000);
BENCHMARK(probe_pages)->Args({10'000'000, 0})->Args({10'000'000, 1});
BENCHMARK(word_probes)->Args({10'000'000, 6})->Args({10'000'000, 12});
BENCHMARK(word_fill)->Args({10'000'000, 6})->Args({10'000'000, 12})->Unit(benchmark::kMillisecond);
BENCHMARK(digest)->Args({10'000'000, 1})->Unit(benchmark::kMillisecond);
BENCHMARK(candidates_insert)->Args({10'000'000, 460'000})->Unit(benchmark::kMillisecond);
BENCHMARK(candidates_mark)->Args({10'000'000, 460'000})->Unit(benchmark::kMillisecond);
TRAWL_BENCH_YARDSTICKS();

}  // namespace

BENCHMARK_MAIN();
