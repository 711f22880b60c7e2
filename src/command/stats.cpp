#include "command/stats.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/file.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/core/exact/moments.hpp>
#include <trawl/fold/certificate.hpp>
#include <trawl/fold/run_record.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/progress.hpp"

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
  if (p.correlate && p.format != MatchFormat::jsonl && !p.json)
    problems.push_back("--correlate gives matrices, which only --format jsonl can show");
  check_anomalies(p.anomalies, p.group_by, problems);
  if (p.overwrite && !p.out) problems.push_back("--overwrite replaces a file: name it by --out");
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

// Root. What --json prints.
Json json_report(const fold::StatsRequest& request, const fold::StatsResult& r,
                 const fold::Certificate& certificate,
                 const std::vector<fold::RankReport>& reports) {
  const fold::Coverage& c = r.search.total;
  const Json p = fold::performance(reports, c, 0);
  Json failed = Json::array();
  for (std::size_t i = 0; i < r.search.opened.facts.size(); ++i) {
    const std::string& failure = r.search.opened.facts[i].failure;
    if (!failure.empty())
      failed.push_back({{"name", r.search.opened.refs()[i].name}, {"reason", failure}});
  }
  Json refusals = Json::array();
  for (const fold::ColumnRefusals& column : r.refusals) {
    refusals.push_back(
        {{"column", column.column}, {"nulls", column.nulls}, {"inexact", column.inexact}});
  }
  Json json = {{"command", "stats"},
               {"status", name_of(r.search.status)},
               {"datasets", r.search.opened.facts.size()}};
  json.update(fold::to_json(c));
  json.update({{"records", r.records},
               {"refused", r.refused},
               {"without_key", r.without_key},
               {"refusals", std::move(refusals)},
               {"nodes", r.nodes},
               {"entities", r.entities},
               {"split_entities", r.split_entities}});
  if (request.anomalies) json["anomalies"] = to_json(*request.anomalies, r.anomalies);
  json.update({{"seconds", p.at("seconds")},
               {"rows_per_second", p.at("rows_per_second")},
               {"ranks", p.at("ranks")},
               {"threads", p.at("threads")},
               {"result_digest", certificate.body.at("result_digest")},
               {"certificate", certificate.digest},
               {"audited_row_groups", r.search.audit.audited},
               {"failed_datasets", std::move(failed)},
               {"failures", failures_of(r.search)}});
  return json;
}

void warn_of_refusals(const fold::StatsResult& r) {
  if (r.without_key + r.refused > 0) {
    log::warning(
        fmt::format("{} matching rows are in no node (NULL entity or level); {} more were "
                    "refused for a value of a feature",
                    with_thousands(r.without_key), with_thousands(r.refused)));
  }
  for (const fold::ColumnRefusals& column : r.refusals) {
    if (column.nulls + column.inexact == 0) continue;
    log::warning(fmt::format("column '{}': {} NULL, {} integers that no double equals",
                             column.column, with_thousands(column.nulls),
                             with_thousands(column.inexact)));
  }
  if (r.split_entities > 0) {
    log::warning(
        fmt::format("{} entities have rows on several paths: each counts as one entity on "
                    "each of them",
                    with_thousands(r.split_entities)));
  }
}

void tell_story(const fold::StatsResult& r, const fold::Certificate& certificate) {
  log::story(
      fmt::format("{}: {} records in {} nodes and {} entities, of {} matching rows in {} "
                  "rows of {} datasets",
                  name_of(r.search.status), with_thousands(r.records), with_thousands(r.nodes),
                  with_thousands(r.entities), with_thousands(r.search.total.matches),
                  with_thousands(r.search.total.rows), r.search.opened.facts.size()));
  log::story(
      fmt::format("result      {}", certificate.body.at("result_digest").get<std::string>()));
  log::story(fmt::format("certificate {}", certificate.digest));
  warn_of_refusals(r);
  for (const std::string& failure : failures_of(r.search)) log::warning(failure);
  if (r.search.audit.hits > 0) {
    log::warning(
        fmt::format("DEFECT: {} pruned row groups hold matches. Please report this; run "
                    "again with --no-zone-maps",
                    r.search.audit.hits));
  }
}

