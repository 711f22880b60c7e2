// Watch lists on any number of ranks: the same keys, digests and facts everywhere, as a std::set
// has them.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>
#include <trawl/fold/key_lists.hpp>

#include "base/temp_folder.hpp"
#include "support/ranks.hpp"

namespace trawl::fold {
namespace {

using core::KeyListRef;

// Root makes a folder, all ranks know it.
class KeyListsTest : public testing::Test {
 protected:
  std::string path(const std::string& name, const std::string& text) {
    const comm::Comm& comm = test::world();
    std::string place = (folder_.path() / name).string();
    comm.broadcast(place);
    if (comm.is_root()) std::ofstream(place, std::ios::binary) << text;
    comm.barrier();
    return place;
  }

  KeyLists load(const std::vector<KeyListRef>& refs, int threads = 2) {
    return KeyLists::load(refs, 0.001, threads, test::world());
  }

  test::TempFolder folder_;
};

TEST_F(KeyListsTest, IntegersInAnyOrderWithDuplicates) {
  std::mt19937_64 random(5);
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{5000}}) {
    std::set<std::int64_t> keys;
    std::string text, shuffled, once;
    for (std::size_t i = 0; i < count; ++i) {
      const auto key = static_cast<std::int64_t>(random() >> (random() % 60)) - 1000;
      keys.insert(key);
      const std::string line = std::to_string(key) + (i % 2 == 0 ? "\n" : "\r\n\n");
      text += line + line;
      shuffled = line + shuffled + line;
      once += line;
    }
    if (!text.empty()) text.pop_back();  // the last line may lack its end
    const KeyLists lists = load({{path("a.txt", text), "", "id", Type::int64},
                                 {path("b.txt", shuffled), "", "id", Type::int64},
                                 {path("c.txt", once), "", "id", Type::int64}});
    const core::KeySet& set = *lists.sets()[0];
    std::vector<std::int64_t> found;
    for (std::uint64_t i = 0; i < set.size(); ++i) found.push_back(set.integer(i));
    const std::string digest = lists.facts()[0].digest;
    const bool same = test::world().same_everywhere(digest);
    EXPECT_EQ(found, std::vector<std::int64_t>(keys.begin(), keys.end()));
    EXPECT_EQ(lists.facts()[0].read, 2 * count);
    EXPECT_EQ(lists.facts()[0].distinct, keys.size());
    EXPECT_EQ(lists.facts()[1].digest, digest) << "the digest depends on how the list was written";
    EXPECT_EQ(lists.facts()[2].digest, digest) << "the digest depends on how often keys are listed";
    EXPECT_EQ(lists.facts()[0].named, keys.size());
    EXPECT_EQ(lists.facts()[2].distinct, keys.size());
    EXPECT_TRUE(same);
    for (const std::int64_t key : keys) {
      EXPECT_TRUE(set.contains(key));
      EXPECT_TRUE(set.filter().may_contain(core::hash_key(key)));
    }
  }
}

