// State files of statistics: any cut of the records, merged in any way, gives the bytes of all at
// once, and these are what a sorted map of sums would have.
#include <map>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/fold/merge_states.hpp>
#include <trawl/fold/stats_state.hpp>

#include "base/temp_folder.hpp"
#include "fold/stats/entity_key.hpp"
#include "fold/stats/state.hpp"
#include "fold/stats/state_entities.hpp"
#include "fold/stats/state_root.hpp"
#include "fold/stats/state_write.hpp"

namespace trawl::fold {
namespace {

using test::TempFolder;
using testing::HasSubstr;
using Random = std::mt19937_64;

enum class Keys { none, levels, entities, both };

struct Record {
  EntityKey key;
  std::vector<double> values;
};

EntityKey random_key(Random& random, Keys keys) {
  const auto n = static_cast<std::int64_t>(random() % 2500);
  EntityKey key;
  if (keys == Keys::entities || keys == Keys::both)
    key.id = n % 3 == 0 ? stats::EntityId(fmt::format("agent {}", n)) : stats::EntityId(n - 100);
  if (keys == Keys::levels || keys == Keys::both)
    key.path = {fmt::format("r{}", random() % 3), fmt::format("s{}", n % 10)};
  return key;
}

std::vector<Record> random_records(Random& random, Keys keys) {
  std::vector<Record> records(6000);
  for (Record& record : records) {
    const double size = std::ldexp(1.0, static_cast<int>(random() % 80) - 40);
    record = {random_key(random, keys),
              {size, -0.5 * size + 1, random() % 200 == 0 ? HUGE_VAL : 3.25}};
  }
  return records;
}

StatsRequest request_for(Keys keys, std::vector<int> units) {
  StatsRequest request;
  request.features = {"a", "b", "c d"};
  if (keys == Keys::entities || keys == Keys::both) request.group_by = "agent";
  if (keys == Keys::levels || keys == Keys::both) request.levels = {"region", "site"};
  request.unit_exponents = std::move(units);
  return request;
}

template <class Sums>
void add(EntityTable<Sums>& table, const Record& record) {
  const std::string key = record.key.to_bytes();
  table.add({{key}, {record.key.hash(key)}, {0}, record.values});
}

// Row groups [begin, end) of a dataset, scanned.
SearchResult scanned(std::uint64_t begin, std::uint64_t end) {
  SearchResult search;
  search.opened.facts.resize(1);
  search.opened.facts[0].digest = std::string(32, 'd');
  search.ledger.add({0, begin, end, GroupState::scanned, {}, {}, {}});
  search.total.scanned = (end - begin) * 100;
  search.total.matches = end - begin;
  return search;
}

// Each row group holds the records of its number modulo the groups; writes those of [begin, end).
constexpr std::size_t groups = 12;
template <class Sums>
void write_part(const StatsRequest& shape, const std::vector<Record>& records, std::size_t begin,
                std::size_t end, const fs::path& path) {
  StatsRequest request = shape;
  request.state = path;
  const StatsColumns columns(request);
  Population<Sums> population(configuration_of<Sums>(request),
                              columns.features.size() + columns.keys.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i % groups >= begin && i % groups < end) add(population.entities, records[i]);
  }
  population.refusals.nulls[1] = end - begin;
  population.refusals.without_key = 2 * (end - begin);
  const Opened opened;
  const std::string configuration = state_configuration(request, opened, {});
  const comm::Comm solo = comm::Comm::solo();
  const auto root = root_of(population.entities, request, configuration, solo);
  write_state(request, configuration, population, scanned(begin, end), root, solo);
}

void merge(const std::vector<fs::path>& states, const fs::path& out) {
  merge_states(states, out, {});
}

// Adjacent or not, two to four at a time, until one is left.
fs::path merge_all(std::vector<fs::path> states, Random& random, const TempFolder& folder) {
  for (int number = 0; states.size() > 1; ++number) {
    std::ranges::shuffle(states, random);
    const std::size_t some = std::min<std::size_t>(states.size(), 2 + random() % 3);
    const fs::path out = folder / fmt::format("m{}-{}.h5", random(), number);
    merge({states.end() - static_cast<std::ptrdiff_t>(some), states.end()}, out);
    states.resize(states.size() - some);
    states.push_back(out);
  }
  return states[0];
}

// The section of entities, by a sorted map.
template <class Sums>
std::string reference_section(const StatsRequest& request, const std::vector<Record>& records) {
  std::map<std::pair<std::uint64_t, std::string>, std::pair<std::string, core::Moments<Sums>>> all;
  for (const Record& record : records) {
    const std::string key = record.key.to_bytes();
    const core::Moments<Sums> nothing(configuration_of<Sums>(request));
    all.try_emplace({record.key.hash(key), record.key.sort_bytes()}, key, nothing)
        .first->second.second.add(record.values);
  }
  std::string out;
  for (const auto& [order, entity] : all) {
    const std::vector<std::byte> state = entity.second.to_bytes();
    put_text(out, entity.first);
    put_text(out, {reinterpret_cast<const char*>(state.data()), state.size()});
  }
  return out;
}

std::string section_of(const fs::path& path, std::string_view name) {
  const std::vector<std::byte> bytes = store::StateReader(path).read_section(name);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Sums>
void expect_any_cut_and_merge(Keys keys, const std::vector<int>& units, std::uint64_t seed) {
  Random random(seed);
  const TempFolder folder;
  const StatsRequest request = request_for(keys, units);
  const std::vector<Record> records = random_records(random, keys);
  write_part<Sums>(request, records, 0, groups, folder / "all.h5");
  EXPECT_EQ(section_of(folder / "all.h5", entities_section),
            reference_section<Sums>(request, records));
  const std::string all = read_file(folder / "all.h5");
  for (int round = 0; round < 3; ++round) {
    std::vector<fs::path> parts;
    for (std::size_t begin = 0; begin < groups;) {
      const std::size_t end = std::min<std::size_t>(groups, begin + 1 + random() % 4);
      parts.push_back(folder / fmt::format("{}-{}.h5", round, begin));
      write_part<Sums>(request, records, begin, end, parts.back());
      begin = end;
    }
    EXPECT_TRUE(read_file(merge_all(parts, random, folder)) == all) << "seed " << seed;
  }
}

TEST(StatsState, AnyCutAndAnyMergeGiveTheBytesOfAllAtOnce) {
  std::uint64_t seed = 1;
  for (const Keys keys : {Keys::none, Keys::levels, Keys::entities, Keys::both}) {
    expect_any_cut_and_merge<core::ExactSums>(keys, {}, seed++);
    expect_any_cut_and_merge<core::FixedSums>(keys, {-20, -3, 0}, seed++);
  }
}

TEST(StatsState, RanksOneAfterTheOtherHaveAllInOrder) {
  Random random(9);
  const StatsRequest request = request_for(Keys::both, {});
  const std::vector<Record> records = random_records(random, Keys::both);
  const std::string all = reference_section<core::ExactSums>(request, records);
  for (const std::size_t ranks : {1u, 2u, 3u, 7u, 64u}) {
    std::string joined;
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      EntityTable<core::ExactSums> table(3);
      for (const Record& record : records) {
        if (owner_of(record.key.hash(record.key.to_bytes()), ranks) == rank) add(table, record);
      }
      SortedEntities<core::ExactSums> sorted(table);
      while (!sorted.done()) {
        const std::vector<char> piece = sorted.next_piece(1 + random() % 10000);
        joined.append(piece.begin(), piece.end());
      }
    }
    EXPECT_TRUE(joined == all) << ranks;
  }
}

TEST(StatsState, WithoutAnyRecords) {
  const TempFolder folder;
  for (const Keys keys : {Keys::none, Keys::both}) {
    const StatsRequest request = request_for(keys, {});
    const std::string name = keys == Keys::none ? "none" : "both";
    for (const std::size_t begin : {std::size_t{0}, std::size_t{4}})
      write_part<core::ExactSums>(request, {}, begin, begin + 4,
                                  folder / fmt::format("{}{}", name, begin));
    merge({folder / (name + "4"), folder / (name + "0")}, folder / (name + "-all"));
    EXPECT_TRUE(section_of(folder / (name + "-all"), entities_section).empty());
    const std::vector<fs::path> states = {folder / (name + "-all")};
    const StatesReport report = report_states({}, states, comm::Comm::solo());
    EXPECT_EQ(report.stats.records, 0u);
    EXPECT_EQ(report.stats.search.total.rows, 800u);
  }
}

// A state whose digests are right, but that no program of ours wrote.
fs::path forged(const TempFolder& folder, const std::string& entities, const std::string& counts,
                const std::string& configuration) {
  const fs::path path = folder / "forged.h5";
  store::StateWriter writer(path, "stats", configuration, true);
  writer.add_section(counts_section);
  writer.append(bytes_of(counts));
  writer.add_section(entities_section);
  writer.append(bytes_of(entities));
  writer.finish();
  return path;
}

void expect_refused(const fs::path& path, const std::string& why) {
  const std::vector<fs::path> states = {path};
  const fs::path out = path.parent_path() / "out.h5";
  try {
    merge_states(states, out, {.overwrite = true});
    ADD_FAILURE() << "merged, though " << why;
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
    EXPECT_THAT(error.what(), HasSubstr(why));
  }
  EXPECT_FALSE(fs::exists(out));
  EXPECT_FALSE(fs::exists(temporary_name(out)));
  EXPECT_THROW(report_states({}, states, comm::Comm::solo()), CollectiveError);
}

TEST(StatsState, RefusesWhatItWouldNotHaveWritten) {
  const TempFolder folder;
  Random random(3);
  StatsRequest request = request_for(Keys::entities, {});
  request.distributions = false;  // the forged files have no section of them
  const std::string configuration = state_configuration(request, Opened(), {});
  const std::string counts = StateCounts(4).to_bytes();
  std::vector<Record> records = random_records(random, Keys::entities);
  records.resize(10);
  const std::string good = reference_section<core::ExactSums>(request, records);
  std::string_view rest = good;
  std::string first(take_text(rest));
  const std::string moments(take_text(rest));
  const std::string head = good.substr(0, good.size() - rest.size());

  expect_refused(forged(folder, good.substr(0, good.size() - 1), counts, configuration), "cut off");
  expect_refused(forged(folder, good + "\1", counts, configuration), "cut off");
  expect_refused(forged(folder, good + "\xff\xff\xff\xff----", counts, configuration), "cut off");
  expect_refused(forged(folder, good + head, counts, configuration), "not in order");
  expect_refused(forged(folder, head + head, counts, configuration), "not in order");
  std::string record;
  put_text(record, first + "x");
  put_text(record, moments);
  expect_refused(forged(folder, record, counts, configuration), "no key");
  record.clear();
  put_text(record, EntityKey{}.to_bytes());
  put_text(record, moments);
  expect_refused(forged(folder, record, counts, configuration), "as the configuration says");
  record.clear();
  put_text(record, first);
  put_text(record, moments.substr(1));
  expect_refused(forged(folder, record, counts, configuration), "moments");
  expect_refused(forged(folder, good, counts.substr(8), configuration), "bytes of counts");
  expect_refused(forged(folder, good, counts, "{}"), "version");
  request.features.pop_back();
  expect_refused(
      forged(folder, good, StateCounts(3).to_bytes(), state_configuration(request, Opened(), {})),
      "configuration");
}

TEST(StatsState, KindsThatAreNotKnownAreRefused) {
  const TempFolder folder;
  store::StateWriter(folder / "e.h5", "witnesses", "{}").finish();
  const std::vector<fs::path> states = {folder / "e.h5"};
  EXPECT_THROW(merge_states(states, folder / "out.h5", {}), InputError);
  EXPECT_FALSE(fs::exists(folder / "out.h5"));
}

TEST(StatsState, OfPrunedRowGroupsButNotOfFailedOnes) {
  SearchResult search = scanned(0, 2);
  search.ledger.add({0, 2, 5, GroupState::pruned, {}, "rule", {"[]", "[]", "[]"}});
  search.ledger.add({0, 5, 6, GroupState::failed, {}, "read", {}});
  store::Coverage want;
  want.add({std::string(32, 'd'), 0, 5});
  EXPECT_EQ(state_coverage(search), want);
}

}  // namespace
}  // namespace trawl::fold
