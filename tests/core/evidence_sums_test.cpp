// Contributions and exact sums of sources, against rational numbers.
#include <limits>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "core/evidence_support.hpp"

namespace trawl::evidence {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Normalise, RefusesAndClamps) {
  const auto is = [](const Contribution& c, double value, bool clamped, Refusal refusal) {
    EXPECT_PRED2(same, c.value, value);
    EXPECT_EQ(c.clamped, clamped);
    EXPECT_EQ(c.refusal, refusal);
  };
  is(normalise(3, 0.5, 50), 1.5, false, Refusal::none);
  is(normalise(-50, 1, 50), -50, false, Refusal::none);
  is(normalise(50.1, 1, 50), 50, true, Refusal::none);
  is(normalise(-infinity, 0.25, 50), -12.5, true, Refusal::none);
  is(normalise(infinity, 0, 50), 0, true, Refusal::none);
  is(normalise(nan, 1, 50), 0, false, Refusal::nan_log_odds);
  is(normalise(nan, nan, 50), 0, false, Refusal::nan_log_odds);
  is(normalise(1, nan, 50), 0, false, Refusal::bad_weight);
  is(normalise(1, -0x1p-1074, 50), 0, false, Refusal::bad_weight);
  is(normalise(1, 1 + 0x1p-52, 50), 0, false, Refusal::bad_weight);
  is(normalise(1, infinity, 50), 0, false, Refusal::bad_weight);
  is(normalise(1, -0.0, 50), -0.0, false, Refusal::none);
}

TEST(Normalise, RoundsTheProductOnce) {
  Rng rng(3);
  for (int i = 0; i < 20'000; ++i) {
    const double log_odds = core::random_number(rng, 2) / 0x1p40, weight = unit(rng);
    ASSERT_PRED2(same, normalise(log_odds, weight, 0x1p20).value,
                 nearest(Rational(log_odds) * Rational(weight)));
  }
}

std::vector<RawRecord> random_records(Rng& rng, std::size_t count) {
  const Key types[] = {std::int64_t{0}, std::int64_t{7}, std::string("7"), std::string("camera")};
  std::vector<RawRecord> out;
  for (std::size_t i = 0; i < count; ++i) {
    const double log_odds = core::random_number(rng, rng() % 4 == 0 ? 3 : 2);
    const double weight = rng() % 3 == 0   ? 1
                          : rng() % 3 == 0 ? std::ldexp(unit(rng), -200)
                                           : unit(rng);
    out.push_back(
        {types[rng() % 4], rng() % 20 == 0 ? nan : log_odds, rng() % 20 == 0 ? 2 : weight});
  }
  return out;
}

SourceSums sums_of(std::span<const RawRecord> records, double max_log_odds) {
  SourceSums out;
  for (const RawRecord& r : records) {
    const Contribution c = normalise(r.log_odds, r.weight, max_log_odds);
    if (c.refusal == Refusal::none) out.add(r.type, c);
  }
  return out;
}

TEST(SourceSums, IsWhatRationalNumbersSay) {
  Rng rng(4);
  for (int trial = 0; trial < 300; ++trial) {
    const auto records = random_records(rng, rng() % 60);
    const SourceSums sums = sums_of(records, 50);
    for (const double cap : {infinity, 1e-9, 0.5, 3.0, 1e6}) {
      const SourceTotal total = sums.total(cap);
      ASSERT_PRED2(same, total.pooled.value(), nearest(slow_total(records, 50, cap)));
      ASSERT_PRED2(same, total.uncapped.value(), nearest(slow_total(records, 50, infinity)));
    }
  }
}

// Whether a group is heavier than the cap is decided beyond what doubles can say.
TEST(SourceSums, CapsExactly) {
  SourceSums sums;
  for (int i = 0; i < 10; ++i) sums.add(1, normalise(2, 1, 50));
  EXPECT_EQ(sums.total(10).capped_groups, 0);
  EXPECT_EQ(sums.total(10).pooled.value(), 20);
  sums.add(1, normalise(0, 0x1p-1074, 50));
  EXPECT_EQ(sums.total(10).capped_groups, 1);
  EXPECT_EQ(sums.total(5).pooled.value(), 10);
  EXPECT_EQ(sums.total(0x1p-1074).pooled.value(), 0x1p-1073);
  sums.add(2, normalise(-1, 1, 50));  // another group
  EXPECT_EQ(sums.total(5).pooled.value(), 9);
}

