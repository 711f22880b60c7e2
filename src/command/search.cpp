#include "command/search.hpp"

#include <fmt/format.h>

#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/fold/search.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"

namespace trawl::command {
namespace {

void check(const SearchParams& p, Problems& problems) {
  if (p.count && !p.select.empty())
    problems.push_back("--count returns no columns: leave --select away");
  if (p.count && p.limit) problems.push_back("--count counts all matches: leave --limit away");
  check_run(p.run, problems);
}

ExitCode run_search(const SearchParams& params, const Context& context) {
  if (params.explain) {
    print_from_root(context.world, fold::explain(request_of(params, context.world), context.world));
    return ExitCode::complete;
  }
  const Recorded run = run_search_job(params, context);
  if (run.exit_code == ExitCode::interrupted) return run.exit_code;
  std::string out;
  if (context.world.is_root()) {
    if (params.json) {
      out = common_report(run).dump(2) + "\n";
    } else if (params.count) {
      out = run.record.at("coverage").at("matches").dump() + "\n";
    } else {
      out = format_matches(run.result, params.format);
    }
    const auto matches = run.record.at("coverage").at("matches").get<std::uint64_t>();
    tell_story(run, fmt::format("{} matches in", with_thousands(matches)));
  }
  print_from_root(context.world, out);
  return run.exit_code;
}

}  // namespace

const About search_about = {
    .name = "search",
    .summary = "find all rows that satisfy a predicate, and prove that nothing was missed",
    .details =

        "INPUT is a file, a folder (searched for *.h5), a glob in quotes, or a generated "
        "source such as gen:transactions?datasets=8&rows=1000000&seed=42. Files that trawl did "
        "not write are searched in place: groups of equal-length HDF5 datasets, and compound "
        "tables.\n\n"
        "PREDICATE is the WHERE of SQL (docs/predicate.md). Matches go to standard output in "
        "canonical order, the story to standard error, and everything else into the run "
        "directory: certificate, matches, run record, summary, trace.\n\n"
        "SIGTERM or SIGUSR1 ends the run in order, with exit code 75; --resume goes on with "
        "it.",
    .example =
        "trawl search --where \"user_id = 12345 AND action = 'purchase' AND amount > 10000\" "
        "data/\n"
        "mpirun -n 4 trawl search --where \"user_id IN FILE 'watch.txt'\" --json data/\n"
        "trawl search --where \"note LIKE '%refund%'\" --select record_id,note --limit 10 "
        "data/part-*.h5",
    .exit_codes = {ExitCode::incomplete, ExitCode::check_failed, ExitCode::interrupted},
};

void describe(ScanParams& p, Options& visit) {
  visit.option("threads", p.threads, Range{0, 1024}, "N",
               "threads per rank; 0: the cores of the node, shared by its ranks");
  visit.option("audit", p.audit, Range{0.0, 1.0}, "SHARE",
               "share of the pruned row groups that is scanned all the same");
  visit.option("fpr", p.fpr, Range{1e-6, 0.5}, "RATE", "false-positive rate of membership filters");
  visit.flag("zone-maps", p.zone_maps, "scan every row group; do not prune by zone maps");
  visit.flag("index", p.index,
             "use neither stored membership filters nor column sketches (trawl index)");
  visit.flag("filters", p.filters, "check every key exactly; do not screen by membership filters");
}

void describe(SearchParams& p, Options& visit) {
  visit.argument("input", p.inputs, "INPUT...", "files, folders, globs in quotes, or gen: sources");
  visit.section("What to find");
  visit.required("where", p.where, "PREDICATE", "rows to find: the WHERE of SQL");
  visit.option("select", p.select, "COLUMNS",
               "columns to return, separated by commas (default: all)");
  visit.option("limit", p.limit, Range{1, 1'000'000'000}, "N",
               "stop at the first N matches in canonical order; the certificate is then bounded, "
               "never complete");
  visit.flag("count", p.count, "only count the matches");
  visit.option("table", p.table, "PATH",
               "table inside foreign HDF5 files that hold several, as /group/table");
  visit.section("Output");
  visit.choice(
      "format", p.format,
      {{"table", MatchFormat::table}, {"csv", MatchFormat::csv}, {"jsonl", MatchFormat::jsonl}},
      "how matches are printed");
  visit.flag("json", p.json, "print one JSON object about the run instead of the matches");
  visit.flag("explain", p.explain,
             "print normal form, types, screens and plan; read no column data");
  visit.section("How to find it");
  describe(p.scan, visit);
  describe(p.run, visit);
}

Command search_command() {
  return make_command<SearchParams>(search_about, run_search, check);
}

}  // namespace trawl::command
