#include "command/stats.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <trawl/base/file.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/core/exact/moments.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"

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
  check_run(p.run, problems);
}

fold::StatsRequest request_of(const StatsParams& p, const comm::Comm& comm) {
  fold::StatsRequest request;
  request.search.inputs = p.inputs;
  request.search.where = p.where;
  request.search.table = p.table;
  apply(p.scan, comm, request.search);
  request.features = names_in(p.features);
  request.group_by = p.group_by;
  request.levels = names_in(p.levels);
  request.fanout = p.fanout;
  request.confidence = p.confidence;
  request.correlate = p.correlate;
  request.anomalies = request_of(p.anomalies);
  for (const std::string& unit : names_in(p.fixed_point))
    request.unit_exponents.push_back(*exponent_of(unit));
  if (request.unit_exponents.size() == 1)
    request.unit_exponents.resize(request.features.size(), request.unit_exponents[0]);
  request.search = fold::search_of(request);
  return request;
}

void warn_of_refusals(const Json& counts) {
  const auto count = [&](const char* key) { return counts.at(key).get<std::uint64_t>(); };
  if (count("without_key") + count("refused") > 0) {
    log::warning(
        fmt::format("{} matching rows are in no node (NULL entity or level); {} more were "
                    "refused for a value of a feature",
                    with_thousands(count("without_key")), with_thousands(count("refused"))));
  }
  for (const Json& column : counts.at("refusals")) {
    const std::uint64_t nulls = column.at("nulls"), inexact = column.at("inexact");
    if (nulls + inexact == 0) continue;
    log::warning(fmt::format("column '{}': {} NULL, {} integers that no double equals",
                             column.at("column").get<std::string>(), with_thousands(nulls),
                             with_thousands(inexact)));
  }
  if (count("split_entities") > 0) {
    log::warning(
        fmt::format("{} entities have rows on several paths: each counts as one entity on "
                    "each of them",
                    with_thousands(count("split_entities"))));
  }
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

std::string text_of(const std::string& lines, const StatsParams& params) {
  return params.anomalies.flagged ? format_flagged(lines, params.format)
                                  : format_stats(lines, params.format);
}

ExitCode run_stats(const StatsParams& params, const Context& context) {
  const comm::Comm& comm = context.world;
  on_root(comm, [&] {  // before the work rather than after it
    if (params.out && !params.run.overwrite && fs::exists(*params.out))
      throw InputError(fmt::format("'{}' exists; --overwrite replaces it", params.out->string()));
  });
  const Recorded run = run_stats_job(params, context);
  if (run.exit_code == ExitCode::interrupted) return run.exit_code;
  std::string printed;
  on_root(comm, [&] {
    const bool wanted = params.out || !params.json;
    std::string text = wanted ? text_of(run.result, params) : std::string();
    if (params.out) write_file_atomically(*params.out, text, params.run.overwrite);
    if (params.json) {
      Json report = common_report(run);
      report.update(run.record.at("counts"));
      printed = report.dump(2) + "\n";
    }
    if (!params.json && !params.out) printed = std::move(text);
    tell_story(run, headline(run));
    const Json& counts = run.record.at("counts");
    if (counts.contains("anomalies")) log::story(story_of(counts.at("anomalies")));
    warn_of_refusals(counts);
  });
  print_from_root(comm, printed);
  return run.exit_code;
}

}  // namespace

void describe(StatsParams& p, Options& visit) {
  visit.argument("input", p.inputs, "INPUT...", "files, folders, globs in quotes, or gen: sources");
  visit.section("What to compute");
  visit.required("features", p.features, "COLUMNS",
                 "columns of numbers, dates or times, separated by commas; at most 64");
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
  visit.option("table", p.table, "PATH",
               "table inside foreign HDF5 files that hold several, as /group/table");
  describe(p.anomalies, visit);
  visit.section("Output");
  visit.choice(
      "format", p.format,
      {{"table", MatchFormat::table}, {"csv", MatchFormat::csv}, {"jsonl", MatchFormat::jsonl}},
      "how statistics are printed");
  visit.flag("json", p.json, "print one JSON object about the run instead of the statistics");
  visit.option("out", p.out, "FILE", "write the statistics to FILE instead of standard output");
  visit.section("How to find the rows");
  describe(p.scan, visit);
  describe(p.run, visit);
}

const About stats_about = {
    .name = "stats",
    .summary = "exact statistics of all rows, of every group of a hierarchy and every entity",
    .details =
        "Count, mean, standard deviation and confidence interval of every feature: of all "
        "matching rows, of every node of the hierarchy, and with --group-by of every entity. "
        "Every number is exact before it is rounded once, so the output has the same bytes for "
        "any number of ranks and threads and any order of rows.\n\n"
        "A row with NULL, NaN, an infinite value or an integer that no double equals in a "
        "feature is refused as a whole, and counted. A row with NULL for the entity or a level "
        "is in no node, and counted. An entity whose rows name several places is one entity in "
        "each of them; their number is reported.\n\n"
        "Intervals of nodes are Student's t. With --group-by they rest on the spread between "
        "entities, else on independent rows; those of an entity on independent rows.\n\n"
        "With --fdr each entity is judged: how far its means are from those of the entities "
        "under the same parent. Entities are flagged so that the expected share of wrong ones "
        "among them is at most this; docs/anomalies.md says what that supposes.\n\n"
        "The run directory holds stats.jsonl (what --format jsonl prints), whose SHA-256 is the "
        "result digest, the certificate, the run record, a summary and a trace. SIGTERM or "
        "SIGUSR1 ends the run in order, with exit code 75; --resume goes on with it.",
    .example =
        "trawl stats --features amount --group-by user_id --levels country data/\n"
        "mpirun -n 4 trawl stats --features amount,time --format csv --out stats.csv data/",
    .exit_codes = {ExitCode::incomplete, ExitCode::check_failed, ExitCode::interrupted},
};

Recorded run_stats_job(const StatsParams& params, const Context& context) {
  const fold::StatsRequest request = request_of(params, context.world);
  RecordedRun run(params.run, context, request.search);
  fold::StatsResult result = fold::stats(request, context.world, run.hooks(), run.timer());
  return run.record(result.search, [&] {
    return Answer{std::move(result.lines), fold::counts_of(request, result)};
  });
}

Command stats_command() {
  return make_command<StatsParams>(stats_about, run_stats, check);
}

}  // namespace trawl::command
