// Evidence on any number of ranks and with any screen, against live consensus with all records in
// memory.
#include <bit>
#include <map>
#include <utility>

#include <gtest/gtest.h>

#include <trawl/base/json.hpp>
#include <trawl/core/evidence/consensus.hpp>
#include <trawl/fold/evidence.hpp>

#include "comm/limits.hpp"
#include "comm/nodes.hpp"
#include "fold/evidence/screen.hpp"
#include "support/ranks.hpp"

namespace trawl::fold {
namespace {

using evidence::Consensus;
using test::world;

constexpr const char* source =
    "gen:evidence?datasets=3&rows=1500&seed=5&entities=7&sources=9&duplicates=0.2&"
    "equivocations=0.002&equivocating_sources=0.4&lying_sources=0.3&row_group_rows=128";

EvidenceRequest request_for(const evidence::Rules& rules, std::uint64_t words, int threads) {
  EvidenceRequest request;
  request.search.inputs = {source};
  request.search.threads = threads;
  request.columns = {"entity", "log_odds", "weight", "source", "id", "time", "type", ""};
  request.rules = rules;
  request.screen_words = words;
  request.search = search_of(request);
  return request;
}

EvidenceResult run(const EvidenceRequest& request, const comm::Comm& comm = world()) {
  PhaseTimer timer;
  return evidence(request, comm, {}, timer);
}

evidence::Key key_in(const ColumnView& view, std::size_t row) {
  const Value value = view.value(row);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  return std::get<std::string>(value);
}

// Every row, one by one.
Consensus consensus_of(const evidence::Rules& rules) {
  Consensus consensus(rules);
  const std::vector<std::string> inputs = {source};
  for (const store::DatasetRef& ref : store::list_inputs(inputs)) {
    const auto dataset = store::open_dataset(ref);
    const Schema& schema = dataset->info().schema;
    for (std::uint64_t group = 0; group < dataset->info().row_groups(); ++group) {
      std::map<std::string, ColumnBuffer> columns;
      for (std::size_t i = 0; i < schema.size(); ++i)
        dataset->read(group, i, columns[schema[i].name]);
      const auto view = [&](const char* name) -> const ColumnView& { return columns[name].view; };
      for (std::size_t row = 0; row < dataset->info().group_rows(group); ++row) {
        consensus.add({key_in(view("entity"), row), key_in(view("source"), row),
                       key_in(view("id"), row), key_in(view("type"), row),
                       view("time").integer(row), view("log_odds").real(row),
                       view("weight").real(row)});
      }
    }
  }
  return consensus;
}

void expect_equal(const Json& line, const char* name, const evidence::Posterior& posterior) {
  EXPECT_EQ(line.at(name).at("log_odds"), posterior.log_odds) << name;
  EXPECT_EQ(line.at(name).at("log_p"), posterior.log_p) << name;
  EXPECT_EQ(line.at(name).at("log_not_p"), posterior.log_not_p) << name;
  EXPECT_EQ(line.at(name).at("p"), posterior.p) << name;
}

void expect_equal(const Json& line, const Consensus& consensus) {
  const auto entity = evidence::Key(line.at("entity").get<std::int64_t>());
  const evidence::Assessment want = consensus.posterior(entity);
  expect_equal(line, "median", want.median);
  expect_equal(line, "trimmed_mean", want.trimmed_mean);
  expect_equal(line, "plain", want.plain);
  expect_equal(line, "uncapped", want.uncapped);
  EXPECT_EQ(line.at("records"), want.records);
  EXPECT_EQ(line.at("clamped"), want.clamped);
  EXPECT_EQ(line.at("capped_groups"), want.capped_groups);
  EXPECT_EQ(line.at("distrusted"), want.distrusted);
  EXPECT_EQ(line.at("unregistered"), want.unregistered);
  EXPECT_EQ(line.at("guarantee") == "holds",
            want.combination.guarantee == evidence::Guarantee::holds);
  EXPECT_EQ(line.at("over_sources").at("sources"), want.combination.sources);
  EXPECT_EQ(line.at("over_sources").at("votes"), want.combination.votes);
  ASSERT_EQ(line.at("cut").size(), want.combination.cut.size());
  for (std::size_t i = 0; i < want.combination.cut.size(); ++i)
    EXPECT_EQ(line.at("cut")[i].at("distance"), want.combination.cut[i].distance);
}

void expect_equal(const EvidenceResult& result, const Consensus& consensus) {
  const auto proofs = consensus.equivocations();
  std::size_t entities = 0, equivocations = 0;
  for (std::size_t at = 0; at < result.lines.size();) {
    const std::size_t end = result.lines.find('\n', at);
    const Json line = parse_json(result.lines.substr(at, end - at), "a line");
    at = end + 1;
    if (line.contains("entity")) {
      ++entities;
      expect_equal(line, consensus);
      continue;
    }
    ASSERT_LT(equivocations, proofs.size());
    const evidence::EquivocationProof& proof = proofs[equivocations++];
    EXPECT_EQ(line.at("equivocation").at("id"), std::get<std::int64_t>(proof.id));
    EXPECT_EQ(line.at("records")[0].at("log_odds"), std::bit_cast<double>(proof.first.log_odds));
    EXPECT_EQ(line.at("records")[1].at("log_odds"), std::bit_cast<double>(proof.second.log_odds));
  }
  EXPECT_EQ(entities, consensus.entities().size());
  EXPECT_EQ(equivocations, proofs.size());
  const evidence::ConsensusCounts counts = consensus.counts();
  const EvidenceCounts& c = result.counts;
  EXPECT_EQ(static_cast<std::int64_t>(c.equivocations), counts.equivocations);
  // Consensus counts third contents as deliveries beyond the two that it keeps.
  EXPECT_EQ(static_cast<std::int64_t>(c.duplicates + c.withheld - 2 * c.equivocations),
            counts.duplicates);
  EXPECT_EQ(c.records + c.duplicates + c.withheld + c.refused.sum(), result.search.total.matches);
}

TEST(Evidence, IsWhatConsensusOfAllRecordsSaysWhateverTheScreen) {
  evidence::Rules capped;
  capped.max_group_weight = 1.5;
  capped.max_log_odds = 2;
  capped.equivocation = evidence::Equivocation::drop;
  evidence::Rules here;
  here.equivocation = evidence::Equivocation::distrust_on_entity;
  for (const evidence::Rules& rules : {evidence::Rules{}, capped, here}) {
    std::vector<EvidenceResult> results;
    for (const std::uint64_t words : {0, 1, 20, 5000})
      for (const int threads : {1, 2}) results.push_back(run(request_for(rules, words, threads)));
    if (!world().is_root()) continue;
    for (const EvidenceResult& result : results) {
      EXPECT_EQ(result.lines, results[0].lines);
      EXPECT_EQ(result.compared, results[0].compared);
      EXPECT_GE(result.candidates, result.compared);
    }
    EXPECT_EQ(results[2].candidates, 4500u);  // one word: everything may repeat
    EXPECT_LT(results[0].candidates, 2000u);
    EXPECT_LT(results[6].candidates, results[2].candidates);
    expect_equal(results[0], consensus_of(rules));
  }
}

TEST(Evidence, IsWhatConsensusSaysWithRegisteredSources) {
  for (const auto policy : {evidence::Equivocation::distrust, evidence::Equivocation::drop}) {
    evidence::Rules rules;
    rules.equivocation = policy;
    rules.registered_only = true;
    Consensus consensus = consensus_of(rules);
    EvidenceRequest request = request_for(rules, 0, 2);
    request.registered.emplace();
    for (const std::int64_t source_number : {0, 2, 3, 5, 6, 7, 99}) {
      const auto votes = static_cast<std::uint32_t>(source_number % 3 + 1);
      RegisteredSource& each = request.registered->emplace_back();
      each.source = source_number;
      each.votes = votes;
      consensus.register_source(source_number, votes);
    }
    request.search = search_of(request);
    const EvidenceResult result = run(request);
    if (!world().is_root()) continue;
    expect_equal(result, consensus);
    EXPECT_GE(result.counts.unregistered, 14u);  // two sources at least, of seven entities
    EXPECT_EQ(result.counts.holds, 7u);
  }
}

// 750 words of 8 bytes, and 188 for what repeats.
TEST(Evidence, IsTheSameHoweverLittleMemoryTheScreenHas) {
  EvidenceRequest request = request_for({}, 0, 2);
  const EvidenceResult one = run(request);
  for (const std::uint64_t bytes : {6'999u, 3'000u, 700u}) {
    request.screen_bytes = bytes;
    const EvidenceResult got = run(request);
    EXPECT_EQ(got.lines, one.lines);
    EXPECT_EQ(got.compared, one.compared);
    EXPECT_GT(got.search.bytes_read + 1, one.search.bytes_read);
    const EvidenceResult apart =
        run(request, comm::with_nodes(world(), [](int rank) { return rank / 2; }));
    EXPECT_EQ(apart.lines, one.lines);
    EXPECT_EQ(apart.compared, one.compared);
  }
}

TEST(Evidence, IsTheSameOnPlayedNodes) {
  const EvidenceRequest request = request_for({}, 0, 1);
  const EvidenceResult one = run(request);
  const EvidenceResult apart =
      run(request, comm::with_nodes(world(), [](int rank) { return rank; }));
  const EvidenceResult pairs =
      run(request, comm::with_nodes(world(), [](int rank) { return rank / 2; }));
  EXPECT_EQ(apart.lines, one.lines);
  EXPECT_EQ(pairs.lines, one.lines);
  EXPECT_EQ(apart.compared, one.compared);
  EXPECT_EQ(pairs.compared, one.compared);
}

TEST(Evidence, IsTheSameWhereRanksOfANodeShareNoMemory) {
  EvidenceRequest request = request_for({}, 0, 1);
  const EvidenceResult one = run(request);
  const std::string folder = std::exchange(comm::limits().shared_memory_folder, "/no/such/folder");
  for (const std::uint64_t bytes : {std::uint64_t{4} << 30, std::uint64_t{3000}}) {
    request.screen_bytes = bytes;
    const EvidenceResult apart = run(request);
    EXPECT_EQ(apart.lines, one.lines);
    EXPECT_EQ(apart.compared, one.compared);
  }
  comm::limits().shared_memory_folder = folder;
}

// Sums of records that were unique among other rows than those screened now.
TEST(Evidence, IsNotMadeOfSumsThatRestOnAnotherScreen) {
  const EvidenceRequest request = request_for({}, 0, 1);
  const std::vector<FinishedWork> resumed = {{{}, {}, std::string(80, '\7')}};
  SearchHooks hooks;
  hooks.resumed = &resumed;
  PhaseTimer timer;
  std::string what;
  try {
    evidence(request, world(), hooks, timer);
  } catch (const std::exception& error) {
    what = error.what();
  }
  EXPECT_NE(what.find("cannot resume: other rows"), std::string::npos) << what;
}

}  // namespace
}  // namespace trawl::fold
