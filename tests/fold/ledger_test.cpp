#include <algorithm>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/fold/certificate.hpp>
#include <trawl/fold/journal.hpp>
#include <trawl/fold/ledger.hpp>
#include <trawl/fold/matches.hpp>

#include "base/temp_folder.hpp"

namespace trawl::fold {
namespace {

using Random = std::mt19937_64;

LedgerRun random_group(Random& random, std::uint64_t dataset, std::uint64_t group) {
  LedgerRun run{dataset,        group, group + 1, static_cast<GroupState>(random() % 3),
                {100, 0, 0, 0}, {},    {}};
  if (run.state == GroupState::scanned) {
    run.counts.matches = random() % 5;
    run.counts.false_positives = random() % 5;
    run.counts.candidates = run.counts.matches + run.counts.false_positives;
  } else {
    run.reason = random() % 2 == 0 ? "amount > 10" : "line\nbreak, \"quotes\" and \xff";
    if (run.state == GroupState::pruned)
      run.bounds = {R"([{"column":"amount","min":"1","max":"2"}])"};
  }
  return run;
}

std::vector<LedgerRun> random_groups(Random& random) {
  std::vector<LedgerRun> groups;
  for (std::uint64_t dataset = 0; dataset < 4; ++dataset) {
    for (std::uint64_t group = 0; group < random() % 20; ++group)
      groups.push_back(random_group(random, dataset, group));
  }
  return groups;
}

std::string canonical_bytes(const std::vector<LedgerRun>& runs) {
  Ledger ledger;
  for (const LedgerRun& run : runs) ledger.add(run);
  ledger.canonicalise();
  return ledger.to_bytes();
}

TEST(Ledger, AnySplitInAnyOrderMergesToTheSameBytes) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    auto groups = random_groups(random);
    const std::string expected = canonical_bytes(groups);
    std::shuffle(groups.begin(), groups.end(), random);
    Ledger parts[5];
    for (const LedgerRun& run : groups) parts[random() % 5].add(run);
    Ledger merged;
    for (Ledger& part : parts) {
      if (random() % 2 == 0) part.canonicalise();  // some ranks join neighbours before they send
      merged.merge(Ledger::from_bytes(part.to_bytes()));
    }
    merged.canonicalise();
    ASSERT_EQ(merged.to_bytes(), expected) << "seed " << seed;
  }
}

TEST(Ledger, ARowGroupThatIsCountedTwiceIsADefect) {
  Ledger ledger;
  ledger.add({3, 0, 4, GroupState::scanned, {400, 0, 0, 0}, {}, {}});
  ledger.add({3, 3, 5, GroupState::scanned, {200, 0, 0, 0}, {}, {}});
  EXPECT_THROW(ledger.canonicalise(), CheckError);
}

TEST(Ledger, RunsSurviveTheCertificate) {
  Random random(7);
  for (const LedgerRun& run : random_groups(random)) {
    const LedgerRun back = ledger_run_from(Json::parse(canonical_text(to_json(run))), run.dataset);
    EXPECT_EQ(canonical_text(to_json(back)), canonical_text(to_json(run)));
  }
}

TEST(Coverage, ClosesOnlyWhenEveryRowIsAccountedFor) {
  const Coverage honest{100, 60, 30, 10, 0, 7, 3, 4};
  EXPECT_TRUE(honest.closes());
  for (std::uint64_t Coverage::*count :
       {&Coverage::rows, &Coverage::scanned, &Coverage::pruned, &Coverage::failed,
        &Coverage::unvisited, &Coverage::candidates, &Coverage::false_positives,
        &Coverage::matches}) {
    Coverage wrong = honest;
    ++(wrong.*count);
    EXPECT_FALSE(wrong.closes());
  }
}

TEST(MatchSet, AnySplitInAnyOrderMergesToTheSameBytes) {
  Random random(3);
  std::vector<Match> matches;
  for (std::uint64_t row = 0; row < 200; ++row)
    matches.push_back({row % 3, row * 7, R"({"a":"x\ty\n"})"});
  MatchSet whole, merged;
  whole.items() = matches;
  std::shuffle(matches.begin(), matches.end(), random);
  for (std::size_t begin = 0; begin < matches.size(); begin += 17) {
    MatchSet part;
    for (std::size_t i = begin; i < std::min(begin + 17, matches.size()); ++i)
      part.items().push_back(matches[i]);
    merged.merge(part.to_bytes());
  }
  whole.sort();
  merged.sort();
  EXPECT_EQ(merged.to_bytes(), whole.to_bytes());
  EXPECT_ANY_THROW(merged.merge("1\t2"));
  EXPECT_ANY_THROW(merged.merge("1\tx\t{}\n"));
}

