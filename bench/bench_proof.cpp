// What does it cost to prove that one of a million states is counted? Proofs in a tree of 2^20
// moments: their size, the time to check one, and the time to build a tree.
#include <trawl/core/exact/moments.hpp>
#include <trawl/core/integrity/sum_proof.hpp>

#include "support.hpp"

namespace {

using namespace trawl;

// Of values rounded to multiples of 2^-24, and of the doubles themselves.
template <class Moments>
Moments nothing(std::size_t features) {
  if constexpr (std::is_same_v<Moments, core::FixedMoments>)
    return Moments(std::vector<int>(features, -24));
  else
    return Moments(features);
}

template <class Moments>
const core::SumKind& moments_kind() {
  static const core::SumKind kind = core::sum_kind<Moments>("moments");
  return kind;
}

template <class Moments>
std::vector<std::byte> state_of(std::uint64_t seed, std::size_t features, std::size_t count = 5) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> records(count * features);
  for (double& value : records) value = normal(random);
  Moments moments = nothing<Moments>(features);
  moments.add(records);
  return moments.to_bytes();
}

std::vector<std::byte> key_of(std::uint64_t i) {
  std::vector<std::byte> key(8);
  for (std::size_t k = 0; k < 8; ++k) key[k] = static_cast<std::byte>(i >> (56 - 8 * k));
  return key;
}

template <class Moments>
core::SumTreeRange range_of(std::uint64_t begin, std::uint64_t end, std::size_t features) {
  core::SumTreeRange range(moments_kind<Moments>(), begin);
  range.watch(begin);
  const auto state = state_of<Moments>(1, features);
  for (std::uint64_t i = begin; i < end; ++i) range.add(key_of(i), state);
  return range;
}

// Arguments: leaves, features.
template <class Moments>
void build(benchmark::State& state) {
  const auto leaves = static_cast<std::uint64_t>(state.range(0));
  const auto features = static_cast<std::size_t>(state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(range_of<Moments>(0, leaves, features).finish());
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

// Arguments: levels, features. The path alone is made: on each level a sibling of records of its
// own, 5 for each leaf below it, but no more than 2^16: from there on no digits would be added.
template <class Moments>
void check(benchmark::State& state) {
  const auto levels = static_cast<std::size_t>(state.range(0));
  const auto features = static_cast<std::size_t>(state.range(1));
  const core::SumKind& kind = moments_kind<Moments>();
  core::SumProof proof{kind.name, std::uint64_t{1} << levels,     0,
                       key_of(0), state_of<Moments>(1, features), {}};
  core::SumNode top = core::sum_leaf(proof.key, proof.sum);
  for (std::size_t i = 0; i < levels; ++i) {
    const std::size_t count = std::size_t{5} << std::min<std::size_t>(i, 16);
    proof.path.push_back(core::sum_leaf(key_of(i), state_of<Moments>(i + 2, features, count)));
    top = core::sum_parent(kind, top, proof.path.back());
  }
  const Sha256Digest root = core::sum_root(kind, proof.leaves, top);
  const auto bytes = core::to_bytes(proof);
  for (auto _ : state)
    benchmark::DoNotOptimize(core::check_proof(core::sum_proof_from_bytes(bytes), kind, root));
  state.counters["bytes"] = static_cast<double>(bytes.size());
  state.counters["bytes_of_state"] = static_cast<double>(proof.sum.size());
}

#define MEASURE(Moments)               \
  BENCHMARK(build<Moments>)            \
      ->Args({1 << 14, 1})             \
      ->Args({1 << 14, 10})            \
      ->Unit(benchmark::kMillisecond); \
  BENCHMARK(check<Moments>)            \
      ->Args({20, 1})                  \
      ->Args({20, 3})                  \
      ->Args({20, 10})                 \
      ->Unit(benchmark::kMicrosecond);
MEASURE(core::FixedMoments)
MEASURE(core::ExactMoments)
#undef MEASURE

}  // namespace

BENCHMARK_MAIN();
