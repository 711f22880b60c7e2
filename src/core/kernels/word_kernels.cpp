// Filters whose blocks are single words: word_filter.hpp.
#include <bit>

#include <trawl/base/prefetch.hpp>
#include <trawl/base/split_mix.hpp>

#include "core/kernels/integer_lanes.hpp"
#include "core/kernels/kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/word_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/filter/word_layout.hpp"
#include "core/kernels/mask_bits-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trawl::core::kernels::HWY_NAMESPACE {

constexpr std::size_t batch = 64;
// Of 64 rows; below this, looking at single ones costs less.
constexpr int dense_rows = 16;

// Hashes of one filter: hash_key, times the multiplier. Left to the compiler, which
// has the widest multiplications of the target at hand.
template <class T>
HWY_INLINE void HashBatch(const T* HWY_RESTRICT keys, std::size_t count, std::uint64_t multiplier,
                          std::uint64_t* HWY_RESTRICT out) {
  for (std::size_t i = 0; i < count; ++i)
    out[i] = split_mix(static_cast<std::uint64_t>(static_cast<std::int64_t>(keys[i]))) * multiplier;
}

HWY_INLINE bool ProbeOne(const std::uint64_t* words, std::uint64_t size, std::uint64_t hash) {
  const std::uint64_t mask = word::mask(hash);
  return (words[word::index(hash, size)] & mask) == mask;
}

#if HWY_TARGET != HWY_SCALAR
template <class D, class V>
HWY_INLINE V PlaceOf(D d, V hash, std::uint64_t size) {
  const hn::Repartition<std::uint32_t, D> halves;
  const auto high = hn::BitCast(halves, hn::ShiftRight<32>(hash));
  return hn::ShiftRight<32>(hn::MulEven(high, hn::BitCast(halves, hn::Set(d, size))));
}

template <class D, class V>
HWY_INLINE V MaskOf(D d, V hash) {
  static_assert(word::bits == 4);
  const auto one = hn::Set(d, std::uint64_t{1});
  const auto six_bits = hn::Set(d, std::uint64_t{63});
  const auto a = hn::ShiftRight<word::first_shift>(hash);
  const auto b = hn::ShiftRight<word::first_shift + 6>(hash);
  const auto c = hn::ShiftRight<word::first_shift + 12>(hash);
  const auto e = hn::ShiftRight<word::first_shift + 18>(hash);
  return hn::Or(hn::Or(hn::Shl(one, hn::And(a, six_bits)), hn::Shl(one, hn::And(b, six_bits))),
                hn::Or(hn::Shl(one, hn::And(c, six_bits)), hn::Shl(one, hn::And(e, six_bits))));
}
#endif

HWY_INLINE std::uint64_t ProbeAll(const std::uint64_t* HWY_RESTRICT words, std::uint64_t size,
                                  const std::uint64_t* HWY_RESTRICT hashes) {
  std::uint64_t passed = 0;
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t i = 0; i < batch; ++i)
    passed |= std::uint64_t{ProbeOne(words, size, hashes[i])} << i;
#else
  const hn::CappedTag<std::uint64_t, batch> d;
  const hn::RebindToSigned<decltype(d)> places;
  for (std::size_t i = 0; i < batch; i += hn::Lanes(d)) {
    const auto hash = hn::Load(d, hashes + i);
    const auto mask = MaskOf(d, hash);
    const auto found = hn::GatherIndex(d, words, hn::BitCast(places, PlaceOf(d, hash, size)));
    passed |= bits_of(d, hn::Eq(hn::And(found, mask), mask)) << i;
  }
#endif
  return passed;
}

// The words of one batch arrive while those of the batch before are looked at.
struct Waiting {
  HWY_ALIGN std::uint64_t hashes[batch];
  std::uint64_t* candidates = nullptr;  // null: nothing waits
};

HWY_INLINE void Settle(const std::uint64_t* HWY_RESTRICT words, std::uint64_t size,
                       Waiting& waiting) {
  if (waiting.candidates == nullptr) return;
  *waiting.candidates &= ProbeAll(words, size, waiting.hashes);
  waiting.candidates = nullptr;
}

template <class T>
HWY_INLINE void ProbeWords(const std::uint64_t* HWY_RESTRICT words, std::uint64_t size,
                           std::uint64_t multiplier, const T* HWY_RESTRICT keys, std::size_t rows,
                           std::uint64_t* HWY_RESTRICT candidates) {
  Waiting waiting[2];
  std::size_t next = 0;
  for (std::size_t w = 0; w < (rows + 63) / 64; ++w) {
    const std::uint64_t wanted = candidates[w];
    if (wanted == 0) continue;
    if (std::popcount(wanted) >= dense_rows && w * 64 + 64 <= rows) {
      HashBatch(keys + w * 64, batch, multiplier, waiting[next].hashes);
      for (const std::uint64_t hash : waiting[next].hashes)
        prefetch(words + word::index(hash, size));
      waiting[next].candidates = candidates + w;
      next ^= 1;
      Settle(words, size, waiting[next]);
      continue;
    }
    HWY_ALIGN std::uint64_t hash[1];
    std::uint64_t passed = 0;
    for (std::uint64_t left = wanted; left != 0; left &= left - 1) {
      const int row = std::countr_zero(left);
      HashBatch(keys + w * 64 + row, 1, multiplier, hash);
      passed |= std::uint64_t{ProbeOne(words, size, hash[0])} << row;
    }
    candidates[w] = passed;
  }
  Settle(words, size, waiting[next ^ 1]);
}

