// What does it cost to prove that one of a million states is counted? Proofs in a tree of 2^20
// moments of 10 features: their size, the time to check one, and the time to build the tree.
#include <trawl/core/exact/moments.hpp>
#include <trawl/core/integrity/sum_proof.hpp>

#include "support.hpp"

namespace {

using namespace trawl;

const core::SumKind& moments_kind() {
  static const core::SumKind kind = core::sum_kind<core::FixedMoments>("moments");
  return kind;
}

std::vector<std::byte> state_of(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> records(50);
  for (double& value : records) value = normal(random);
  core::FixedMoments moments(std::vector<int>(10, -24));
  moments.add(records);
  return moments.to_bytes();
}

std::vector<std::byte> key_of(std::uint64_t i) {
  std::vector<std::byte> key(8);
  for (std::size_t k = 0; k < 8; ++k) key[k] = static_cast<std::byte>(i >> (56 - 8 * k));
  return key;
}

core::SumTreeRange range_of(std::uint64_t begin, std::uint64_t end) {
  core::SumTreeRange range(moments_kind(), begin);
  range.watch(begin);
  const auto state = state_of(1);
  for (std::uint64_t i = begin; i < end; ++i) range.add(key_of(i), state);
  return range;
}

void build(benchmark::State& state) {
  const auto leaves = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(range_of(0, leaves).finish());
  state.SetItemsProcessed(state.range(0) * state.iterations());
}

// A tree of 2^20 leaves is 2^10 times the same 2^10 leaves, but for the keys; the path alone is
// made, from one sibling for each level.
void check(benchmark::State& state) {
  const auto levels = static_cast<std::size_t>(state.range(0));
  core::SumProof proof{
      moments_kind().name, std::uint64_t{1} << levels, 0, key_of(0), state_of(1), {}};
  core::SumNode top = core::sum_leaf(proof.key, proof.sum);
  core::SumNode sibling = core::sum_leaf(key_of(1), state_of(2));
  for (std::size_t i = 0; i < levels; ++i) {
    proof.path.push_back(sibling);
    top = core::sum_parent(moments_kind(), top, sibling);
    sibling = core::sum_parent(moments_kind(), sibling, sibling);
  }
  const Sha256Digest root = core::sum_root(moments_kind(), proof.leaves, top);
  const auto bytes = core::to_bytes(proof);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        core::check_proof(core::sum_proof_from_bytes(bytes), moments_kind(), root));
  }
  state.counters["bytes"] = static_cast<double>(bytes.size());
  state.counters["bytes_of_state"] = static_cast<double>(proof.sum.size());
}

BENCHMARK(build)->Arg(1 << 14)->Unit(benchmark::kMillisecond);
BENCHMARK(check)->Arg(10)->Arg(20)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
