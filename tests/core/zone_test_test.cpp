// Zone maps: what they prove is true of every row, and what they can prove they do.
#include <cmath>
#include <limits>
#include <map>

#include <gtest/gtest.h>

#include <trawl/base/column.hpp>
#include <trawl/core/predicate/zone_test.hpp>

#include "core/predicate_support.hpp"
#include "support/random_predicate.hpp"

namespace trawl::core::test {
namespace {

using trawl::test::Rng;

constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();

Zone zone(Value min, Value max, std::uint64_t nulls = 0, std::uint64_t nans = 0) {
  Zone result;
  result.rows = 100;
  result.min = std::move(min);
  result.max = std::move(max);
  result.nulls = nulls;
  result.nans = nans;
  return result;
}
Zone integers(std::int64_t min, std::int64_t max, std::uint64_t nulls = 0) {
  return zone(min, max, nulls);
}

// Columns that are not named have no zone.
using Zones = std::map<std::string, Zone>;

ZoneLookup lookup(const Zones& zones, const Schema& schema) {
  return [&zones, &schema](std::size_t column) -> std::optional<Zone> {
    const auto found = zones.find(schema[column].name);
    return found == zones.end() ? std::nullopt : std::optional(found->second);
  };
}

std::optional<PruneProof> proof(std::string_view text, const Zones& zones,
                                std::vector<const KeySet*> keys = {}) {
  const Schema schema = every_type();
  return prove_no_match(bound(text, schema), schema, lookup(zones, schema), keys);
}
bool prunes(std::string_view text, const Zones& zones, std::vector<const KeySet*> keys = {}) {
  return proof(text, zones, std::move(keys)).has_value();
}

// The possible truth values as letters: n, y, u, x.
std::string possible(std::string_view text, const Zones& zones) {
  const Schema schema = every_type();
  const PossibleTruths set =
      possible_truths(bound(text, schema).root, schema, lookup(zones, schema), {});
  return std::string(set.no ? "n" : "") + (set.yes ? "y" : "") + (set.unknown ? "u" : "") +
         (set.undecidable ? "x" : "");
}

TEST(ZoneTest, IntegersAgainstLiterals) {
  const Zones zones = {{"id", integers(10, 20)}};
  for (const char* text :
       {"id < 10", "id <= 9", "id > 20", "id >= 21", "id = 9", "id = 21", "id < 9.5", "id > 20.5",
        "id IN (1, 9, 21)", "id BETWEEN 21 AND 30", "id IS NULL", "id = NULL", "id > 1e300"}) {
    EXPECT_TRUE(prunes(text, zones)) << text;
  }
  for (const char* text : {"id < 11", "id <= 10", "id > 19", "id >= 20", "id = 10", "id != 10",
                           "id < 10.5", "id IN (1, 15)", "NOT id = 15", "id IS NOT NULL"}) {
    EXPECT_FALSE(prunes(text, zones)) << text;
  }
  EXPECT_EQ(possible("id >= 10", zones), "y");
  EXPECT_EQ(possible("id > 15", zones), "ny");
  EXPECT_EQ(possible("id > 15", {{"id", integers(1, 2, 5)}}), "nu");
  EXPECT_EQ(possible("id = 7", {{"id", integers(7, 7)}}), "y");
  EXPECT_EQ(possible("id NOT IN (7, 8)", {{"id", integers(7, 7)}}), "n");
  EXPECT_EQ(possible("id > 5", {}), "nyu");
}

TEST(ZoneTest, IntegersAndDoublesAreComparedExactly) {
  const Zones zones = {{"id", integers(9007199254740993, 9007199254740993)},
                       {"amount", zone(9007199254740992.0, 9007199254740992.0)}};
  EXPECT_EQ(possible("id = amount", zones), "n");
  EXPECT_EQ(possible("id > amount", zones), "y");
  EXPECT_EQ(possible("amount = 9007199254740993", zones), "n");
  EXPECT_EQ(possible("id <= 9007199254740992.0", zones), "n");
}

TEST(ZoneTest, NanIsOutsideTheBounds) {
  const Zones zones = {{"amount", zone(1.0, 2.0, 0, 3)}};
  EXPECT_EQ(possible("amount >= 1", zones), "ny");
  EXPECT_EQ(possible("amount < 1", zones), "n");
  EXPECT_EQ(possible("NOT amount >= 1", zones), "ny");
  EXPECT_EQ(possible("amount != 5", zones), "y");
  EXPECT_EQ(possible("amount = 5", zones), "n");
  const Zones equal = {{"amount", zone(1.0, 1.0, 0, 1)}};
  EXPECT_EQ(possible("amount != 1", equal), "ny");
  EXPECT_EQ(possible("amount NOT IN (1)", equal), "ny");
  const Zones only_nan = {{"amount", zone({}, {}, 0, 100)}};
  EXPECT_EQ(possible("amount > 1", only_nan), "n");
  EXPECT_EQ(possible("amount + 1 != 1", only_nan), "y");
  EXPECT_EQ(possible("amount IS NULL", only_nan), "n");
  EXPECT_EQ(possible("amount / 2 IS NULL", only_nan), "n");
  EXPECT_FALSE(prunes("amount / 0 IS NULL", only_nan)) << "NaN / 0 is NULL";
}

TEST(ZoneTest, AllNullAndEmpty) {
  const Zones nulls = {{"id", zone({}, {}, 100)}, {"note", zone({}, {}, 100)}};
  EXPECT_EQ(possible("id > 1", nulls), "u");
  EXPECT_EQ(possible("note LIKE '%'", nulls), "u");
  EXPECT_EQ(possible("note REGEXP 'a' OR id IN (1)", nulls), "u");
  EXPECT_EQ(possible("id IS NULL", nulls), "y");
  EXPECT_EQ(possible("id + 1 > 0", nulls), "u");
  EXPECT_EQ(possible("id = 1 OR id IS NULL", {{"id", Zone{}}}), "");
  EXPECT_TRUE(prunes("id IS NULL", {{"id", Zone{}}}));
}

TEST(ZoneTest, ColumnsAgainstColumns) {
  EXPECT_TRUE(prunes("id < other", {{"id", integers(5, 9)}, {"other", integers(1, 5)}}));
  EXPECT_FALSE(prunes("id <= other", {{"id", integers(5, 9)}, {"other", integers(1, 5)}}));
  EXPECT_EQ(possible("id > other", {{"id", integers(5, 9)}, {"other", integers(1, 4)}}), "y");
  EXPECT_TRUE(prunes("day > time", {{"day", integers(0, 5)}, {"time", integers(6, 9)}}));
  EXPECT_TRUE(prunes("note = country", {{"note", zone("a", "b")}, {"country", zone("c", "d")}}));
}

TEST(ZoneTest, CutTextBounds) {
  Zone cut = zone(std::string(32, 'a'), std::string(32, 'b'));
  cut.min_cut = cut.max_cut = true;
  const Zones zones = {{"note", cut}};
  const std::string longer = std::string(32, 'b') + "zzz";
  EXPECT_FALSE(prunes("note = '" + longer + "'", zones))
      << "the greatest text begins with the bound and is longer";
  EXPECT_FALSE(prunes("note > '" + std::string(32, 'b') + "'", zones));
  EXPECT_TRUE(prunes("note > '" + std::string(31, 'b') + "c'", zones));
  EXPECT_TRUE(prunes("note < '" + std::string(32, 'a') + "'", zones));
  EXPECT_FALSE(prunes("note LIKE '" + longer + "%'", zones));
  EXPECT_EQ(proof("note < 'a'", zones)->bounds[0].max, std::string(32, 'b') + "…");
  Zone highest = zone("a", std::string(32, '\xFF'));
  highest.max_cut = true;
  EXPECT_FALSE(prunes("note > 'z'", {{"note", highest}}));
}

TEST(ZoneTest, LikePrunesByItsPrefix) {
  const Zones zones = {{"note", zone("banana", "cherry")}};
  for (const char* text : {"note LIKE 'a%'", "note LIKE 'd%'", "note LIKE 'ch_z%'",
                           "note LIKE 'banan'", "note LIKE 'bam%'"}) {
    EXPECT_EQ(prunes(text, zones), std::string(text) != "note LIKE 'ch_z%'") << text;
  }
  EXPECT_FALSE(prunes("note LIKE 'b%'", zones));
  EXPECT_FALSE(prunes("note LIKE 'banana%'", zones));
  EXPECT_FALSE(prunes("note LIKE '%z'", zones));
  EXPECT_FALSE(prunes("note ILIKE 'A%'", zones));
  EXPECT_FALSE(prunes("note NOT LIKE 'b%'", zones));
  EXPECT_TRUE(prunes("note LIKE '\\_%' ESCAPE '\\'", zones))
      << "an escaped wildcard is part of the prefix";
}

TEST(ZoneTest, KeyLists) {
  const std::vector<std::int64_t> numbers = {5, 50};
  const std::string bytes = "dx";
  const std::vector<std::uint64_t> ends = {1, 2};
  const KeySet keys(numbers, MembershipFilter());
  const KeySet texts(ends, bytes, MembershipFilter());
  EXPECT_TRUE(prunes("id IN FILE 'k'", {{"id", integers(6, 49)}}, {&keys}));
  EXPECT_FALSE(prunes("id IN FILE 'k'", {{"id", integers(6, 50)}}, {&keys}));
  EXPECT_FALSE(prunes("id IN FILE 'k'", {}, {&keys}));
  EXPECT_TRUE(prunes("id NOT IN FILE 'k'", {{"id", integers(5, 5)}}, {&keys}));
  EXPECT_FALSE(prunes("id NOT IN FILE 'k'", {{"id", integers(5, 50)}}, {&keys}));
  EXPECT_TRUE(prunes("note IN FILE 'k'", {{"note", zone("e", "w")}}, {&texts}));
  EXPECT_FALSE(prunes("note IN FILE 'k'", {{"note", zone("e", "x")}}, {&texts}));
  EXPECT_FALSE(prunes("id IN FILE 'k'", {{"id", integers(6, 49)}}, {}))
      << "an unknown list can hold any key";
  EXPECT_FALSE(prunes("id NOT IN FILE 'k'", {{"id", integers(6, 6)}}, {nullptr}));
}

TEST(ZoneTest, OverflowIsNeverPruned) {
  EXPECT_TRUE(prunes("id + 1 < 5", {{"id", integers(10, 20)}}));
  EXPECT_FALSE(prunes("id + 1 < 5", {{"id", integers(10, greatest)}}));
  EXPECT_EQ(possible("id * 2 > 5", {{"id", integers(10, greatest)}}), "yx");
  EXPECT_FALSE(prunes("id + 1 < 5 AND other = 7",
                      {{"id", integers(10, greatest)}, {"other", integers(1, 2, 1)}}))
      << "NULL AND overflow is an overflow";
  EXPECT_TRUE(prunes("id + 1 < 5 AND other = 7",
                     {{"id", integers(10, greatest)}, {"other", integers(1, 2)}}))
      << "FALSE AND overflow is FALSE";
  EXPECT_FALSE(prunes("-id > 0",
                      {{"id", zone(std::numeric_limits<std::int64_t>::min(), std::int64_t{-5})}}));
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  const Zones division = {{"id", integers(least, 5)}, {"other", integers(-2, -1)}};
  EXPECT_FALSE(prunes("id / other IS NULL", division)) << "the least integer divided by -1";
  EXPECT_TRUE(
      prunes("id / other IS NULL", {{"id", integers(least, 5)}, {"other", integers(-3, -2)}}));
  EXPECT_TRUE(
      prunes("id / other IS NULL", {{"id", integers(least + 1, 5)}, {"other", integers(-2, -1)}}));
}

TEST(ZoneTest, ArithmeticIsBounded) {
  const Zones zones = {
      {"id", integers(2, 4)}, {"other", integers(-3, 5)}, {"amount", zone(1.5, 2.5)}};
  EXPECT_TRUE(prunes("id * other > 20", zones));
  EXPECT_TRUE(prunes("id - other > 7", zones));
  EXPECT_TRUE(prunes("-amount > -1.5", zones));
  EXPECT_TRUE(prunes("amount * id > 10", zones));
  EXPECT_TRUE(prunes("id / other > 4", zones));
  EXPECT_EQ(possible("id / other IS NULL", zones), "ny");
  EXPECT_EQ(possible("id / 2 IS NULL", zones), "n");
}

TEST(ZoneTest, BooleansAndConstants) {
  EXPECT_TRUE(prunes("flag", {{"flag", zone(false, false)}}));
  EXPECT_TRUE(prunes("NOT flag", {{"flag", zone(true, true, 3)}}));
  EXPECT_FALSE(prunes("flag", {{"flag", zone(false, true)}}));
  EXPECT_TRUE(prunes("flag = TRUE", {{"flag", zone(false, false)}}));
  EXPECT_EQ(proof("FALSE", {})->rule, "FALSE");
  EXPECT_TRUE(proof("FALSE", {})->bounds.empty());
  EXPECT_EQ(proof("NULL AND id > 1", {})->rule, "NULL");
  EXPECT_FALSE(prunes("TRUE", {}));
}

TEST(ZoneTest, DamagedZonesProveNothing) {
  EXPECT_FALSE(prunes("id = 100", {{"id", integers(20, 10)}}));
  EXPECT_FALSE(prunes("id = 100", {{"id", zone(1.0, 2.0)}}));
  EXPECT_FALSE(prunes("id = 100", {{"id", zone({}, {})}}));
  EXPECT_FALSE(prunes("id = 100", {{"id", zone(std::int64_t{1}, {})}}));
  EXPECT_FALSE(prunes("id = 100", {{"id", integers(1, 2, 101)}}));
  EXPECT_FALSE(prunes("id = 100", {{"id", zone(std::int64_t{1}, std::int64_t{2}, 0, 1)}}));
  EXPECT_FALSE(prunes("id IS NULL", {{"id", integers(1, 2, 100)}})) << "bounds without values";
  EXPECT_FALSE(prunes("amount = 100", {{"amount", zone(1.0, NAN)}}));
  EXPECT_FALSE(prunes("flag", {{"flag", zone("a", "b")}}));
}

TEST(ZoneTest, TheProofIsTheSmallestConjunct) {
  const Zones zones = {{"id", integers(10, 20, 4)},
                       {"other", integers(1, 2)},
                       {"time", integers(0, 86'400'000'000)}};
  const auto found = proof("flag AND id + other > 1000 AND id = 5 AND time > '2025-01-01'", zones);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rule, "id = 5");
  ASSERT_EQ(found->bounds.size(), 1u);
  EXPECT_EQ(found->bounds[0].column, "id");
  EXPECT_EQ(found->bounds[0].min, "10");
  EXPECT_EQ(found->bounds[0].max, "20");
  EXPECT_EQ(found->bounds[0].nulls, 4u);
  const auto times = proof("time > '2025-01-01' OR id = 5", zones);
  ASSERT_TRUE(times);
  EXPECT_EQ(times->rule, "id = 5 OR time > TIMESTAMP '2025-01-01T00:00:00Z'");
  EXPECT_EQ(times->bounds[1].max, "1970-01-02T00:00:00Z");
}

std::vector<std::string> explained(std::string_view text) {
  const Schema schema = every_type();
  return explain_screens(bound(text, schema), schema);
}

TEST(ZoneTest, ExplainSaysWhatCanScreenAndWhy) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(
      explained("id IN FILE 'k' AND other NOT IN FILE 'l' AND id IN (1) AND id NOT IN (2)"),
      (Lines{
          "id IN (1): zone maps prune where no listed value lies between the least and greatest id",
          "id IN FILE 'k': zone maps prune where no key lies between the least and greatest id; "
          "the membership "
          "filter rejects rows whose key it does not hold",
          "id NOT IN (2): zone maps prune only where id has a single value, which is listed",
          "other NOT IN FILE 'l': zone maps prune only where other has a single value, which is a "
          "key; the "
          "membership filter cannot help: it proves that keys are absent, and NOT IN needs the "
          "contrary"}));
  EXPECT_EQ(explained("note LIKE 'ab%' AND note LIKE '%b' AND note ILIKE 'a%' AND note REGEXP 'x'"),
            (Lines{"note ILIKE 'a%': zone maps prune only where note is all NULL: letters of "
                   "either case are far apart in "
                   "the order of text",
                   "note LIKE '%b': zone maps prune only where note is all NULL: the pattern "
                   "begins with a wildcard",
                   "note LIKE 'ab%': zone maps prune where no value can begin with 'ab'",
                   "note REGEXP 'x': zone maps prune only where note is all NULL: a regular "
                   "expression has no bounds"}));
  EXPECT_EQ(explained("id + other > 5 AND day IS NOT NULL AND note IS NULL"),
            (Lines{"day IS NOT NULL: zone maps prune where day is all NULL",
                   "id + other > 5: zone maps prune by the least and greatest id, other, where "
                   "these exclude an integer "
                   "overflow",
                   "note IS NULL: zone maps prune where note has no NULL"}));
  EXPECT_EQ(
      explained("amount > 1 OR NOT (flag AND price = 2)"),
      (Lines{"NOT (flag AND price = 2) OR amount > 1: zone maps prune where they disprove all of "
             "its parts",
             "  NOT (flag AND price = 2): zone maps prune where they disprove all of its parts",
             "    NOT flag: zone maps prune where flag is never FALSE",
             "    NOT (price = 2): zone maps prune by the least and greatest price",
             "  amount > 1: zone maps prune by the least and greatest amount"}));
  EXPECT_EQ(explained("1 = 2"), (Lines{"FALSE: settled before any data is read"}));
}

// --- random row groups

struct RowGroup {
  std::vector<std::vector<Value>> rows;
  std::vector<Zone> zones;
};

void append(ColumnBuilder& builder, const Value& value) {
  struct Append {
    ColumnBuilder& to;
    void operator()(std::monostate) const { to.append_null(); }
    void operator()(std::int64_t x) const { to.append(x); }
    void operator()(double x) const { to.append(x); }
    void operator()(bool x) const { to.append(std::int64_t{x}); }
    void operator()(const std::string& x) const { to.append(std::string_view(x)); }
  };
  std::visit(Append{builder}, value);
}

// Few rows, so that bounds are narrow: sometimes none, ties, or a column of only NULL or NaN.
RowGroup random_row_group(Rng& rng, const Schema& schema) {
  using namespace trawl::test;
  RowGroup group;
  TableFeatures features;
  features.null_percent = static_cast<int>(below(rng, 3)) * 15;
  group.rows.resize(below(rng, 6), std::vector<Value>(schema.size()));
  for (std::size_t c = 0; c < schema.size(); ++c) {
    ColumnBuilder builder(schema[c]);
    const bool all_null = schema[c].nullable && chance(rng, 8);
    const bool all_nan = schema[c].type == Type::float64 && chance(rng, 8);
    const bool tied = chance(rng, 25);
    const Value tie = random_value(rng, schema[c], features);
    for (auto& row : group.rows) {
      if (!all_null)
        row[c] = all_nan ? Value(NAN) : tied ? tie : random_value(rng, schema[c], features);
      append(builder, row[c]);
    }
    group.zones.push_back(zone_of(builder.view()));
  }
  return group;
}

bool contains(const PossibleTruths& set, Truth truth) {
  switch (truth) {
    case Truth::no:
      return set.no;
    case Truth::yes:
      return set.yes;
    case Truth::unknown:
      return set.unknown;
    default:
      return set.undecidable;
  }
}

const std::vector<std::int64_t> key_numbers = {-6, -2, 0, 3, 9007199254740993, 1735732800000000};

TEST(ZoneTest, EveryRowIsWithinWhatZonesAllow) {
  constexpr std::uint64_t seed = 31;
  Rng rng(seed);
  const KeySet integer_keys(key_numbers, MembershipFilter());
  const std::string bytes = "aaab";  // a, aa, b
  const std::vector<std::uint64_t> ends = {1, 3, 4};
  const KeySet text_keys(ends, bytes, MembershipFilter());
  const std::vector<trawl::test::KeyFile> files = {{"numbers", false, "numbers"},
                                                   {"texts", true, "texts"}};
  trawl::test::PredicateFeatures features;
  features.in_file = true;
  int pruned = 0, matched = 0, undecidable = 0;
  for (int round = 0; round < 24'000; ++round) {
    features.max_depth = static_cast<int>(trawl::test::below(rng, 4));
    const Schema schema = trawl::test::random_schema(rng);
    const std::string text = trawl::test::random_predicate(rng, schema, features, files).ours;
    const Predicate predicate = bound(text, schema);
    std::vector<const KeySet*> keys;
    for (const KeyListRef& list : predicate.key_lists)
      keys.push_back(list.type == Type::text ? &text_keys : &integer_keys);
    const RowGroup group = random_row_group(rng, schema);
    const bool some_unknown = trawl::test::chance(rng, 20);
    const std::size_t unknown_column = trawl::test::below(rng, schema.size());
    const ZoneLookup zones = [&](std::size_t column) -> std::optional<Zone> {
      if (some_unknown && column == unknown_column) return std::nullopt;
      return group.zones[column];
    };
    const PossibleTruths set = possible_truths(predicate.root, schema, zones, keys);
    const auto proof = prove_no_match(predicate, schema, zones, keys);
    pruned += proof && !group.rows.empty() ? 1 : 0;
    for (const auto& row : group.rows) {
      const Truth truth = evaluate_reference(
          predicate, [&](std::size_t column) { return row[column]; }, keys);
      SCOPED_TRACE(text + "\n" + predicate.normal_form + "\nseed " + std::to_string(seed) +
                   ", round " + std::to_string(round));
      ASSERT_TRUE(contains(set, truth)) << name_of(truth);
      if (truth == Truth::yes || truth == Truth::undecidable) {
        ASSERT_FALSE(proof) << proof->rule;
      }
      matched += truth == Truth::yes ? 1 : 0;
      undecidable += truth == Truth::undecidable ? 1 : 0;
    }
  }
  // The test must have seen what it is about.
  EXPECT_GT(pruned, 1000);
  EXPECT_GT(matched, 1000);
  EXPECT_GT(undecidable, 50);
}

}  // namespace
}  // namespace trawl::core::test
