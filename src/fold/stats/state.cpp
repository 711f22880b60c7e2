#include "fold/stats/state.hpp"

#include <cstring>
#include <map>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/moments.hpp>

#include "fold/state_plan.hpp"
#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

constexpr int configuration_version = 1;
constexpr std::size_t most_named = 10;

void apply(const Json& json, StatsRequest& request) {
  if (json.at("version") != configuration_version)
    throw DataError("of a version that this program does not know");
  request.features = json.at("features").get<std::vector<std::string>>();
  request.unit_exponents = json.at("fixed_point").get<std::vector<int>>();
  request.group_by = json.at("group_by").get<std::string>();
  request.levels = json.at("levels").get<std::vector<std::string>>();
  request.search.where = json.at("predicate").get<std::string>();
  request.search.table = json.at("table").get<std::string>();
  request.distributions = json.value("distributions", false);
  const std::size_t features = request.features.size();
  if (features == 0 || features > core::max_features) throw DataError("features");
  if (!request.unit_exponents.empty() && request.unit_exponents.size() != features)
    throw DataError("units");
}

}  // namespace

std::string state_configuration(const StatsRequest& request, const Opened& opened,
                                const std::vector<KeyListFacts>& key_lists) {
  return state_configuration(request, predicate_of(request.search, opened), digests_of(key_lists));
}

std::string state_configuration(const StatsRequest& request, const std::string& predicate,
                                const std::vector<std::string>& key_lists) {
  Json json = {{"version", configuration_version},
               {"features", request.features},
               {"fixed_point", request.unit_exponents},
               {"group_by", request.group_by},
               {"levels", request.levels},
               {"predicate", predicate},
               {"key_lists", key_lists},
               {"table", request.search.table}};
  if (request.distributions) json["distributions"] = true;
  try {
    return store::canonical_configuration(json.dump());
  } catch (const Json::type_error&) {
    throw InputError(
        "no state can be written: a column, or the predicate, is not UTF-8. Rename the column");
  }
}

void apply_configuration(const std::string& configuration, const std::string& where,
                         StatsRequest& request) {
  const Json json = parse_json(configuration, where);
  try {
    apply(json, request);
  } catch (const Json::exception& error) {
    throw DataError(
        fmt::format("no configuration of a state of statistics: {} ({})", where, error.what()));
  } catch (const DataError& error) {
    throw DataError(
        fmt::format("no configuration of a state of statistics: {} ({})", where, error.what()));
  }
}

std::vector<std::pair<std::size_t, std::size_t>> same_data(const Opened& opened) {
  std::map<std::string, std::size_t> first;
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0; i < opened.facts.size(); ++i) {
    const DatasetFacts& facts = opened.facts[i];
    if (!facts.failure.empty() || facts.rows == 0) continue;
    const auto [found, fresh] = first.try_emplace(facts.digest, i);
    if (!fresh) pairs.emplace_back(found->second, i);
  }
  return pairs;
}

void check_distinct(const Opened& opened) {
  const auto pairs = same_data(opened);
  if (pairs.empty()) return;
  std::string text = "datasets hold the same data, which would count twice in the state:";
  for (std::size_t i = 0; i < pairs.size() && i < most_named; ++i) {
    text += fmt::format("\n  '{}' and '{}': {}", opened.refs()[pairs[i].first].name,
                        opened.refs()[pairs[i].second].name, opened.facts[pairs[i].first].digest);
  }
  if (pairs.size() > most_named) text += fmt::format("\n  and {} more", pairs.size() - most_named);
  throw InputError(text + "\nLeave out one of each pair");
}

store::Coverage state_coverage(const SearchResult& search) {
  store::Coverage coverage;
  for (const LedgerRun& run : search.ledger.runs()) {
    if (run.state != GroupState::failed)
      coverage.add({search.opened.facts[run.dataset].digest, run.begin, run.end});
  }
  return coverage;
}

void StateCounts::merge(const StateCounts& other) {
  rows += other.rows;
  matches += other.matches;
  refusals.merge(other.refusals);
}

std::string StateCounts::to_bytes() const {
  std::string out;
  for (const std::uint64_t count : {rows, matches, refusals.without_key}) put(out, count);
  for (const std::uint64_t count : refusals.nulls) put(out, count);
  for (const std::uint64_t count : refusals.inexact) put(out, count);
  return out;
}

StateCounts StateCounts::from_bytes(Bytes bytes, std::size_t columns) {
  if (bytes.size() != (3 + 2 * columns) * sizeof(std::uint64_t))
    throw DataError(fmt::format("{} bytes of counts, for {} columns", bytes.size(), columns));
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  StateCounts counts(columns);
  for (std::uint64_t* count : {&counts.rows, &counts.matches, &counts.refusals.without_key})
    *count = take<std::uint64_t>(rest);
  for (std::uint64_t& count : counts.refusals.nulls) count = take<std::uint64_t>(rest);
  for (std::uint64_t& count : counts.refusals.inexact) count = take<std::uint64_t>(rest);
  return counts;
}

StateCounts StateCounts::read(const store::StateReader& file, const std::string& name,
                              std::size_t columns) {
  try {
    // Before it is read: a section may say that it has any size.
    if (file.section_bytes(counts_section) > store::state_chunk_bytes)
      throw DataError("more than 1 MiB of counts");
    return from_bytes(file.read_section(counts_section), columns);
  } catch (const DataError& error) {
    throw DataError(fmt::format("damaged state: {} ({}). Make it again", name, error.what()));
  }
}

}  // namespace trawl::fold
