// trawl ingest: CSV files -> datasets, every row kept or accounted for.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/base/timer.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/dataset_output.hpp"
#include "command/ingest_file.hpp"
#include "command/ingest_report.hpp"
#include "command/schema_file.hpp"
#include "command/shares.hpp"
#include "command/text_file.hpp"

namespace trawl::command {

namespace {

struct IngestParams {
  std::vector<std::string> files;
  std::string schema;
  std::vector<std::string> null_texts;
  std::uint64_t max_quarantined = 0;
  DatasetOutput output;
  int threads = 0;
  bool json = false;
};

void describe(IngestParams& p, Options& visit) {
  visit.argument("file", p.files, "FILE...",
                 "CSV with a header line; .gz and .zst are decompressed");
  visit.section("Reading");
  visit.option("schema", p.schema, "FILE",
               "types that override inference: `name type` lines or JSON (docs/formats/schema.md)");
  visit.option("null", p.null_texts, "TEXT", "text that means NULL, besides an empty field");
  visit.option("max-quarantined", p.max_quarantined, Range{0}, "ROWS",
               "how many rows may be quarantined, over all files, before the exit code is 3");
  describe(p.output, visit);
  visit.flag("json", p.json, "print the counts as one JSON object");
  visit.section("Speed");
  visit.option("threads", p.threads, Range{0, 1024}, "N",
               "files that a rank reads at once; 0: as many as it has cores");
}

std::vector<IngestJob> jobs_of(const IngestParams& p) {
  std::vector<IngestJob> jobs;
  for (const std::string& file : p.files)
    jobs.push_back({file, dataset_name_of(file), p.output.out});
  return jobs;
}

void check(const IngestParams& p, Problems& problems) {
  std::map<std::string, std::string> files;
  for (const IngestJob& job : jobs_of(p)) {
    const auto [first, is_new] = files.emplace(job.dataset, job.file);
    if (is_new) continue;
    problems.push_back(fmt::format(
        "{} and {} would both be dataset '{}'; rename one, or ingest it into another folder",
        first->second, job.file, job.dataset));
  }
}

void prepare_folder(const IngestParams& p, const std::vector<IngestJob>& jobs) {
  make_folder(p.output.out);
  make_folder(p.output.out / "quarantine");
  for (const IngestJob& job : jobs) {
    check_output(job.path(), p.output.write.overwrite);
    check_output(job.quarantine_path(), p.output.write.overwrite);
  }
  // What an earlier run quarantined says nothing about this one.
  for (const IngestJob& job : jobs) fs::remove(job.quarantine_path());
}

// A column of the schema file that is not in a file is the user's mistake, and is told before
// anything is written. A file that cannot be read is told later, as such.
void check_header(const IngestJob& job, const store::IngestOptions& options) {
  std::vector<std::string> header;
  try {
    header = store::CsvReader(job.file).header();
  } catch (const DataError&) {
    return;
  }
  for (const ColumnSchema& column : options.given) {
    if (std::ranges::find(header, column.name) != header.end()) continue;
    throw InputError(fmt::format("the schema file names column '{}', which is not in {} ({})",
                                 column.name, job.file, fmt::join(header, ", ")));
  }
}

IngestReport report_of(const IngestJob& job, const store::IngestOptions& options,
                       const DatasetOutput& output) {
  try {
    return ingest_file(job, options, output);
  } catch (const DataError& error) {
    IngestReport failed;
    failed.error = error.what();
    return failed;
  }
}

// Root's view, so that all ranks share the files in the same way. A file that is missing weighs
// nothing.
std::vector<std::uint64_t> file_sizes(const std::vector<IngestJob>& jobs, const comm::Comm& world) {
  std::vector<std::uint64_t> sizes;
  for (const IngestJob& job : jobs) {
    std::error_code error;
    const std::uint64_t size = fs::file_size(job.file, error);
    sizes.push_back(error ? 0 : size);
  }
  world.broadcast(sizes);
  return sizes;
}

// Collective. The reports of all files in the order of the arguments, on all ranks.
std::vector<IngestReport> ingest_all(const std::vector<IngestJob>& jobs, const IngestParams& p,
                                     const store::IngestOptions& options, const comm::Comm& world) {
  const auto mine = share_of(file_sizes(jobs, world), world.size(), world.rank());
  if (!options.given.empty()) {
    world.agree("checking the headers", [&] {
      for (const std::size_t i : mine) check_header(jobs[i], options);
    });
  }
  std::vector<IngestReport> own(mine.size());
  const int threads = thread_count(p.threads, world);
  world.agree("ingesting", [&] {
    for_each_parallel(mine.size(), threads, [&](std::size_t i) {
      own[i] = report_of(jobs[mine[i]], options, p.output);
      own[i].index = mine[i];
    });
  });
  std::string lines;
  for (const IngestReport& report : own) lines += format_report(report);
  std::vector<IngestReport> all;
  for (const std::string& text : world.all_gather_text(lines)) {
    for (const std::string& line : split(text, '\n')) {
      if (!line.empty()) all.push_back(parse_report(line));
    }
  }
  std::ranges::sort(all, {}, &IngestReport::index);
  return all;
}

ExitCode exit_code(const IngestTotals& totals, const IngestParams& p) {
  if (totals.failed > 0) return ExitCode::incomplete;
  return totals.quarantined > p.max_quarantined ? ExitCode::quarantined : ExitCode::complete;
}

ExitCode run(const IngestParams& p, const Context& context) {
  const Stopwatch watch;
  const comm::Comm& world = context.world;
  const std::vector<IngestJob> jobs = jobs_of(p);
  store::IngestOptions options;
  options.null_texts = p.null_texts;
  if (!p.schema.empty()) {
    const std::string text = file_from_root(world, p.schema);
    world.agree("reading the schema file",
                [&] { options.given = parse_schema_file(text, p.schema); });
  }
  on_root(world, [&] { prepare_folder(p, jobs); });
  const std::vector<IngestReport> reports = ingest_all(jobs, p, options, world);
  const fs::path quarantine = p.output.out / "quarantine";
  on_root(world, [&] {
    if (fs::is_empty(quarantine)) fs::remove(quarantine);
  });
  const IngestTotals totals = totals_of(reports);
  const ExitCode code = exit_code(totals, p);
  print_from_root(world, p.json ? ingest_json(jobs, reports, totals, code, watch.seconds())
                                : ingest_table(jobs, reports, totals));
  log::story(fmt::format("{} rows kept, {} quarantined, {} files failed ({})",
                         with_thousands(totals.kept), with_thousands(totals.quarantined),
                         totals.failed, human_seconds(watch.seconds())));
  return code;
}

}  // namespace

Command ingest_command() {
  return make_command<IngestParams>(
      {.name = "ingest",
       .summary = "turn CSV files into datasets, every row kept or accounted for",
       .details =
           "Each FILE becomes DIR/<name>.h5. Types are inferred over the whole file: int64, "
           "float64, boolean, date, "
           "timestamp, categorical, text. A row that cannot be kept is written to "
           "DIR/quarantine/<name>.jsonl with "
           "file, line, byte offset, reason and raw text (raw_hex when it is not UTF-8); input "
           "rows = kept + "
           "quarantined. A file that cannot be read is listed as failed, and the others are done.",
       .example =
           "mpirun -n 4 trawl ingest flights-*.csv.zst --out flights\n"
           "trawl ingest sensors.csv --schema sensors.schema --null NA --null - --out sensors",
       .exit_codes = {ExitCode::quarantined, ExitCode::incomplete}},
      run, check);
}

}  // namespace trawl::command
