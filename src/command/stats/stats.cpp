#include "command/stats/stats.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/core/exact/moments.hpp>
#include <trawl/fold/stats_state.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/written_state.hpp"

namespace trawl::command {
namespace {

// -20 of "2^-20".
std::optional<int> exponent_of(std::string_view unit) {
  if (!unit.starts_with("2^")) return std::nullopt;
  const auto exponent = parse_int64(unit.substr(2));
  if (!exponent || *exponent < -390 || *exponent > 430) return std::nullopt;
  return static_cast<int>(*exponent);
}

void check_columns(const StatsParams& p, Problems& problems) {
  const auto features = names_in(p.features);
  if (features.empty()) problems.push_back("--features: name at least one column");
  if (features.size() > core::max_features) {
    problems.push_back(
        fmt::format("--features: {} columns, at most {}", features.size(), core::max_features));
  }
  auto keys = names_in(p.levels);
  if (!p.group_by.empty()) keys.push_back(p.group_by);
  for (const auto& names : {features, keys}) {
    std::set<std::string> seen;
    for (const std::string& name : names) {
      if (!seen.insert(name).second)
        problems.push_back(fmt::format("column '{}' is named twice", name));
    }
  }
}

void check(const StatsParams& p, Problems& problems) {
  if (!p.from_state.empty()) return check_from_state(p, problems);
  if (p.inputs.empty()) problems.push_back("INPUT... is missing, or --from-state");
  if (p.state && p.out == p.state) problems.push_back("--state and --out name the same file");
  check_columns(p, problems);
  const auto units = names_in(p.fixed_point);
  if (!units.empty() && units.size() != 1 && units.size() != names_in(p.features).size())
    problems.push_back("--fixed-point: give one unit for each feature, or one for all");
  for (const std::string& unit : units) {
    if (!exponent_of(unit)) {
      problems.push_back(fmt::format(
          "--fixed-point: '{}' is no unit; give a power of two from 2^-390 to 2^430", unit));
    }
  }
  check_anomalies(p.anomalies, p.group_by, problems);
  check_pairs(p, problems);
  check_run(p.run, problems);
}

fold::StatsRequest request_of(const StatsParams& p, const comm::Comm& comm) {
  fold::StatsRequest request = report_request(p);
  request.pairs = request_of(p.pairs, comm);
  request.search.inputs = p.inputs;
  request.search.where = p.where;
  request.search.table = p.table;
  apply(p.scan, comm, request.search);
  for (const std::string& unit : names_in(p.fixed_point))
    request.unit_exponents.push_back(*exponent_of(unit));
  if (request.unit_exponents.size() == 1)
    request.unit_exponents.resize(request.features.size(), request.unit_exponents[0]);
  if (p.state) request.state = *p.state;
  request.overwrite_state = p.run.overwrite;
  request.search = fold::search_of(request);
  return request;
}

std::string headline(const Recorded& run) {
  const auto count = [&](const Json& counts, const char* key) {
    return with_thousands(counts.at(key).get<std::uint64_t>());
  };
  const Json& counts = run.record.at("counts");
  return fmt::format("{} records in {} nodes and {} entities, of {} matching rows in",
                     count(counts, "records"), count(counts, "nodes"), count(counts, "entities"),
                     count(run.record.at("coverage"), "matches"));
}

// What a run leaves behind besides its record. Root.
struct Extras {
  std::optional<store::WrittenState> state;
  std::vector<std::pair<std::string, std::string>> same_data;  // names of datasets
  Json gold;
};

// Collective.
Recorded run_job(const StatsParams& params, const fold::StatsRequest& request,
                 const Context& context, Extras& extras) {
  RecordedRun run(params.run, context, request.search);
  run.keep_checkpoints(params.checkpoint);
  fold::StatsResult result = fold::stats(request, context.world, run.hooks(), run.timer());
  return run.record(result.search, [&] {
    extras.state = result.state;
    const auto name = [&](std::size_t i) { return result.search.opened.refs()[i].name; };
    for (const auto& [first, copy] : fold::same_data(result.search.opened))
      extras.same_data.emplace_back(name(first), name(copy));
    return Answer{std::move(result.lines), fold::counts_of(request, result)};
  });
}

Json json_report(const Recorded& run, const Extras& extras) {
  Json report = common_report(run);
  report.update(run.record.at("counts"));
  report["same_data"] = extras.same_data;
  if (extras.state) report["state"] = to_json(*extras.state);
  if (!extras.gold.is_null()) report["gold"] = extras.gold;
  return report;
}

void tell_extras(const StatsParams& params, const Extras& extras, const Json& counts) {
  tell_state(params.state.has_value(), extras.state, counts);
  if (extras.same_data.empty()) return;
  const auto& [first, copy] = extras.same_data[0];
  log::warning(fmt::format(
      "{} datasets hold the same data as others, and count twice: '{}' and '{}' among them",
      with_thousands(extras.same_data.size()), first, copy));
}

ExitCode run_stats(const StatsParams& params, const Context& context) {
  if (!params.from_state.empty()) return report_states(params, context);
  const comm::Comm& comm = context.world;
  on_root(comm, [&] { check_outputs(params); });
  Extras extras;
  const Recorded run = run_job(params, request_of(params, comm), context, extras);
  if (run.exit_code == ExitCode::interrupted) return run.exit_code;
  std::string printed;
  on_root(comm, [&] {
    extras.gold = deliver_gold(params, report_request(params), run.result);
    const Json report = json_report(run, extras);
    deliver_page(params, report_request(params), run.result, report);
    printed = deliver(params, run.result, report);
    tell_story(run, headline(run));
    tell_extras(params, extras, run.record.at("counts"));
    tell_counts(run.record.at("counts"));
  });
  print_from_root(comm, printed);
  return run.exit_code;
}

}  // namespace

void describe(StatsParams& p, Options& visit) {
  visit.optional_argument("input", p.inputs, "INPUT...",
                          "files, folders, globs in quotes, or gen: sources");
  visit.section("What to compute");
  visit.option("features", p.features, "COLUMNS",
               "columns of numbers, dates or times, separated by commas; 1 to 64");
  visit.option("where", p.where, "PREDICATE", "only of these rows: the WHERE of SQL");
  visit.option("group-by", p.group_by, "COLUMN",
               "the column that names a row's entity; intervals of nodes then hold for rows that "
               "depend on each other within an entity");
  visit.option("levels", p.levels, "COLUMNS",
               "columns that name a row's place in the hierarchy, top first, separated by commas");
  visit.option(
      "fanout", p.fanout, Range{2, 1000}, "N",
      "children of a node in the balanced tree of entities that there is without --levels");
  visit.option("fixed-point", p.fixed_point, "UNITS",
               "round every value to a multiple of a power of two, as 2^-20: one for all features, "
               "or one for each, separated by commas; faster, for values below 2^43 units");
  visit.option("confidence", p.confidence, Range{0.5, 0.999999}, "P",
               "confidence of the intervals of means");
  visit.flag("correlate", p.correlate,
             "covariances and correlations too, in stats.jsonl and --format jsonl");
  visit.flag("distributions", p.distributions,
             "leave out range, quantiles, distinct values and NULLs of the nodes: faster, and "
             "smaller states");
  visit.option("table", p.table, "PATH",
               "table inside foreign HDF5 files that hold several, as /group/table");
  describe(p.anomalies, visit);
  describe(p.pairs, visit);
  visit.section("Output");
  visit.choice(
      "format", p.format,
      {{"table", MatchFormat::table}, {"csv", MatchFormat::csv}, {"jsonl", MatchFormat::jsonl}},
      "how statistics are printed");
  visit.flag("json", p.json, "print one JSON object about the run instead of the statistics");
  visit.option("out", p.out, "FILE", "write the statistics to FILE instead of standard output");
  visit.option(
      "html", p.html, "FILE",
      "write the statistics to FILE as a page for people too: one file that needs no other");
  visit.option(
      "gold", p.gold, "DIR",
      "write the statistics to DIR as datasets too: nodes.h5, entities.h5, pairs.h5, records.h5");
  visit.option("state", p.state, "FILE",
               "write the sums of all entities to FILE, for `trawl merge` and --from-state");
  visit.option("from-state", p.from_state, "FILE",
               "report from this state, its columns and rows, instead of INPUT; several are added "
               "up; no run is recorded");
  visit.section("How to find the rows");
  describe(p.scan, visit);
  describe(p.run, visit);
  visit.option("checkpoint", p.checkpoint, Range{0.1, 1e6}, "SECONDS",
               "how often the sums are written, so that a killed run can go on from there");
}

const About stats_about = {
    .name = "stats",
    .summary = "exact statistics of all rows, of every group of a hierarchy and every entity",
    .details =
        "Count, mean, standard deviation and confidence interval of every feature: of all "
        "matching rows, of every node of the hierarchy, and with --group-by of every entity. "
        "Every number is exact before it is rounded once, so the output has the same bytes for "
        "any number of ranks and threads and any order of rows.\n\n"
        "All rows, and every node of --levels, also have the least and greatest value, "
        "quantiles to within 0.4 %, the number of distinct values (exact to 256, then within "
        "some 2 %), and of NULLs.\n\n"
        "A row with NULL, NaN, an infinite value or an integer that no double equals in a "
        "feature is refused as a whole, and counted. A row with NULL for the entity or a level "
        "is in no node, and counted. An entity whose rows name several places is one entity in "
        "each of them; their number is reported.\n\n"
        "Intervals of nodes are Student's t. With --group-by they rest on the spread between "
        "entities, else on independent rows; those of an entity on independent rows.\n\n"
        "With --fdr each entity is judged: how far its means are from those of the entities "
        "under the same parent. Entities are flagged so that the expected share of wrong ones "
        "among them is at most this; docs/anomalies.md says what that supposes.\n\n"
        "With --similar or --pairs entities are compared with each other: docs/pairs.md.\n\n"
        "The run directory holds stats.jsonl (what --format jsonl prints), whose SHA-256 is the "
        "result digest, the certificate, the run record, a summary and a trace. SIGTERM or "
        "SIGUSR1 ends the run in order, with exit code 75; --resume goes on with it.",
    .example =
        "trawl stats --features amount --group-by user_id --levels country data/\n"
        "mpirun -n 4 trawl stats --features amount,time --format csv --out stats.csv data/",
    .exit_codes = {ExitCode::incomplete, ExitCode::check_failed, ExitCode::interrupted},
};

Recorded run_stats_job(const StatsParams& params, const Context& context) {
  fold::StatsRequest request = request_of(params, context.world);
  request.entities_root = params.state.has_value();
  request.state.clear();
  Extras extras;
  return run_job(params, request, context, extras);
}

Command stats_command() {
  return make_command<StatsParams>(stats_about, run_stats, check);
}

}  // namespace trawl::command
