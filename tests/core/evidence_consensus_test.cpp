// Live evidence against a twin that keeps every delivery in a list and starts over each time.
#include <limits>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/elementary.hpp>

#include "core/evidence_support.hpp"

namespace trawl::evidence {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Identity = std::tuple<Key, Key, Key>;

Identity identity(const Evidence& e) {
  return {e.entity, e.source, e.id};
}
auto content(const Evidence& e) {
  return std::make_tuple(e.type, e.time, std::bit_cast<std::uint64_t>(e.log_odds),
                         std::bit_cast<std::uint64_t>(e.weight));
}

class Twin {
 public:
  Twin(const Rules& rules, std::map<Key, std::uint32_t> registry)
      : rules_(rules), registry_(std::move(registry)) {}
  void add(const Evidence& e) {
    if (normalise(e.log_odds, e.weight, 50).refusal == Refusal::none) deliveries_.push_back(e);
  }
  std::int64_t retract(const Identity& id) {
    return static_cast<std::int64_t>(
        std::erase_if(deliveries_, [&](const Evidence& e) { return identity(e) == id; }));
  }
  std::set<Identity> equivocations() const {
    std::set<Identity> out;
    for (const Evidence& a : deliveries_) {
      for (const Evidence& b : deliveries_) {
        if (identity(a) == identity(b) && content(a) != content(b)) out.insert(identity(a));
      }
    }
    return out;
  }

  // Plain and robust log-odds.
  std::pair<double, double> posterior(const Key& entity, double prior) const {
    const auto lies = equivocations();
    std::map<Key, std::vector<RawRecord>> sources;
    std::set<Identity> seen;
    for (const Evidence& e : deliveries_) {
      if (e.entity != entity || lies.count(identity(e)) != 0) continue;
      if (!seen.insert(identity(e)).second) continue;
      sources[e.source].push_back({e.type, e.log_odds, e.weight});
    }
    Rational plain(core::rounded::logit(prior));
    std::vector<Opinion> opinions;
    for (const auto& [source, records] : sources) {
      const Rational total = slow_total(records, rules_.max_log_odds, rules_.max_group_weight);
      plain += total;
      bool votes = true;
      for (const auto& [where, who, id] : lies) {
        if (who != source) continue;
        votes =
            votes && (rules_.equivocation == Equivocation::drop ||
                      (rules_.equivocation == Equivocation::distrust_on_entity && where != entity));
      }
      const auto known = registry_.find(source);
      if (rules_.registered_only && known == registry_.end()) votes = false;
      if (!votes) continue;
      opinions.push_back({source, nearest(total), known == registry_.end() ? 1 : known->second});
    }
    Rational robust(core::rounded::logit(prior));
    if (!opinions.empty()) {
      robust += Rational(slow_median(ballots(opinions))) * static_cast<long>(opinions.size());
    }
    return {nearest(plain), nearest(robust)};
  }

 private:
  Rules rules_;
  std::map<Key, std::uint32_t> registry_;
  std::vector<Evidence> deliveries_;
};

Evidence random_evidence(Rng& rng) {
  const auto small = [&](std::uint64_t n) { return static_cast<std::int64_t>(rng() % n); };
  Evidence e{.entity = small(2), .source = small(5), .id = small(5)};
  if (rng() % 2 == 0) e.source = "s" + stats::text_of(e.source);
  e.type = small(2);
  e.time = small(2);
  e.log_odds = rng() % 30 == 0 ? nan : static_cast<double>(small(4)) * 20.1 - 30;
  e.weight = rng() % 30 == 0 ? 2 : rng() % 4 == 0 ? 0.3 : 1;
  // Mostly what an honest source would repeat.
  if (rng() % 8 != 0) {
    e.type = std::get<std::int64_t>(e.id) % 2;
    e.time = 0;
    e.weight = 0.7;
    e.log_odds = static_cast<double>(std::get<std::int64_t>(e.id)) * 9.7 - 20;
  }
  return e;
}

TEST(Consensus, IsWhatItsTwinSays) {
  Rng rng(31);
  for (int trial = 0; trial < 120; ++trial) {
    Rules rules{.max_group_weight = trial % 3 == 0 ? 1.5 : 1e9, .byzantine = 0.2};
    rules.equivocation = static_cast<Equivocation>(trial % 3);
    rules.registered_only = trial % 4 == 0;
    const std::map<Key, std::uint32_t> registry{
        {std::int64_t{1}, 2}, {"s2", 1}, {"s3", 3}, {std::int64_t{4}, 1}};
    Consensus ours(rules);
    for (const auto& [source, votes] : registry) ours.register_source(source, votes);
    Twin twin(rules, registry);
    for (int step = 0; step < 80; ++step) {
      const Evidence e = random_evidence(rng);
      if (rng() % 5 == 0) {
        ASSERT_EQ(ours.retract(e.entity, e.source, e.id), twin.retract(identity(e)));
      } else {
        ours.add(e);
        twin.add(e);
      }
      if (step % 4 != 0) continue;
      const auto [plain, robust] = twin.posterior(e.entity, 0.1);
      const Assessment assessment = ours.posterior(e.entity, 0.1);
      ASSERT_EQ(assessment.plain.log_odds, plain);
      ASSERT_EQ(assessment.median.log_odds, robust);
    }
    std::set<Identity> found;
    for (const auto& p : ours.equivocations()) found.insert({p.entity, p.source, p.id});
    ASSERT_EQ(found, twin.equivocations());
    ASSERT_EQ(ours.counts().equivocations, static_cast<std::int64_t>(found.size()));
  }
}

TEST(Consensus, MergesInAnyOrderAndTree) {
  Rng rng(32);
  for (int trial = 0; trial < 60; ++trial) {
    std::vector<Evidence> all;
    for (int i = 0; i < 200; ++i) all.push_back(random_evidence(rng));
    Consensus whole;
    whole.register_source("s1", 2);
    for (const Evidence& e : all) whole.add(e);
    std::shuffle(all.begin(), all.end(), rng);
    std::vector<Consensus> parts(4);
    parts[2].register_source("s1", 2);
    for (const Evidence& e : all) parts[rng() % 4].add(e);
    while (parts.size() > 1) {
      const std::size_t from = rng() % parts.size();
      const Consensus part = std::move(parts[from]);
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(from));
      parts[rng() % parts.size()].merge(part);
    }
    ASSERT_EQ(parts[0].to_bytes(), whole.to_bytes());
    const Consensus again = Consensus::from_bytes(whole.to_bytes());
    ASSERT_EQ(again.to_bytes(), whole.to_bytes());
    ASSERT_EQ(again.posterior(1).plain.log_odds, whole.posterior(1).plain.log_odds);
    ASSERT_EQ(again.counts().duplicates, whole.counts().duplicates);
  }
}

