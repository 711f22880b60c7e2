// `trawl stats --from-state`: the report of states, without the data they were made of.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/fold/stats_state.hpp>

#include "command/collective.hpp"
#include "command/state_text.hpp"
#include "command/stats/stats.hpp"

namespace trawl::command {
namespace {

Json json_report(const fold::StatesReport& report, const Json& counts, const Json& gold) {
  const fold::Coverage& total = report.stats.search.total;
  Json json = {{"command", "stats"},
               {"status", "complete"},
               {"states", report.inputs.size()},
               {"covered", json_of(report.plan.coverage)},
               {"rows", total.rows},
               {"matches", total.matches}};
  json.update(counts);
  if (!gold.is_null()) json["gold"] = gold;
  json["result_digest"] = hex(sha256(bytes_of(report.stats.lines)));
  return json;
}

void tell_story(const fold::StatesReport& report) {
  const fold::StatsResult& r = report.stats;
  log::story(
      fmt::format("{} records in {} nodes and {} entities, of {} matching rows in {} rows of {}",
                  with_thousands(r.records), with_thousands(r.nodes), with_thousands(r.entities),
                  with_thousands(r.search.total.matches), with_thousands(r.search.total.rows),
                  text_of(report.plan.coverage)));
  log::story(fmt::format("result      {}", hex(sha256(bytes_of(r.lines)))));
}

}  // namespace

void check_from_state(const StatsParams& p, Problems& problems) {
  const ScanParams scan;
  std::vector<std::string_view> given;
  if (!p.inputs.empty()) given.emplace_back("INPUT");
  if (!p.features.empty()) given.emplace_back("--features");
  if (p.where != StatsParams().where) given.emplace_back("--where");
  if (!p.group_by.empty()) given.emplace_back("--group-by");
  if (!p.levels.empty()) given.emplace_back("--levels");
  if (!p.fixed_point.empty()) given.emplace_back("--fixed-point");
  if (!p.table.empty()) given.emplace_back("--table");
  if (!given.empty()) {
    problems.push_back(
        fmt::format("--from-state: the states say what was computed, of which rows; leave out {}",
                    fmt::join(given, ", ")));
  }
  check_anomalies(p.anomalies, "as the states say", problems);
  if (p.anomalies.records)
    problems.push_back("--records reads rows, which states do not have; leave out --from-state");
  check_pairs(p, problems);
  const RunParams run;
  if (p.run.run_dir || p.run.resume || p.run.price_per_node_hour != run.price_per_node_hour)
    problems.push_back("--from-state: no run is recorded; leave out what says how");
  if (p.state) problems.push_back("--from-state: `trawl merge` makes one state of several");
  if (p.scan.audit != scan.audit || p.scan.fpr != scan.fpr || p.scan.index != scan.index ||
      p.scan.zone_maps != scan.zone_maps || p.scan.filters != scan.filters)
    problems.push_back(
        "--from-state: no rows are looked for; leave out what says how to find them");
}

ExitCode report_states(const StatsParams& params, const Context& context) {
  const comm::Comm& comm = context.world;
  on_root(comm, [&] { check_outputs(params); });
  fold::StatsRequest request = report_request(params);
  request.pairs = request_of(params.pairs, comm);
  apply(params.scan, comm, request.search);
  const fold::StatesReport report = fold::report_states(request, params.from_state, comm);
  std::string printed;
  on_root(comm, [&] {
    const Json counts = fold::counts_of(request, report.stats);
    const Json gold = deliver_gold(params, report.request, report.stats.lines);
    const Json json = json_report(report, counts, gold);
    deliver_page(params, report.request, report.stats.lines, json);
    printed = deliver(params, report.stats.lines, json);
    tell_story(report);
    tell_counts(counts);
  });
  print_from_root(comm, printed);
  return ExitCode::complete;
}

}  // namespace trawl::command