// Where a batch changes words [begin, end), and how. Keys of other words change nothing, in words
// next to each other: a branch would be guessed wrong every other time. Not CompressStore, which
// takes a hundred cycles on some processors (Zen 4), and not overlapping stores, which hold up the
// loads after them.
HWY_INLINE void ChangesOf(const std::uint64_t* HWY_RESTRICT hashes, std::uint64_t size,
                          std::uint64_t begin, std::uint64_t end,
                          std::uint64_t* HWY_RESTRICT places, std::uint64_t* HWY_RESTRICT masks) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t i = 0; i < batch; ++i) {
    const std::uint64_t place = word::index(hashes[i], size);
    const bool mine = place >= begin && place < end;
    places[i] = mine ? place : begin;
    masks[i] = mine ? word::mask(hashes[i]) : 0;
  }
#else
  const hn::CappedTag<std::uint64_t, batch> d;
  const hn::RebindToSigned<decltype(d)> sign;  // places are below 2^32: compared as they are
  const auto before = hn::Set(sign, static_cast<std::int64_t>(begin) - 1);
  const auto last = hn::Set(sign, static_cast<std::int64_t>(end));
  const std::uint64_t spread = end - begin >= batch ? 1 : 0;
  for (std::size_t i = 0; i < batch; i += hn::Lanes(d)) {
    const auto hash = hn::Load(d, hashes + i);
    const auto place = hn::BitCast(sign, PlaceOf(d, hash, size));
    const auto mine = hn::RebindMask(d, hn::And(hn::Gt(place, before), hn::Lt(place, last)));
    const auto idle = hn::Add(hn::Set(d, begin + spread * i),
                              spread != 0 ? hn::Iota(d, std::uint64_t{0}) : hn::Zero(d));
    hn::Store(hn::IfThenElse(mine, hn::BitCast(d, place), idle), d, places + i);
    hn::Store(hn::IfThenElseZero(mine, MaskOf(d, hash)), d, masks + i);
  }
#endif
}

void FillWords(std::uint64_t* HWY_RESTRICT words, std::uint64_t size, std::uint64_t multiplier,
               std::uint64_t begin, std::uint64_t end, const std::int64_t* HWY_RESTRICT keys,
               std::size_t count) {
  HWY_ALIGN std::uint64_t hashes[batch];
  HWY_ALIGN std::uint64_t places[batch];
  HWY_ALIGN std::uint64_t masks[batch];
  if (begin >= end) return;
  std::size_t at = 0;
  for (; at + batch <= count; at += batch) {
    HashBatch(keys + at, batch, multiplier, hashes);
    ChangesOf(hashes, size, begin, end, places, masks);
    for (std::size_t i = 0; i < batch; ++i) words[places[i]] |= masks[i];
  }
  for (; at < count; ++at) {
    HashBatch(keys + at, 1, multiplier, hashes);
    const std::uint64_t place = word::index(hashes[0], size);
    if (place >= begin && place < end) words[place] |= word::mask(hashes[0]);
  }
}

#define TRAWL_PROBE(name, T)                                                                  \
  void Probe_##name(const std::uint64_t* words, std::uint64_t size, std::uint64_t multiplier, \
                    const T* keys, std::size_t rows, std::uint64_t* candidates) {             \
    ProbeWords(words, size, multiplier, keys, rows, candidates);                              \
  }
TRAWL_FOR_EACH_INTEGER_LANE(TRAWL_PROBE)
#undef TRAWL_PROBE

}  // namespace trawl::core::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trawl::core::kernels {

HWY_EXPORT(FillWords);

void fill_words(std::uint64_t* words, std::uint64_t size, std::uint64_t multiplier,
                std::uint64_t begin, std::uint64_t end, const std::int64_t* keys,
                std::size_t count) {
  HWY_DYNAMIC_DISPATCH(FillWords)(words, size, multiplier, begin, end, keys, count);
}

#define TRAWL_PROBE(name, T)                                                                    \
  HWY_EXPORT(Probe_##name);                                                                     \
  template <>                                                                                   \
  void probe_words<T>(const std::uint64_t* words, std::uint64_t size, std::uint64_t multiplier, \
                      const T* keys, std::size_t rows, std::uint64_t* candidates) {             \
    HWY_DYNAMIC_DISPATCH(Probe_##name)(words, size, multiplier, keys, rows, candidates);        \
  }
TRAWL_FOR_EACH_INTEGER_LANE(TRAWL_PROBE)
#undef TRAWL_PROBE

}  // namespace trawl::core::kernels
#endif