TEST(SourceSums, DoesNotShowOrderSplitsOrWhatWasTakenAway) {
  Rng rng(5);
  for (int trial = 0; trial < 100; ++trial) {
    auto records = random_records(rng, 40);
    const auto all = sums_of(records, 50).to_bytes();
    auto extra = random_records(rng, 10);
    for (RawRecord& r : extra) {
      if (rng() % 2 == 0) r.type = "of nothing else";
    }
    std::shuffle(records.begin(), records.end(), rng);
    const std::size_t split = rng() % records.size();
    SourceSums a = sums_of(std::span(records).first(split), 50);
    const SourceSums b = sums_of(std::span(records).subspan(split), 50);
    SourceSums reversed = b;
    reversed.merge(a);
    a.merge(b);
    ASSERT_EQ(a.to_bytes(), all);
    ASSERT_EQ(reversed.to_bytes(), all);
    a.merge(sums_of(extra, 50));
    for (const RawRecord& r : extra) {
      const Contribution c = normalise(r.log_odds, r.weight, 50);
      if (c.refusal == Refusal::none) a.subtract(r.type, c);
    }
    ASSERT_EQ(a.to_bytes(), all);
    a.subtract(b);
    ASSERT_EQ(a.to_bytes(), sums_of(std::span(records).first(split), 50).to_bytes());
  }
}

TEST(SourceSums, BulkIsOneByOne) {
  Rng rng(6);
  SourceSums bulk, single;
  std::vector<double> values, weights;
  std::int64_t clamped = 0;
  for (int i = 0; i < 5000; ++i) {
    const Contribution c = normalise(core::random_number(rng, 2), unit(rng), 50);
    single.add("x", c);
    values.push_back(c.value);
    weights.push_back(c.weight);
    clamped += c.clamped;
  }
  bulk.group("x").add(values, weights, clamped);
  EXPECT_EQ(bulk.to_bytes(), single.to_bytes());
  EXPECT_EQ(bulk.records(), 5000);
  EXPECT_EQ(bulk.clamped(), clamped);
  EXPECT_GT(clamped, 0);
}

TEST(SourceSums, ReadsOnlyWhatItWrites) {
  Rng rng(7);
  const auto bytes = sums_of(random_records(rng, 30), 50).to_bytes();
  Bytes whole = bytes;
  EXPECT_EQ(SourceSums::read(whole).to_bytes(), bytes);
  EXPECT_TRUE(whole.empty());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes cut = Bytes(bytes).first(i);
    EXPECT_THROW(SourceSums::read(cut), DataError);
    for (int bit = 0; bit < 8; ++bit) {
      auto changed = bytes;
      changed[i] ^= static_cast<std::byte>(1 << bit);
      Bytes rest = changed;
      try {  // another state, written in the same way, or damage
        const SourceSums read = SourceSums::read(rest);
        ASSERT_EQ(read.to_bytes(),
                  std::vector<std::byte>(changed.begin(),
                                         changed.end() - static_cast<std::ptrdiff_t>(rest.size())));
      } catch (const DataError&) {
      }
    }
  }
}

TEST(Rules, AreCheckedAndWritten) {
  for (const auto& change : std::vector<void (*)(Rules&)>{
           [](Rules& r) { r.max_log_odds = 0; }, [](Rules& r) { r.max_log_odds = infinity; },
           [](Rules& r) { r.max_log_odds = nan; }, [](Rules& r) { r.max_group_weight = 0; },
           [](Rules& r) { r.max_group_weight = nan; }, [](Rules& r) { r.byzantine = 0.5; },
           [](Rules& r) { r.byzantine = 0.4999999999; }, [](Rules& r) { r.byzantine = -0.1; },
           [](Rules& r) { r.confidence = 1; }, [](Rules& r) { r.confidence = 0; },
           [](Rules& r) { r.confidence = 0.99999999999; }}) {
    Rules rules;
    change(rules);
    EXPECT_THROW(rules.check(), InputError);
    std::vector<std::byte> bytes;
    rules.append_bytes(bytes);
    Bytes rest = bytes;
    EXPECT_THROW(Rules::read(rest), DataError);
  }
  std::vector<std::byte> bytes;
  Rules rules{.max_group_weight = 3, .equivocation = Equivocation::drop, .registered_only = true};
  rules.append_bytes(bytes);
  Bytes rest = bytes;
  EXPECT_EQ(Rules::read(rest), rules);
}

TEST(Rules, SharesAreDecimal) {
  EXPECT_EQ(share_of(100, 0.29), 29u);
  EXPECT_EQ(share_of(100, 0.33), 33u);
  EXPECT_EQ(share_of(3, 0.33), 0u);
  EXPECT_EQ(share_of(std::uint64_t{1} << 62, 0.25), std::uint64_t{1} << 60);
}

}  // namespace
}  // namespace trawl::evidence
