#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/version.hpp>
#include <trawl/fold/certificate.hpp>

#include "fold/state_plan.hpp"

namespace trawl::fold {
namespace {

std::string_view name_of(GroupState state) {
  switch (state) {
    case GroupState::scanned:
      return "scanned";
    case GroupState::pruned:
      return "pruned";
    case GroupState::failed:
      return "failed";
  }
  return "failed";
}

GroupState state_named(const std::string& name) {
  if (name == "scanned") return GroupState::scanned;
  if (name == "pruned") return GroupState::pruned;
  if (name == "failed") return GroupState::failed;
  throw DataError(fmt::format("certificate: '{}' is no state of a row group", name));
}

Json dataset_entry(const SearchResult& result, std::uint64_t index) {
  const DatasetFacts& facts = result.opened.facts[index];
  Json entry = {{"name", result.opened.refs()[index].name},
                {"kind", facts.kind},
                {"digest", facts.digest},
                {"index_digest", facts.index_digest},
                {"row_group_rows", facts.row_group_rows},
                {"coverage", to_json(result.coverage[index])}};
  if (!facts.catalog_digest.empty()) entry["catalog_digest"] = facts.catalog_digest;
  if (!facts.failure.empty()) entry["failure"] = facts.failure;
  Json ledger = Json::array();
  for (const LedgerRun& run : result.ledger.of_dataset(index)) ledger.push_back(to_json(run));
  entry["ledger"] = std::move(ledger);
  return entry;
}

Json key_list_entries(const SearchResult& result) {
  Json lists = Json::array();
  for (const KeyListFacts& facts : result.key_lists) {
    lists.push_back({{"path", facts.path}, {"keys", facts.read}, {"digest", facts.digest}});
  }
  return lists;
}

}  // namespace

std::string canonical_text(const Json& body) {
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string merkle_root_of(const Json& datasets) {
  std::vector<std::string> leaves;
  for (const Json& entry : datasets) leaves.push_back(canonical_text(entry));
  return hex(merkle_root(leaves));
}

Json to_json(const Coverage& c) {
  return {{"rows", c.rows},
          {"scanned", c.scanned},
          {"pruned", c.pruned},
          {"failed", c.failed},
          {"unvisited", c.unvisited},
          {"candidates", c.candidates},
          {"false_positives", c.false_positives},
          {"matches", c.matches}};
}

Coverage coverage_from(const Json& j) {
  return {j.at("rows"),      j.at("scanned"),    j.at("pruned"),          j.at("failed"),
          j.at("unvisited"), j.at("candidates"), j.at("false_positives"), j.at("matches")};
}

Json to_json(const LedgerRun& run) {
  Json json = {{"row_groups", {run.begin, run.end}},
               {"state", name_of(run.state)},
               {"rows", run.counts.rows}};
  if (run.state == GroupState::scanned) {
    json["candidates"] = run.counts.candidates;
    json["false_positives"] = run.counts.false_positives;
    json["matches"] = run.counts.matches;
  } else if (run.state == GroupState::pruned) {
    json["rule"] = run.reason;
    Json bounds = Json::array();
    for (const std::string& bound : run.bounds) bounds.push_back(parse_json(bound, "bounds"));
    json["bounds"] = std::move(bounds);
  } else {
    json["reason"] = run.reason;
  }
  return json;
}

LedgerRun ledger_run_from(const Json& json, std::uint64_t dataset) {
  LedgerRun run;
  run.dataset = dataset;
  run.begin = json.at("row_groups").at(0);
  run.end = json.at("row_groups").at(1);
  run.state = state_named(json.at("state"));
  run.counts.rows = json.at("rows");
  if (run.state == GroupState::scanned) {
    run.counts.candidates = json.at("candidates");
    run.counts.false_positives = json.at("false_positives");
    run.counts.matches = json.at("matches");
  } else if (run.state == GroupState::pruned) {
    run.reason = json.at("rule");
    for (const Json& bound : json.at("bounds")) run.bounds.push_back(canonical_text(bound));
  } else {
    run.reason = json.at("reason");
  }
  return run;
}

std::string matches_text(const SearchRequest& request, const SearchResult& result) {
  std::string text;
  if (request.count_only) {
    for (std::size_t i = 0; i < result.coverage.size(); ++i) {
      text += "{\"dataset\":";
      append_json_string(text, result.opened.refs()[i].name);
      text += fmt::format(",\"matches\":{}}}\n", result.coverage[i].matches);
    }
    return text;
  }
  for (const Match& match : result.matches.items()) {
    text += match.line;
    text += '\n';
  }
  return text;
}

std::string result_file(std::string_view command) {
  return command == "search" ? "matches.jsonl" : fmt::format("{}.jsonl", command);
}

Certificate make_certificate(const SearchRequest& request, const SearchResult& result,
                             const std::string& result_digest, const Json& counts) {
  Json datasets = Json::array();
  for (std::uint64_t i = 0; i < result.opened.refs().size(); ++i)
    datasets.push_back(dataset_entry(result, i));
  const std::string root = merkle_root_of(datasets);
  Certificate certificate;
  certificate.body = {
      {"format", certificate_format},
      {"program", fmt::format("trawl {} ({})", version(), commit())},
      {"command", request.command},
      {"status", fold::name_of(result.status)},
      {"predicate", predicate_of(request, result.opened)},
      {"select", request.select},
      {"table", request.table},
      {"count_only", request.count_only},
      {"limit", request.limit},
      {"key_lists", key_list_entries(result)},
      {"coverage", to_json(result.total)},
      {"audit",
       {{"pruned_row_groups", result.audit.pruned},
        {"audited", result.audit.audited},
        {"unreadable", result.audit.unreadable},
        {"hits", result.audit.hits}}},
      {"result_digest", result_digest},
      {"merkle_root", root},
      {"datasets", std::move(datasets)},
  };
  if (!request.parameters.is_null()) certificate.body["parameters"] = request.parameters;
  if (!counts.is_null()) certificate.body["counts"] = counts;
  certificate.digest = hex(sha256(bytes_of(canonical_text(certificate.body))));
  return certificate;
}

std::string Certificate::to_text() const {
  Json file = body;
  file["certificate"] = digest;
  return file.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Certificate Certificate::from_text(std::string_view text, std::string_view where) {
  Certificate certificate;
  certificate.body = parse_json(text, where);
  if (!certificate.body.is_object() || certificate.body.value("format", "") != certificate_format) {
    throw DataError(
        fmt::format("'{}' is not a certificate of format {}", where, certificate_format));
  }
  certificate.digest = certificate.body.value("certificate", "");
  certificate.body.erase("certificate");
  return certificate;
}

}  // namespace trawl::fold