FinishedWork finished(std::uint64_t begin) {
  FinishedWork work{{0, begin, begin + 2, 5}, {}, "summary of " + std::to_string(begin) + "\n"};
  work.ledger.add({0, begin, begin + 2, GroupState::scanned, {20, 1, 0, 1}, {}, {}});
  return work;
}

TEST(Journal, GivesBackWhatWasFinishedInAnyAttempt) {
  const test::TempFolder folder;
  for (const std::uint64_t attempt : {0, 10}) {
    Journal first(folder.path(), 0, "head"), second(folder.path(), 1, "head");
    first.append(finished(attempt));
    second.append(finished(attempt + 4));
  }
  const auto work = read_journals(folder.path(), "head");
  ASSERT_EQ(work.size(), 4u);
  EXPECT_EQ(work[3].work, (Work{0, 14, 16, 5}));
  EXPECT_EQ(work[3].summary, "summary of 14\n");
  EXPECT_EQ(work[3].ledger.to_bytes(), finished(14).ledger.to_bytes());
}

TEST(Journal, ATornRecordIsLeftOutWhereverItIsTorn) {
  const test::TempFolder folder;
  std::uintmax_t before = 0;
  fs::path path;
  {
    Journal journal(folder.path(), 0, "head");
    journal.append(finished(0));
    path = fs::directory_iterator(folder.path())->path();
    before = fs::file_size(path);
    journal.append(finished(2));
  }
  for (std::uintmax_t size = fs::file_size(path) - 1; size > before; --size) {
    fs::resize_file(path, size);
    ASSERT_EQ(read_journals(folder.path(), "head").size(), 1u) << size;
  }
}

TEST(Journal, AChangedByteIsNotBelieved) {
  const test::TempFolder folder;
  { Journal(folder.path(), 0, "head").append(finished(0)); }
  const fs::path path = fs::directory_iterator(folder.path())->path();
  std::string bytes = read_file(path);
  bytes[bytes.size() - 3] ^= 1;
  write_file_atomically(path, bytes, true);
  EXPECT_TRUE(read_journals(folder.path(), "head").empty());
}

TEST(Journal, ACheckpointReplacesWhatWasBeforeAndIsWholeOrRefused) {
  const test::TempFolder folder;
  {
    Journal journal(folder.path(), 0, "head");
    journal.append(finished(0));
    journal.replace({{0, 0, 2, 0}, {0, 4, 6, 0}}, finished(0).ledger, 3,
                    [](std::size_t part) { return "part " + std::to_string(part); }, {});
  }
  ASSERT_EQ(journal_files(folder.path()).size(), 1u);
  const fs::path path = journal_files(folder.path()).front();
  const auto work = read_journals(folder.path(), "head");
  ASSERT_EQ(work.size(), 4u);
  EXPECT_EQ(work[0].summary, "part 1");
  EXPECT_EQ(work[2].work, (Work{0, 0, 2, 0}));
  EXPECT_EQ(work[2].summary, "part 0");
  EXPECT_EQ(work[3].work, (Work{0, 4, 6, 0}));
  const std::string honest = read_file(path);
  for (const std::size_t back : {1u, 80u, 200u}) {
    std::string bytes = honest;
    bytes[bytes.size() - back] ^= 1;
    write_file_atomically(path, bytes, true);
    EXPECT_THROW(read_journals(folder.path(), "head"), InputError) << back;
    write_file_atomically(path, honest.substr(0, honest.size() - back), true);
    EXPECT_THROW(read_journals(folder.path(), "head"), InputError) << back;
  }
}

TEST(Journal, OfOtherOptionsIsRefusedAndFailedWorkIsTriedAgain) {
  const test::TempFolder folder;
  {
    Journal journal(folder.path(), 0, "head");
    FinishedWork failed = finished(0);
    failed.ledger.add({0, 2, 3, GroupState::failed, {10, 0, 0, 0}, "unreadable", {}});
    journal.append(failed);
    journal.append(finished(4));
  }
  EXPECT_EQ(read_journals(folder.path(), "head").size(), 1u);
  EXPECT_THROW(read_journals(folder.path(), "another head"), InputError);
}

}  // namespace
}  // namespace trawl::fold
