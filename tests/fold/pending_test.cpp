// Records that wait against plain sorting.
#include "fold/evidence/pending.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include <trawl/core/stats/entity_id.hpp>

#include "fold/evidence/candidate.hpp"
#include "fold/evidence/table.hpp"

namespace trawl::fold {
namespace {

TEST(PendingRecords, ComeBackWholeByOwnerAndIdentity) {
  std::mt19937_64 random(12);
  PendingRecords pending, other;
  std::multiset<std::string> want;
  for (int i = 0; i < 60'000; ++i) {
    Candidate record{static_cast<std::int64_t>(random() % 200),
                     std::string(random() % 4, 'x'),
                     static_cast<std::int64_t>(random() % 60),
                     {},
                     {0, random() % 1000}};
    record.content.weight = random() % 3;
    std::string bytes;
    append_candidate(bytes, record);
    (random() % 2 == 0 ? pending : other).add(stats::hash_of(record.entity), bytes);
    want.insert(bytes);
  }
  for (std::size_t part = 0; part < EvidenceTable::parts; ++part) {
    std::string bytes;
    other.append_part(bytes, part);
    pending.merge(bytes);
  }
  std::multiset<std::string> got;
  std::set<std::string, std::less<>> identities;
  for (std::size_t part = 0; part < EvidenceTable::parts; ++part) {
    auto messages = pending.take_part(part, 3);
    ASSERT_EQ(messages.size(), 3u);
    for (std::size_t rank = 0; rank < 3; ++rank) {
      std::vector<std::vector<char>> one;
      one.push_back(std::move(messages[rank]));
      std::string_view last;
      for (const std::string_view record : sorted_records(one)) {
        got.emplace(record);
        const CandidateBytes split = split_candidate(record);
        const std::uint64_t hash = stats::hash_of(read_candidate(split).entity);
        ASSERT_EQ(EvidenceTable::part_of(hash), part);
        ASSERT_EQ(owner_of(hash, 3), rank);
        if (!last.empty() && split_candidate(last).identity == split.identity) {
          ASSERT_LE(last, record);
        } else {
          ASSERT_TRUE(identities.emplace(split.identity).second) << "an identity in two places";
        }
        last = record;
      }
    }
  }
  EXPECT_EQ(got, want);
  for (const auto& left : pending.take_part(0, 2)) EXPECT_TRUE(left.empty());
}

}  // namespace
}  // namespace trawl::fold