// Enough keys that every rank sorts and fills on several threads.
TEST_F(KeyListsTest, ThreadsAndRanksChangeNothing) {
  std::mt19937_64 random(7);
  std::string text;
  std::vector<std::int64_t> keys;
  for (int i = 0; i < 400000; ++i) {
    keys.push_back(static_cast<std::int64_t>(random()) >> (random() % 3 == 0 ? 50 : 20));
    text += std::to_string(keys.back()) + "\n";
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::vector<std::uint64_t> words(core::MembershipFilter::blocks_for(keys.size(), 0.001) * 8);
  for (const std::int64_t key : keys) core::MembershipFilter(words).add(core::hash_key(key));

  const std::string list = path("many.txt", text);
  for (const int threads : {1, 2}) {
    const KeyLists lists = load({{list, "", "id", Type::int64}}, threads);
    const core::KeySet& set = *lists.sets()[0];
    std::vector<std::int64_t> found;
    for (std::uint64_t i = 0; i < set.size(); ++i) found.push_back(set.integer(i));
    EXPECT_TRUE(found == keys) << threads << " threads";
    EXPECT_TRUE(std::equal(words.begin(), words.end(), set.filter().words().begin(),
                           set.filter().words().end()))
        << threads << " threads: another filter";
    for (std::size_t i = 0; i < keys.size(); i += 1001) {
      EXPECT_TRUE(set.contains(keys[i]));
      EXPECT_EQ(set.contains(keys[i] + 1),
                std::binary_search(keys.begin(), keys.end(), keys[i] + 1));
    }
  }
}

// Opt-in, for sizes that the usual suite has no time for: TRAWL_TEST_KEYS=100000000.
TEST_F(KeyListsTest, AsManyKeysAsAsked) {
  const char* asked = std::getenv("TRAWL_TEST_KEYS");
  const std::uint64_t count = asked == nullptr ? 1000 : std::stoull(asked);
  const auto key = [](std::uint64_t i) {  // an odd factor: distinct for distinct i
    return static_cast<std::int64_t>(i * 0x9e3779b97f4a7c15u);
  };
  const std::string list = path("asked.txt", "");
  if (test::world().is_root()) {
    std::ofstream file(list, std::ios::binary);
    for (std::uint64_t i = 0; i < count; ++i) file << key(i) << '\n';
  }
  test::world().barrier();
  const KeyLists lists = load({{list, "", "id", Type::int64}});
  const core::KeySet& set = *lists.sets()[0];
  EXPECT_EQ(lists.facts()[0].read, count);
  EXPECT_EQ(set.size(), count);
  std::uint64_t missed = 0, invented = 0, unsorted = 0;
  for (std::uint64_t i = 0; i < count; i += 1 + count / 100000) {
    missed += set.contains(key(i)) && set.filter().may_contain(core::hash_key(key(i))) ? 0 : 1;
    invented += set.contains(key(count + i)) ? 1 : 0;
    unsorted += i > 0 && set.integer(i) <= set.integer(i - 1) ? 1 : 0;
  }
  EXPECT_EQ(missed, 0u);
  EXPECT_EQ(invented, 0u);
  EXPECT_EQ(unsorted, 0u);
}

TEST_F(KeyListsTest, TextsOfAllLengths) {
  std::mt19937_64 random(6);
  std::set<std::string> keys;
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    std::string key(1 + random() % (i % 100 == 0 ? 100000 : 12),
                    static_cast<char>('a' + random() % 3));
    key[random() % key.size()] = static_cast<char>('A' + random() % 20);
    text += key + "\n";
    keys.insert(std::move(key));
  }
  const KeyLists lists = load({{path("t.txt", text), "", "name", Type::text}});
  const core::KeySet& set = *lists.sets()[0];
  std::vector<std::string> found;
  for (std::uint64_t i = 0; i < set.size(); ++i) found.emplace_back(set.text(i));
  EXPECT_EQ(found, std::vector<std::string>(keys.begin(), keys.end()));
}

TEST_F(KeyListsTest, ColumnsOfCsvFilesAndTimes) {
  const std::string csv = path("k.csv", "a,when\n1,2025-01-02\n2,\n3,2025-01-02T00:00:01Z\n");
  const KeyLists lists = load({{csv, "", "when", Type::timestamp}, {csv, "a", "id", Type::int64}});
  EXPECT_EQ(lists.sets()[0]->size(), 2u);
  EXPECT_TRUE(lists.sets()[0]->contains(*parse_timestamp("2025-01-02T00:00:01")));
  EXPECT_EQ(lists.sets()[1]->size(), 3u);
}

std::string refusal(const std::function<void()>& step) {
  try {
    step();
  } catch (const CollectiveError& error) {
    return static_cast<int>(error.code()) == 2 ? error.what() : "wrong exit code";
  }
  return "no error";
}

TEST_F(KeyListsTest, MistakesAreNamedByLine) {
  std::string text;
  for (int i = 1; i <= 1000; ++i) text += i == 777 ? "seven\n" : std::to_string(i) + "\n";
  const std::string bad = path("bad.txt", text), csv = path("two.csv", "a,b\n1,2\n");
  const std::string line = refusal([&] { load({{bad, "", "id", Type::int64}}); });
  const std::string column = refusal([&] { load({{csv, "", "id", Type::int64}}); });
  const std::string none = refusal([&] { load({{"/nowhere/keys.txt", "", "id", Type::int64}}); });
  EXPECT_NE(line.find("line 777"), std::string::npos) << line;
  EXPECT_NE(line.find("seven"), std::string::npos) << line;
  EXPECT_NE(column.find("COLUMN"), std::string::npos) << column;
  EXPECT_NE(none.find("/nowhere/keys.txt"), std::string::npos) << none;
}

}  // namespace
}  // namespace trawl::fold
