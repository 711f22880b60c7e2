// Searches whose key list is checked late, on any number of ranks and threads: the same matches as
// when the list is sorted and searched, and one certificate.
#include <fstream>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include <trawl/base/digest.hpp>
#include <trawl/fold/certificate.hpp>
#include <trawl/fold/search.hpp>

#include "base/temp_folder.hpp"
#include "support/ranks.hpp"

namespace trawl::fold {
namespace {

using test::world;

constexpr const char* source = "gen:transactions?datasets=3&rows=30000&seed=9&row_group_rows=1024";

class LateKeysTest : public testing::Test {
 protected:
  // Every third user of the rows, and others up to `count` keys; some twice; in no order.
  std::string list_of(std::uint64_t count) {
    std::string place = (folder_.path() / "keys.txt").string();
    world().broadcast(place);
    if (world().is_root()) write(place, count);
    world().barrier();
    return place;
  }

  static void write(const std::string& place, std::uint64_t count) {
    SearchRequest request = request_for("TRUE");
    request.select = {"user_id"};
    PhaseTimer timer;
    const SearchResult all = search(request, comm::Comm::solo(), {}, timer);
    std::mt19937_64 random(4);
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < all.matches.items().size(); i += 3) {
      const std::string& line = all.matches.items()[i].line;
      const std::size_t at = line.rfind(':') + 1;
      keys.push_back(line.substr(at, line.find('}', at) - at));
      if (i % 2 == 0) keys.push_back(keys.back());
    }
    while (keys.size() < count) keys.push_back(std::to_string(random() >> 20));
    std::shuffle(keys.begin(), keys.end(), random);
    std::ofstream file(place, std::ios::binary);
    for (const std::string& key : keys) file << key << '\n';
  }

  static SearchRequest request_for(const std::string& where) {
    SearchRequest request;
    request.where = where;
    request.inputs = {source};
    request.audit = 1;
    return request;
  }

  struct Outcome {
    std::string matches, certificate;  // root
    bool late = false;
    std::uint64_t filter_bytes = 0;
    std::uint64_t candidates = 0, false_positives = 0, count = 0;
  };

  static Outcome run(SearchRequest request, const comm::Comm& comm) {
    PhaseTimer timer;
    const SearchResult result = search(request, comm, {}, timer);
    Outcome outcome;
    outcome.late = result.key_lists[0].checked_late;
    outcome.filter_bytes = result.key_lists[0].filter_bytes;
    if (!comm.is_root()) return outcome;
    outcome.matches = matches_text(request, result);
    outcome.candidates = result.total.candidates;
    outcome.false_positives = result.total.false_positives;
    outcome.count = result.total.matches;
    outcome.certificate =
        make_certificate(request, result, hex(sha256(bytes_of(outcome.matches)))).digest;
    return outcome;
  }

  // The list checked late by all ranks against: searched by one, with filters and without.
  void compare(const std::string& where, bool filtered) {
    SearchRequest request = request_for(where);
    std::vector<Outcome> found;
    for (const int threads : {1, 3}) {
      request.threads = threads;
      found.push_back(run(request, world()));
    }
    if (!world().is_root()) return;
    found.push_back(run(request, comm::Comm::solo()));
    request.filters = false;
    const Outcome searched = run(request, comm::Comm::solo());
    EXPECT_FALSE(searched.late);
    EXPECT_GT(searched.count, 0u) << where;
    for (const Outcome& outcome : found) {
      EXPECT_TRUE(outcome.late) << where;
      EXPECT_EQ(outcome.filter_bytes > 0, filtered) << where;
      EXPECT_TRUE(outcome.matches == searched.matches) << where;
      EXPECT_EQ(outcome.count, searched.count) << where;
      EXPECT_EQ(outcome.candidates, outcome.count + outcome.false_positives) << where;
      EXPECT_EQ(outcome.certificate, found[0].certificate) << where;
    }
  }

  test::TempFolder folder_;
};

TEST_F(LateKeysTest, ConditionsThatLeaveFewRowsNeedNoFilter) {
  const std::string list = "user_id IN FILE '" + list_of(70'000) + "'";
  compare(list + " AND amount > 900", false);
  compare("action = 'purchase' AND " + list + " AND (amount < 20 OR country = 'DE')", false);
}

TEST_F(LateKeysTest, ManyRowsAreFilteredFirst) {
  const std::string list = "user_id IN FILE '" + list_of(70'000) + "'";
  compare(list, true);
  compare(list + " AND amount > 1", true);
}

// More candidates than are kept at a time: the list streams past again and again.
TEST_F(LateKeysTest, NothingIsLostBetweenWindows) {
  const std::string place = list_of(70'000);
  const comm::Comm comm = comm::Comm::solo();
  const Query query{core::parse("user_id IN FILE '" + place + "' AND amount > 1"), {"user_id"}};
  std::set<std::uint64_t> counts;
  std::vector<std::string> found;
  for (const std::uint64_t at_once : {0u, 1u, 1000u, 20'000u}) {
    Opening opening({source}, "", query, 2, true, comm);
    KeyLists keys = KeyLists::load(opening.key_lists(), 0.001, 2, comm, opening.checks_late());
    const Opened opened = opening.finish();
    opened.pool->use_keys(keys.sets(), {});
    FoldJob job;
    job.pool = opened.pool.get();
    job.work = prune(opened, keys.sets(), {}, 1, comm).work;
    job.threads = 3;
    job.make_summary = [] { return std::make_unique<MatchSet>(); };
    job.late = keys.late();
    job.late_at_once = at_once;
    const FoldResult result = fold(job);
    std::uint64_t rows = 0, matches = 0;
    for (const LedgerRun& run : result.ledger.runs()) {
      rows += run.counts.rows;
      matches += run.counts.matches;
    }
    EXPECT_EQ(rows, 90'000u);
    EXPECT_TRUE(result.left.empty());
    counts.insert(matches);
    found.push_back(result.summary->to_bytes());
  }
  world().barrier();  // root takes the list away
  EXPECT_EQ(counts.size(), 1u);
  EXPECT_GT(*counts.begin(), 10'000u);
  MatchSet first;
  first.merge(found[0]);
  first.sort();
  for (const std::string& bytes : found) {
    MatchSet set;
    set.merge(bytes);
    set.sort();
    EXPECT_TRUE(set.to_bytes() == first.to_bytes());
  }
}

// Lists that cannot be checked late are searched, with equal results.
TEST_F(LateKeysTest, OtherPredicatesAreSearched) {
  const std::string list = "user_id IN FILE '" + list_of(70'000) + "'";
  for (const std::string& where :
       {list + " OR amount > 900", "NOT " + list, list + " AND amount * 2 > 1000"}) {
    SearchRequest request = request_for(where);
    request.count_only = true;
    const Outcome with = run(request, world());
    request.filters = false;
    const Outcome without = run(request, world());
    EXPECT_FALSE(with.late) << where;
    EXPECT_EQ(with.count, without.count) << where;
  }
  SearchRequest few = request_for("user_id IN FILE '" + list_of(1000) + "'");
  const Outcome outcome = run(few, world());
  EXPECT_FALSE(outcome.late) << "so few keys are sorted at once";
}

}  // namespace
}  // namespace trawl::fold
