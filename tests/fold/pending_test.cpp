// Records that wait against plain sorting.
#include "fold/evidence/pending.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/entity_id.hpp>

#include "fold/evidence/candidate.hpp"
#include "fold/evidence/table.hpp"

namespace trawl::fold {
namespace {

// `spilling` keeps so little in memory that most of its records wait on disk.
TEST(PendingRecords, ComeBackWholeByOwnerAndIdentity) {
  std::mt19937_64 random(12);
  PendingRecords pending, spilling({100'000, {}});
  std::multiset<std::string> want;
  std::uint64_t bytes = 0;
  for (int i = 0; i < 60'000; ++i) {
    Candidate record{static_cast<std::int64_t>(random() % 200),
                     std::string(random() % 4, 'x'),
                     static_cast<std::int64_t>(random() % 60),
                     {},
                     {0, random() % 1000}};
    record.content.weight = random() % 3;
    std::string text;
    append_candidate(text, record);
    (random() % 2 == 0 ? pending : spilling).add(stats::hash_of(record.entity), text);
    want.insert(text);
    bytes += text.size() + 12;
  }
  EXPECT_TRUE(spilling.spilled());
  EXPECT_FALSE(pending.spilled());
  for (std::size_t part = 0; part < EvidenceTable::parts; ++part) {
    std::string text;
    pending.append_part(text, part);
    spilling.merge(text);
  }
  for (const std::uint64_t of_share : spilling.share_bytes()) bytes -= of_share;
  EXPECT_EQ(bytes, 0u);
  std::string all;
  for (std::size_t part = 0; part < EvidenceTable::parts; ++part) spilling.append_part(all, part);
  PendingRecords again;
  again.merge(all);
  EXPECT_EQ(again.share_bytes(), spilling.share_bytes());

  std::multiset<std::string> got;
  std::set<std::string, std::less<>> identities;
  for (std::size_t part = 0; part < EvidenceTable::parts; ++part) {
    for (const auto& [first, last] : {std::pair(0, 1), {1, 1}, {1, 40}, {40, 64}}) {
      auto messages = spilling.take_shares(part, static_cast<std::size_t>(first),
                                           static_cast<std::size_t>(last), 3);
      ASSERT_EQ(messages.size(), 3u);
      for (std::size_t rank = 0; rank < 3; ++rank) {
        std::vector<std::vector<char>> one;
        one.push_back(std::move(messages[rank]));
        std::string_view before;
        for (const std::string_view record : sorted_records(one)) {
          got.emplace(record);
          const CandidateBytes split = split_candidate(record);
          const std::uint64_t hash = stats::hash_of(read_candidate(split).entity);
          ASSERT_EQ(EvidenceTable::part_of(hash), part);
          ASSERT_EQ(owner_of(hash, 3), rank);
          if (!before.empty() && split_candidate(before).identity == split.identity) {
            ASSERT_LE(before, record);
          } else {
            ASSERT_TRUE(identities.emplace(split.identity).second) << "an identity in two places";
          }
          before = record;
        }
      }
    }
  }
  EXPECT_EQ(got, want);
  for (const auto& left : spilling.take_shares(0, 0, PendingRecords::shares, 2))
    EXPECT_TRUE(left.empty());
}

TEST(PendingRecords, WhereNoFileCanBeSaySo) {
  PendingRecords pending({10, "/nowhere/at/all"});
  try {
    pending.add(1, "a record of more than ten bytes");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("--compare-memory"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("/nowhere/at/all"), std::string::npos);
  }
}

}  // namespace
}  // namespace trawl::fold
