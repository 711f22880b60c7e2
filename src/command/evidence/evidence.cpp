#include "command/evidence/evidence.hpp"

#include <cmath>

#include <fmt/format.h>

#include <trawl/base/file.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/evidence/gold.hpp"
#include "command/evidence/output.hpp"
#include "command/written_state.hpp"

namespace trawl::command {
namespace {

using evidence::Equivocation;

void check(const EvidenceParams& p, Problems& problems) {
  if (p.prior && !(*p.prior > 0 && *p.prior < 1)) {
    problems.push_back(
        fmt::format("--prior: {} is no prior probability that evidence could change; choose one "
                    "between 0 and 1",
                    to_text(*p.prior)));
  }
  if (p.prior && !p.prior_column.empty())
    problems.push_back("--prior is for all entities, --prior-column for each: choose one");
  if (!(p.max_log_odds > 0 && p.max_log_odds <= 1 << 20))
    problems.push_back("--max-log-odds: choose one above 0, at most 1048576");
  if (p.max_group_weight && !(*p.max_group_weight > 0 && std::isfinite(*p.max_group_weight)))
    problems.push_back("--max-group-weight: choose a finite weight above 0, or leave it out");
  for (const auto& [name, column] :
       {std::pair("--entity", &p.entity), {"--log-odds", &p.log_odds}}) {
    if (*column && (*column)->empty())
      problems.push_back(fmt::format("{}: name a column; there is no evidence without", name));
  }
  if (!p.from_state.empty()) return check_evidence_from_state(p, problems);
  if (p.inputs.empty()) problems.push_back("INPUT... is missing, or --from-state");
  if (p.state && p.out == p.state) problems.push_back("--state and --out name the same file");
  if (p.state_without_ids && !p.state)
    problems.push_back("--state-without-ids is for --state: give both, or none");
  check_run(p.run, problems);
}

// Collective. The columns that are given, and for the others the usual ones.
fold::EvidenceColumns columns_of(const EvidenceParams& p, const fold::SearchRequest& search,
                                 const comm::Comm& comm) {
  fold::EvidenceColumns columns = fold::usual_columns(search, comm);
  for (const auto& [given, column] : {std::pair(&p.entity, &columns.entity),
                                      {&p.log_odds, &columns.log_odds},
                                      {&p.weight, &columns.weight},
                                      {&p.source, &columns.source},
                                      {&p.id, &columns.id},
                                      {&p.time, &columns.time},
                                      {&p.type, &columns.type}}) {
    if (*given) *column = **given;
  }
  columns.prior = p.prior_column;
  return columns;
}

// Collective. Read once, by root.
std::optional<fold::SourceRegistry> registry_of(const EvidenceParams& p,
                                                const fold::EvidenceRequest& request,
                                                const comm::Comm& comm) {
  if (!p.sources) return std::nullopt;
  const std::string& column = request.columns.source;
  const bool whole = !column.empty() && fold::has_whole_numbers(request.search, column, comm);
  const std::string list = from_root(
      comm, [&] { return fold::to_json(fold::read_sources(*p.sources, column, whole)).dump(); });
  return fold::registry_from(Json::parse(list));
}

fold::EvidenceRequest request_of(const EvidenceParams& p, const comm::Comm& comm) {
  fold::EvidenceRequest request = report_request(p);
  request.search.inputs = p.inputs;
  request.search.where = p.where;
  request.search.table = p.table;
  apply(p.scan, comm, request.search);
  request.columns = columns_of(p, request.search, comm);
  request.screen_bytes = p.screen_memory << 20;
  request.compare_bytes = p.compare_memory << 20;
  request.registered = registry_of(p, request, comm);
  request.rules.registered_only = request.registered.has_value();
  if (p.state) request.state = *p.state;
  request.overwrite_state = p.run.overwrite;
  request.state_ids = !p.state_without_ids;
  request.search = fold::search_of(request);
  return request;
}

// Collective.
Recorded run_job(const EvidenceParams& params, const fold::EvidenceRequest& request,
                 const Context& context, EvidenceExtras& extras) {
  RecordedRun run(params.run, context, request.search);
  run.keep_checkpoints(params.checkpoint);
  fold::EvidenceRequest of_run = request;
  of_run.scratch = run.scratch();
  fold::EvidenceResult result = fold::evidence(of_run, context.world, run.hooks(), run.timer());
  extras.deduplicated = !request.columns.id.empty();
  extras.registered = request.registered.has_value();
  extras.candidates = result.candidates;
  extras.compared = result.compared;
  return run.record(result.search, [&] {
    extras.state = result.state;
    const Json counts = fold::counts_of(result);
    return Answer{std::move(result.lines), counts};
  });
}

ExitCode run_evidence(const EvidenceParams& params, const Context& context) {
  if (!params.from_state.empty()) return report_evidence_states(params, context);
  const comm::Comm& comm = context.world;
  on_root(comm, [&] { check_outputs(params); });  // before the work rather than after it
  const fold::EvidenceRequest request = request_of(params, comm);
  on_root(comm, [&] {
    if (params.gold) check_evidence_gold(request.columns, *params.gold, params.run.overwrite);
  });
  EvidenceExtras extras;
  const Recorded run = run_job(params, request, context, extras);
  if (run.exit_code == ExitCode::interrupted) return run.exit_code;
  std::string printed;
  on_root(comm, [&] {
    Json report = common_report(run);
    report.update(run.record.at("counts"));
    report["deduplicated"] = extras.deduplicated;
    report["compared_rows"] = extras.compared;
    report["candidate_rows"] = extras.candidates;
    if (extras.state) report["state"] = to_json(*extras.state);
    tell_story(run, headline(run));
    tell_state(params.state.has_value(), extras.state, run.record.at("counts"));
    tell_identity(run.record.at("counts"), extras);
    tell_counts(run.record.at("counts"), extras.registered);
    printed = deliver(params, request, run.result, std::move(report));
  });
  print_from_root(comm, printed);
  return run.exit_code;
}

void describe_columns(EvidenceParams& p, Options& visit) {
  visit.section("Which columns; not given: the one of the option's name, if there is one");
  visit.option("entity", p.entity, "COLUMN", "what the evidence is about");
  visit.option("log-odds", p.log_odds, "COLUMN",
               "log-odds of a record, natural logarithms (log_odds)");
  visit.option("weight", p.weight, "COLUMN", "in [0, 1]; \"\" or no such column: 1");
  visit.option("source", p.source, "COLUMN", "who says it; \"\": one source says everything");
  visit.option("id", p.id, "COLUMN",
               "with entity and source the identity of a piece of evidence, which counts once; "
               "\"\": every row is a piece of its own");
  visit.option("time", p.time, "COLUMN", "part of the record, of no effect on sums; \"\": none");
  visit.option("type", p.type, "COLUMN", "kind of evidence, for --max-group-weight; \"\": none");
}

}  // namespace

fold::EvidenceRequest report_request(const EvidenceParams& p) {
  fold::EvidenceRequest request;
  request.prior = p.prior.value_or(0.5);
  request.rules.max_log_odds = p.max_log_odds;
  if (p.max_group_weight) request.rules.max_group_weight = *p.max_group_weight;
  request.rules.byzantine = p.byzantine;
  request.rules.confidence = p.confidence;
  request.rules.equivocation = p.equivocation;
  return request;
}

void describe(EvidenceParams& p, Options& visit) {
  visit.optional_argument("input", p.inputs, "INPUT...",
                          "files, folders, globs in quotes, or gen: sources");
  describe_columns(p, visit);
  visit.section("How it is weighed");
  visit.option("prior", p.prior, "P", "probability of every entity before any evidence (0.5)");
  visit.option("prior-column", p.prior_column, "COLUMN",
               "column with the prior probability of the row's entity: the same in all its rows");
  visit.option("max-log-odds", p.max_log_odds, "X", "log-odds beyond +-X are clamped, and counted");
  visit.option("max-group-weight", p.max_group_weight, "W",
               "weights of one source and type about one entity are scaled down to W together (a "
               "logarithmic pool)");
  visit.option("sources", p.sources, "FILE",
               "list of the sources that may vote: CSV (.csv), JSON (.json, .jsonl) or a dataset "
               "(.h5) with source and, if wanted, votes. Others are counted, but do not vote");
  visit.option("byzantine", p.byzantine, Range{0.0, 0.5, true}, "SHARE",
               "share of an entity's sources that may lie, in any way and together");
  visit.choice("equivocation", p.equivocation,
               {{"distrust", Equivocation::distrust},
                {"distrust-on-entity", Equivocation::distrust_on_entity},
                {"drop", Equivocation::drop}},
               "a source that says two things under one id has no vote on any entity, on this one, "
               "or keeps it");
  visit.option("confidence", p.confidence, Range{0.5, 0.999999}, "P",
               "confidence of the interval over sources");
  visit.option("where", p.where, "PREDICATE", "only of these rows: the WHERE of SQL");
  visit.option("table", p.table, "PATH",
               "table inside foreign HDF5 files that hold several, as /group/table");
  visit.section("Output");
  visit.option("top", p.top, Range{1}, "N",
               "print only the N entities with the greatest log_odds, the greatest first; equal "
               "ones in the order of entities");
  visit.choice(
      "format", p.format,
      {{"table", MatchFormat::table}, {"csv", MatchFormat::csv}, {"jsonl", MatchFormat::jsonl}},
      "how entities are printed");
  visit.flag("json", p.json, "print one JSON object about the run instead of the entities");
  visit.option("out", p.out, "FILE", "write the entities to FILE instead of standard output");
  visit.option("gold", p.gold, "DIR",
               "write entities, sources and equivocations to DIR as datasets, for trawl search and "
               "h5py");
  visit.option("html", p.html, "FILE",
               "write one page for people: the strongest cases, what their sources say, and what "
               "cutting does");
  visit.option(
      "state", p.state, "FILE",
      "write sums and records of all entities to FILE, for `trawl merge` and --from-state");
  visit.flag(
      "state-without-ids", p.state_without_ids,
      "leave the records out of FILE: far smaller, but states that may share evidence cannot "
      "be merged, and nothing be retracted");
  visit.option(
      "from-state", p.from_state, "FILE",
      "report from this state, its columns and rows, instead of INPUT; several are added "
      "up (give the option for each); where records that say two things stood is not known "
      "then: their dataset and row are null");
  visit.section("How to find the rows");
  describe(p.scan, visit);
  visit.option(
      "screen-memory", p.screen_memory, Range{1, 1 << 24}, "MIB",
      "memory of a node for finding duplicates, 1.7 bytes a row; with less, the data is read "
      "more often");
  visit.option(
      "compare-memory", p.compare_memory, Range{1, 1 << 24}, "MIB",
      "memory of a rank for records that may be duplicates, until they are compared; more wait in "
      "a file in the run's folder");
  describe(p.run, visit);
  visit.option("checkpoint", p.checkpoint, Range{0.1, 1e6}, "SECONDS",
               "how often the sums are written, so that a killed run can go on from there");
}

const About evidence_about = {
    .name = "evidence",
    .summary = "posterior of every entity from what many sources say, a third of which may lie",
    .details =
        "Each row says what one source holds about one entity: by how much what it saw is likelier "
        "if the case is true than if it is not, as log-odds (natural logarithms: 2.2 is nine to "
        "one, 0 says nothing, below 0 speaks against). docs/evidence.md begins with an example and "
        "defines every number.\n\n"
        "Printed are, for each entity, the robust posterior (log_odds, p), its interval over "
        "sources (low, high), the one by the trimmed mean (trimmed) and the plain sum of what "
        "everybody says (plain), all as log-odds; the sources with votes, how many of them the "
        "trimmed mean cuts, and what became of the rows. The robust posterior is the prior and the "
        "number of sources times the median of what they say: up to --byzantine of them cannot "
        "push that out of the range of the others, if nobody has several names (--sources). Sums "
        "are exact: the output has the same bytes for any number of ranks and threads and any "
        "order of rows.\n\n"
        "A record that comes twice counts once. Two records of one entity, source and id that "
        "differ are equivocation: neither counts, both are listed, and the source loses its votes "
        "(--equivocation). For that the data is read twice: first to prove "
        "which identities are unique.\n\n"
        "A row with NULL for the entity, source, id, log-odds, weight or prior, with NaN, or with "
        "a weight outside [0, 1] is refused and counted.\n\n"
        "The run directory holds evidence.jsonl (what --format jsonl prints), whose SHA-256 is the "
        "result digest, the certificate, the run record, a summary and a trace. SIGTERM or "
        "SIGUSR1 ends the run in order, with exit code 75; --resume goes on with it.",
    .example =
        "trawl evidence --top 20 --html page.html data/\n"
        "trawl evidence --sources registered.csv --gold gold data/\n"
        "mpirun -n 4 trawl evidence --entity agent --log-odds llr --source node data/",
    .exit_codes = {ExitCode::incomplete, ExitCode::check_failed, ExitCode::interrupted},
};

Recorded run_evidence_job(const EvidenceParams& params, const Context& context) {
  EvidenceExtras extras;
  fold::EvidenceRequest request = request_of(params, context.world);
  request.entities_root = params.state.has_value();
  request.state.clear();
  return run_job(params, request, context, extras);
}

Command evidence_command() {
  return make_command<EvidenceParams>(evidence_about, run_evidence, check);
}

}  // namespace trawl::command
