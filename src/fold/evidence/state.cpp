#include "fold/evidence/state.hpp"

#include <cmath>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

#include "fold/state_plan.hpp"
#include "fold/stats/entity_key.hpp"
#include "fold/stats/state.hpp"

namespace trawl::fold {
namespace {

constexpr int configuration_version = 1;

constexpr const char* column_names[] = {"entity", "log_odds", "weight", "source",
                                        "id",     "time",     "type",   "prior"};
constexpr std::string EvidenceColumns::*columns[] = {
    &EvidenceColumns::entity, &EvidenceColumns::log_odds, &EvidenceColumns::weight,
    &EvidenceColumns::source, &EvidenceColumns::id,       &EvidenceColumns::time,
    &EvidenceColumns::type,   &EvidenceColumns::prior};

EvidenceStateForm apply(const Json& json, EvidenceRequest& request) {
  if (json.at("version") != configuration_version)
    throw DataError("of a version that this program does not know");
  for (std::size_t i = 0; i < std::size(columns); ++i)
    request.columns.*columns[i] = json.at(column_names[i]).get<std::string>();
  request.rules.max_log_odds = json.at("max_log_odds").get<double>();
  request.search.where = json.at("predicate").get<std::string>();
  request.search.table = json.at("table").get<std::string>();
  request.rules.check();
  return {json.at("by_type").get<bool>(), json.value("ids", false)};
}

constexpr std::uint64_t EvidenceRefusals::*refusals_of[] = {
    &EvidenceRefusals::null, &EvidenceRefusals::inexact, &EvidenceRefusals::nan_log_odds,
    &EvidenceRefusals::bad_weight, &EvidenceRefusals::bad_prior};

}  // namespace

std::string evidence_configuration(const EvidenceRequest& request, const Opened& opened,
                                   const std::vector<KeyListFacts>& key_lists) {
  return evidence_configuration(request, predicate_of(request.search, opened),
                                digests_of(key_lists));
}

std::string evidence_configuration(const EvidenceRequest& request, const std::string& predicate,
                                   const std::vector<std::string>& key_lists) {
  Json json = {{"version", configuration_version},
               {"max_log_odds", request.rules.max_log_odds},
               {"by_type", std::isfinite(request.rules.max_group_weight)},
               {"ids", request.state_ids && !request.columns.id.empty()},
               {"predicate", predicate},
               {"key_lists", key_lists},
               {"table", request.search.table}};
  for (std::size_t i = 0; i < std::size(columns); ++i)
    json[column_names[i]] = request.columns.*columns[i];
  try {
    return store::canonical_configuration(json.dump());
  } catch (const Json::type_error&) {
    throw InputError(
        "no state can be written: a column, or the predicate, is not UTF-8. Rename the column");
  }
}

EvidenceStateForm apply_evidence_configuration(const std::string& configuration,
                                               const std::string& where, EvidenceRequest& request) {
  const auto refuse = [&](const std::exception& error) -> DataError {
    return DataError(
        fmt::format("no configuration of a state of evidence: {} ({})", where, error.what()));
  };
  const Json json = parse_json(configuration, where);
  try {
    return apply(json, request);
  } catch (const Json::exception& error) {
    throw refuse(error);
  } catch (const Error& error) {
    throw refuse(error);
  }
}

void EvidenceStateCounts::merge(const EvidenceStateCounts& other) {
  rows += other.rows;
  matches += other.matches;
  refusals.merge(other.refusals);
  retracted += other.retracted;
  disjoint_ids |= other.disjoint_ids;
}

void EvidenceStateCounts::write(store::StateWriter& writer) const {
  std::string out;
  put(out, rows);
  put(out, matches);
  for (const auto member : refusals_of) put(out, refusals.*member);
  put(out, retracted);
  put(out, disjoint_ids);
  writer.add_section(counts_section);
  writer.append(bytes_of(out));
}

EvidenceStateCounts EvidenceStateCounts::read(const store::StateReader& file,
                                              const std::string& name) {
  constexpr std::size_t size = (4 + std::size(refusals_of)) * sizeof(std::uint64_t);
  if (file.section_bytes(counts_section) != size) {
    throw DataError(fmt::format("damaged state: {} ({} bytes of counts). Make it again", name,
                                file.section_bytes(counts_section)));
  }
  const std::vector<std::byte> bytes = file.read_section(counts_section);
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  EvidenceStateCounts out;
  out.rows = take<std::uint64_t>(rest);
  out.matches = take<std::uint64_t>(rest);
  for (const auto member : refusals_of) out.refusals.*member = take<std::uint64_t>(rest);
  out.retracted = take<std::uint64_t>(rest);
  out.disjoint_ids = take<std::uint64_t>(rest);
  return out;
}

}  // namespace trawl::fold
