// `trawl evidence --from-state`: the report of states, without the data they were made of.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/fold/evidence_state.hpp>

#include "command/collective.hpp"
#include "command/evidence/evidence.hpp"
#include "command/evidence/gold.hpp"
#include "command/evidence/output.hpp"
#include "command/state_text.hpp"

namespace trawl::command {
namespace {

Json json_report(const fold::EvidenceStatesReport& report, const Json& counts) {
  const fold::Coverage& total = report.evidence.search.total;
  Json json = {{"command", "evidence"},
               {"status", "complete"},
               {"states", report.inputs.size()},
               {"covered", json_of(report.plan.coverage)},
               {"rows", total.rows},
               {"matches", total.matches},
               {"retracted", report.retracted}};
  json.update(counts);
  json["result_digest"] = hex(sha256(bytes_of(report.evidence.lines)));
  return json;
}

void tell_story(const fold::EvidenceStatesReport& report) {
  const fold::EvidenceResult& e = report.evidence;
  log::story(fmt::format("{} records about {} entities, of {} matching rows in {} rows of {}",
                         with_thousands(e.counts.records), with_thousands(e.counts.entities),
                         with_thousands(e.search.total.matches),
                         with_thousands(e.search.total.rows), text_of(report.plan.coverage)));
  if (report.retracted > 0)
    log::story(fmt::format("retracted   {} rows", with_thousands(report.retracted)));
  log::story(fmt::format("result      {}", hex(sha256(bytes_of(e.lines)))));
}

// Collective. Read once, by root, with names as those of the first state.
std::optional<fold::SourceRegistry> registry_of(const EvidenceParams& p, const comm::Comm& comm) {
  if (!p.sources) return std::nullopt;
  const std::string list = from_root(comm, [&] {
    const fold::StateSources names = fold::sources_in_state(p.from_state[0]);
    return fold::to_json(fold::read_sources(*p.sources, names.column, names.whole_numbers)).dump();
  });
  return fold::registry_from(Json::parse(list));
}

}  // namespace

void check_evidence_from_state(const EvidenceParams& p, Problems& problems) {
  std::vector<std::string_view> given;
  if (!p.inputs.empty()) given.emplace_back("INPUT");
  for (const auto& [name, column] : {std::pair("--entity", &p.entity),
                                     {"--log-odds", &p.log_odds},
                                     {"--weight", &p.weight},
                                     {"--source", &p.source},
                                     {"--id", &p.id},
                                     {"--time", &p.time},
                                     {"--type", &p.type}}) {
    if (*column) given.emplace_back(name);
  }
  if (!p.prior_column.empty()) given.emplace_back("--prior-column");
  if (p.where != EvidenceParams().where) given.emplace_back("--where");
  if (!p.table.empty()) given.emplace_back("--table");
  if (p.max_log_odds != EvidenceParams().max_log_odds) given.emplace_back("--max-log-odds");
  if (!given.empty()) {
    problems.push_back(
        fmt::format("--from-state: the states say what was added up, of which rows; leave out {}",
                    fmt::join(given, ", ")));
  }
  const RunParams run;
  if (p.run.run_dir || p.run.resume || p.run.price_per_node_hour != run.price_per_node_hour)
    problems.push_back("--from-state: no run is recorded; leave out what says how");
  if (p.state || p.state_without_ids)
    problems.push_back("--from-state: `trawl merge` makes one state of several");
  const ScanParams scan;
  if (p.scan.audit != scan.audit || p.scan.fpr != scan.fpr || p.scan.index != scan.index ||
      p.scan.zone_maps != scan.zone_maps || p.scan.filters != scan.filters)
    problems.push_back(
        "--from-state: no rows are looked for; leave out what says how to find them");
}

ExitCode report_evidence_states(const EvidenceParams& params, const Context& context) {
  const comm::Comm& comm = context.world;
  on_root(comm, [&] { check_outputs(params); });
  fold::EvidenceRequest request = report_request(params);
  apply(params.scan, comm, request.search);
  request.registered = registry_of(params, comm);
  request.rules.registered_only = request.registered.has_value();
  const fold::EvidenceStatesReport report =
      fold::report_evidence_states(request, params.from_state, comm);
  on_root(comm, [&] {
    if (params.gold)
      check_evidence_gold(report.request.columns, *params.gold, params.run.overwrite);
  });
  std::string printed;
  on_root(comm, [&] {
    const Json counts = fold::counts_of(report.evidence);
    printed = deliver(params, report.request, report.evidence.lines, json_report(report, counts));
    tell_story(report);
    tell_counts(counts, request.registered.has_value());
  });
  print_from_root(comm, printed);
  return ExitCode::complete;
}

}  // namespace trawl::command