TEST(Consensus, RetractionLeavesNoTrace) {
  Rng rng(33);
  Consensus state;
  for (int i = 0; i < 100; ++i) state.add(random_evidence(rng));
  const auto before = state.to_bytes();
  const double plain = state.posterior(1).plain.log_odds;
  for (std::int64_t i = 0; i < 50; ++i) {
    Evidence e = random_evidence(rng);
    e.id = "new " + std::to_string(i);
    e.source = "new";
    if (std::isnan(e.log_odds) || e.weight > 1) continue;
    EXPECT_EQ(state.add(e), Added::counted);
    EXPECT_EQ(state.add(e), Added::duplicate);
    e.log_odds += 1;
    EXPECT_EQ(state.add(e), Added::equivocation);
    EXPECT_TRUE(state.is_distrusted(e.source));
    EXPECT_EQ(state.retract(e.entity, e.source, e.id), 3);
    EXPECT_EQ(state.retract(e.entity, e.source, e.id), 0);
    EXPECT_FALSE(state.is_distrusted(e.source));
  }
  EXPECT_EQ(state.to_bytes(), before);
  EXPECT_EQ(state.posterior(1).plain.log_odds, plain);
}

TEST(Consensus, DuplicatesAndEquivocationsAreCounted) {
  Consensus state({.equivocation = Equivocation::distrust});
  Evidence e{.entity = "case", .source = "a", .id = 1};
  e.log_odds = 2;
  EXPECT_EQ(state.add(e), Added::counted);
  EXPECT_EQ(state.add(e), Added::duplicate);
  Evidence other = e;  // the same id of another source is another piece of evidence
  other.source = "b";
  other.log_odds = 3;
  EXPECT_EQ(state.add(other), Added::counted);
  e.log_odds = nan;
  EXPECT_EQ(state.add(e), Added::refused);
  e.log_odds = 1;
  e.weight = -1;
  EXPECT_EQ(state.add(e), Added::refused);
  EXPECT_EQ(state.posterior("case").plain.log_odds, 5);
  e.weight = 1;
  EXPECT_EQ(state.add(e), Added::equivocation);
  const Assessment assessment = state.posterior("case");
  EXPECT_EQ(assessment.plain.log_odds, 3);
  EXPECT_EQ(assessment.distrusted, 1);
  EXPECT_EQ(assessment.combination.sources, 1u);
  const ConsensusCounts counts = state.counts();
  EXPECT_EQ(counts.evidence, 2);
  EXPECT_EQ(counts.equivocations, 1);
  EXPECT_EQ(counts.duplicates, 1);
  EXPECT_EQ(counts.refused, (Refused{1, 1}));
  const auto proof = state.equivocations().at(0);
  EXPECT_EQ(proof.source, Key("a"));
  EXPECT_EQ(proof.first.log_odds, std::bit_cast<std::uint64_t>(1.0));
  EXPECT_EQ(proof.second.log_odds, std::bit_cast<std::uint64_t>(2.0));
  EXPECT_EQ(state.posterior("another case").median.log_odds, 0);
}

TEST(Consensus, RefusesToMergeWhatDiffers) {
  Consensus a, b({.max_log_odds = 40}), c;
  a.register_source("s", 2);
  c.register_source("s", 3);
  const auto before = a.to_bytes();
  EXPECT_THROW(a.merge(b), InputError);
  EXPECT_THROW(a.merge(c), InputError);
  EXPECT_THROW(a.register_source("s", 3), InputError);
  EXPECT_THROW(a.register_source("t", 0), InputError);
  EXPECT_EQ(a.to_bytes(), before);
  EXPECT_THROW(Consensus({.byzantine = 0.5}), InputError);
  a.add({.entity = 1, .source = 1, .id = 1});
  a.merge(a);
  EXPECT_EQ(a.counts().duplicates, 1);
}

TEST(Consensus, ReadsOnlyWhatItWrites) {
  Rng rng(34);
  Consensus state;
  state.register_source("s1", 2);
  state.register_source(5);
  for (int i = 0; i < 25; ++i) state.add(random_evidence(rng));
  const auto bytes = state.to_bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_THROW(Consensus::from_bytes(Bytes(bytes).first(i)), DataError);
    for (int bit = 0; bit < 8; ++bit) {
      auto changed = bytes;
      changed[i] ^= static_cast<std::byte>(1 << bit);
      try {
        ASSERT_EQ(Consensus::from_bytes(changed).to_bytes(), changed);
      } catch (const DataError&) {
      }
    }
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_THROW(Consensus::from_bytes(longer), DataError);
}

}  // namespace
}  // namespace trawl::evidence
