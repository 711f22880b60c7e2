#include <iterator>
#include <utility>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/base/version.hpp>
#include <trawl/core/integrity/merkle.hpp>
#include <trawl/fold/certificate.hpp>

#include "fold/json_text.hpp"
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

// Canonical text of to_json(Coverage) and to_json(LedgerRun), by which certificates are read. There
// is one for each of thousands of datasets.
void append_coverage(std::string& out, const Coverage& c) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"rows":{},"scanned":{},"pruned":{},"failed":{},"unvisited":{},)"
                 R"("candidates":{},"false_positives":{},"matches":{}}})",
                 c.rows, c.scanned, c.pruned, c.failed, c.unvisited, c.candidates,
                 c.false_positives, c.matches);
}

void append_ledger_run(std::string& out, const LedgerRun& run) {
  fmt::format_to(std::back_inserter(out), R"({{"row_groups":[{},{}],"state":"{}","rows":{})",
                 run.begin, run.end, name_of(run.state), run.counts.rows);
  if (run.state == GroupState::scanned) {
    fmt::format_to(std::back_inserter(out),
                   R"(,"candidates":{},"false_positives":{},"matches":{}}})", run.counts.candidates,
                   run.counts.false_positives, run.counts.matches);
    return;
  }
  out += run.state == GroupState::pruned ? R"(,"rule":)" : R"(,"reason":)";
  append_quoted(out, run.reason);
  if (run.state == GroupState::pruned) {
    out += R"(,"bounds":[)";
    for (std::size_t i = 0; i < run.bounds.size(); ++i) {
      if (i > 0) out += ',';
      out += run.bounds[i];
    }
    out += ']';
  }
  out += '}';
}

std::string dataset_entry(const SearchResult& result, std::uint64_t index) {
  const DatasetFacts& facts = result.opened.facts[index];
  std::string entry;
  entry.reserve(1024);
  const auto add = [&](std::string_view key, std::string_view text) {
    entry += key;
    append_quoted(entry, text);
  };
  add(R"({"name":)", result.opened.refs()[index].name);
  add(R"(,"kind":)", facts.kind);
  add(R"(,"digest":)", facts.digest);
  add(R"(,"index_digest":)", facts.index_digest);
  fmt::format_to(std::back_inserter(entry), R"(,"row_group_rows":{},"coverage":)",
                 facts.row_group_rows);
  append_coverage(entry, result.coverage[index]);
  if (!facts.catalog_digest.empty()) add(R"(,"catalog_digest":)", facts.catalog_digest);
  if (!facts.failure.empty()) add(R"(,"failure":)", facts.failure);
  entry += R"(,"ledger":[)";
  bool first = true;
  for (const LedgerRun& run : result.ledger.of_dataset(index)) {
    if (!std::exchange(first, false)) entry += ',';
    append_ledger_run(entry, run);
  }
  entry += "]}";
  return entry;
}

// The root of the Merkle tree over the entries of `datasets`.
std::string root_of(std::span<const std::string> entries, int threads) {
  std::vector<Sha256Digest> leaves(entries.size());
  parallel_blocks(entries.size(), threads, [&](std::size_t i) {
    leaves[i] = merkle_leaf(bytes_of(std::string_view(entries[i])));
  });
  return hex(core::merkle_root_of(leaves));
}

Json key_list_entries(const SearchResult& result) {
  Json lists = Json::array();
  for (const KeyListFacts& facts : result.key_lists) {
    lists.push_back({{"path", facts.path}, {"keys", facts.named}, {"digest", facts.digest}});
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

MadeCertificate make_certificate(const SearchRequest& request, const SearchResult& result,
                                 const std::string& result_digest, const Json& counts) {
  std::vector<std::string> entries(result.opened.refs().size());
  parallel_blocks(entries.size(), request.threads,
                  [&](std::size_t i) { entries[i] = dataset_entry(result, i); });
  MadeCertificate certificate;
  certificate.head = {
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
      {"merkle_root", root_of(entries, request.threads)},
  };
  certificate.tail = Json::object();
  if (!request.parameters.is_null()) certificate.tail["parameters"] = request.parameters;
  if (!counts.is_null()) certificate.tail["counts"] = counts;
  certificate.set_canonical(entries);
  certificate.digest = hex(sha256(bytes_of(certificate.canonical)));
  return certificate;
}

void MadeCertificate::set_canonical(std::span<const std::string> entries) {
  std::size_t bytes = 0;
  for (const std::string& entry : entries) bytes += entry.size() + 1;
  canonical = canonical_text(head);
  canonical.reserve(canonical.size() + bytes + 4096);
  canonical.back() = ',';
  canonical += R"("datasets":[)";
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) canonical += ',';
    canonical += entries[i];
  }
  canonical += ']';
  const std::string rest = canonical_text(tail);
  if (!tail.empty()) canonical += ',' + rest.substr(1, rest.size() - 2);
  canonical += '}';
}

std::string MadeCertificate::to_text() const {
  std::string text;
  text.reserve(canonical.size() * 2);
  append_indented(text, std::string_view(canonical).substr(0, canonical.size() - 1), 0);
  text += ",\n \"certificate\": \"" + digest + "\"\n}\n";
  return text;
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
