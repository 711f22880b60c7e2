#include <trawl/base/split_mix.hpp>

#include "core/kernels/integer_lanes.hpp"
#include "core/kernels/kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/probe_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/filter/block_layout.hpp"

HWY_BEFORE_NAMESPACE();
namespace trawl::core::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

std::uint64_t Probe(const std::uint64_t* HWY_RESTRICT words, std::uint64_t blocks,
                    const std::uint64_t* HWY_RESTRICT hashes, std::size_t count) {
  const hn::CappedTag<std::uint64_t, block::lanes> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto one = hn::Set(d, std::uint64_t{1});
  const auto six_bits = hn::Set(d, std::uint64_t{63});
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t* at = words + block::index(hashes[i], blocks) * block::lanes;
    const auto positions = hn::Set(d, block::positions(hashes[i]));
    auto missing = hn::Zero(d);
    for (std::size_t lane = 0; lane < block::lanes; lane += lanes) {
      const auto shift = hn::And(hn::Shr(positions, hn::Load(d, block::shifts + lane)), six_bits);
      missing = hn::Or(missing, hn::AndNot(hn::LoadU(d, at + lane), hn::Shl(one, shift)));
    }
    const bool all_set = hn::AllTrue(d, hn::Eq(missing, hn::Zero(d)));
    passed |= std::uint64_t{all_set} << i;
  }
  return passed;
}

void Fill(std::uint64_t* HWY_RESTRICT words, std::uint64_t blocks,
          const std::uint64_t* HWY_RESTRICT hashes, std::size_t count) {
  const hn::CappedTag<std::uint64_t, block::lanes> d;
  const auto one = hn::Set(d, std::uint64_t{1});
  const auto six_bits = hn::Set(d, std::uint64_t{63});
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t* at = words + block::index(hashes[i], blocks) * block::lanes;
    const auto positions = hn::Set(d, block::positions(hashes[i]));
    for (std::size_t lane = 0; lane < block::lanes; lane += hn::Lanes(d)) {
      const auto shift = hn::And(hn::Shr(positions, hn::Load(d, block::shifts + lane)), six_bits);
      hn::StoreU(hn::Or(hn::LoadU(d, at + lane), hn::Shl(one, shift)), d, at + lane);
    }
  }
}

// As hash_key. Left to the compiler, which has the widest
// multiplications of the target at hand.
template <class T>
void HashIntegers(const T* HWY_RESTRICT keys, std::size_t count, std::uint64_t* HWY_RESTRICT out) {
  for (std::size_t i = 0; i < count; ++i)
    out[i] = split_mix(static_cast<std::uint64_t>(static_cast<std::int64_t>(keys[i])));
}

#define TRAWL_HASH(name, T)                                                \
  void Hash_##name(const T* keys, std::size_t count, std::uint64_t* out) { \
    HashIntegers(keys, count, out);                                        \
  }
TRAWL_FOR_EACH_INTEGER_LANE(TRAWL_HASH)
#undef TRAWL_HASH

}  // namespace trawl::core::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trawl::core::kernels {

HWY_EXPORT(Probe);
HWY_EXPORT(Fill);

void fill(std::uint64_t* words, std::uint64_t blocks, const std::uint64_t* hashes,
          std::size_t count) {
  HWY_DYNAMIC_DISPATCH(Fill)(words, blocks, hashes, count);
}

#define TRAWL_HASH(name, T)                                                        \
  HWY_EXPORT(Hash_##name);                                                         \
  template <>                                                                      \
  void hash_integers<T>(const T* keys, std::size_t count, std::uint64_t* hashes) { \
    HWY_DYNAMIC_DISPATCH(Hash_##name)(keys, count, hashes);                        \
  }
TRAWL_FOR_EACH_INTEGER_LANE(TRAWL_HASH)
#undef TRAWL_HASH

std::uint64_t probe(const std::uint64_t* words, std::uint64_t blocks, const std::uint64_t* hashes,
                    std::size_t count) {
  return HWY_DYNAMIC_DISPATCH(Probe)(words, blocks, hashes, count);
}

}  // namespace trawl::core::kernels
#endif