fold::SearchHooks hooks_of(Progress& progress) {
  fold::SearchHooks hooks;
  hooks.on_plan = [&](const fold::Opened& opened, const std::vector<fold::KeyListFacts>&,
                      const std::vector<fold::Work>& work) { progress.begin(opened, work); };
  hooks.on_finished = [&](const fold::FinishedWork& work, const fold::RowSummary&) {
    progress.add(work.ledger);
  };
  hooks.on_tick = [&] { progress.show(); };
  return hooks;
}

std::string text_of(const std::string& lines, const StatsParams& params) {
  return params.anomalies.flagged ? format_flagged(lines, params.format)
                                  : format_stats(lines, params.format);
}

ExitCode run_stats(const StatsParams& params, const Context& context) {
  const comm::Comm& comm = context.world;
  const fold::StatsRequest request = request_of(params, comm);
  on_root(comm, [&] {  // before the work rather than after it
    if (params.out && !params.overwrite && fs::exists(*params.out))
      throw InputError(fmt::format("'{}' exists; --overwrite replaces it", params.out->string()));
  });
  Progress progress(comm, params.progress);
  PhaseTimer timer;
  const fold::StatsResult result = fold::stats(request, comm, hooks_of(progress), timer);
  progress.clear();
  const auto reports = fold::gather_reports(result.search, timer, comm);
  std::string printed;
  on_root(comm, [&] {
    const fold::Certificate certificate =
        fold::make_certificate(request.search, result.search, hex(sha256(bytes_of(result.lines))));
    const bool wanted = params.out || !params.json;
    std::string text = wanted ? text_of(result.lines, params) : std::string();
    if (params.out) write_file_atomically(*params.out, text, params.overwrite);
    if (params.json) printed = json_report(request, result, certificate, reports).dump(2) + "\n";
    if (!params.json && !params.out) printed = std::move(text);
    tell_story(result, certificate);
    if (request.anomalies) log::story(story_of(*request.anomalies, result.anomalies));
  });
  print_from_root(comm, printed);
  return exit_code_of(result.search);
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
  visit.flag("correlate", p.correlate, "covariances and correlations too");
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
  visit.flag("overwrite", p.overwrite, "replace FILE if it exists");
  visit.flag("progress", p.progress, "no progress line on the terminal");
  visit.section("How to find the rows");
  describe(p.scan, visit);
}

Command stats_command() {
  return make_command<StatsParams>(
      {.name = "stats",
       .summary = "exact statistics of all rows, of every group of a hierarchy and every entity",
       .details =
           "Count, mean, standard deviation and confidence interval of every feature: of all "
           "matching rows, of every node of the hierarchy, and with --group-by of every entity. "
           "Every number is exact before it is rounded once, so the output has the same bytes for "
           "any number of ranks and threads and any order of rows; result_digest is the SHA-256 "
           "of --format jsonl.\n\n"
           "A row with NULL, NaN, an infinite value or an integer that no double equals in a "
           "feature is refused as a whole, and counted. A row with NULL for the entity or a level "
           "is in no node, and counted. An entity whose rows name several places is one entity in "
           "each of them; their number is reported.\n\n"
           "Intervals of nodes are Student's t. With --group-by they rest on the spread between "
           "entities, else on independent rows; those of an entity on independent rows.\n\n"
           "With --fdr each entity is judged: how far its means are from those of the entities "
           "under the same parent. Entities are flagged so that the expected share of wrong ones "
           "among them is at most this; docs/anomalies.md says what that supposes.\n\n"
           "No run directory is written yet, so `trawl verify` and `trawl replay` do not apply: "
           "certificate and result_digest of --json are for comparing runs. An interrupted run "
           "begins anew.",
       .example =
           "trawl stats --features amount --group-by user_id --levels country data/\n"
           "trawl stats --features amount,hour --group-by user_id --fdr 0.01 --flagged data/\n"
           "mpirun -n 4 trawl stats --features amount,time --format csv --out stats.csv data/",
       .exit_codes = {ExitCode::incomplete, ExitCode::check_failed}},
      run_stats, check);
}

}  // namespace trawl::command
