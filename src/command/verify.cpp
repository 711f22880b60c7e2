#include <fmt/format.h>

#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/fold/verify.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/run_files.hpp"

namespace trawl::command {
namespace {

struct VerifyParams {
  std::filesystem::path run;
  std::vector<std::string> data;
  double rescan = 0;
  bool json = false;
};

void describe(VerifyParams& p, Options& visit) {
  visit.argument("run", p.run, "RUN", "directory of the run to verify");
  visit.section("What to check");
  visit.option("rescan", p.rescan, Range{0.0, 1.0}, "SHARE",
               "share of all row groups that the reference evaluator scans again; 1: all");
  visit.option("data", p.data, "INPUT",
               "where the data is now, when it was moved; repeat for more (default: where the run "
               "found it)");
  visit.section("Output");
  visit.flag("json", p.json, "print one JSON object");
}

constexpr std::size_t printed_problems = 100;

Json json_report(const fold::VerifyReport& report, const fold::RunFiles& run) {
  return {{"command", "verify"},
          {"status", report.problem_count == 0 ? "verified" : "failed"},
          {"run_dir", run.path.string()},
          {"certificate", run.certificate.digest},
          {"run_status", run.certificate.body.at("status")},
          {"problems", report.problems},
          {"problem_count", report.problem_count},
          {"datasets", report.datasets},
          {"bytes", report.bytes},
          {"matches", report.matches},
          {"proofs", report.proofs},
          {"rescanned_row_groups", report.rescanned_groups},
          {"rescanned_rows", report.rescanned_rows},
          {"recounted", report.recounted}};
}

std::string text_report(const fold::VerifyReport& report, const fold::RunFiles& run) {
  std::string text;
  for (std::size_t i = 0; i < report.problems.size() && i < printed_problems; ++i) {
    text += fmt::format("does not hold: {}\n", report.problems[i]);
  }
  if (report.problem_count > printed_problems)
    text += fmt::format("... {} in all\n", report.problem_count);
  text += fmt::format(
      "{}: certificate {} of a {} run\n"
      "  {} dataset digests over {}, {} matches re-read and re-evaluated, {} proofs of pruning "
      "repeated,\n"
      "  {} row groups ({} rows) rescanned by the reference evaluator\n",
      report.problem_count == 0 ? "verified" : "FAILED", run.certificate.digest,
      run.certificate.body.at("status").get<std::string>(), with_thousands(report.datasets),
      human_bytes(report.bytes), with_thousands(report.matches), with_thousands(report.proofs),
      with_thousands(report.rescanned_groups), with_thousands(report.rescanned_rows));
  const std::string command = run.certificate.body.at("command");
  if (command != "search") {
    const char* const what = command == "stats" ? "statistics" : "evidence";
    text += fmt::format("  {} {}\n", what,
                        report.recounted
                            ? "made again from these rows, and compared byte by byte"
                            : "checked for sums of counts only: --rescan 1 makes them again");
  }
  return text;
}

// Named where the user is, found from where the run was.
std::vector<std::string> absolute_inputs(std::vector<std::string> inputs) {
  for (std::string& input : inputs) {
    if (!input.starts_with("gen:") && !input.empty())
      input = std::filesystem::absolute(input).lexically_normal().string();
  }
  return inputs;
}

ExitCode run_verify(const VerifyParams& params, const Context& context) {
  const comm::Comm& comm = context.world;
  const fold::RunFiles run = run_files_from_root(comm, params.run);
  const std::vector<std::string> data = absolute_inputs(params.data);
  go_to_working_folder(run.record, comm);
  const fold::VerifyReport report = fold::verify(run, {params.rescan, 0.001, data}, comm);
  const bool holds = report.problem_count == 0;
  print_from_root(comm, !comm.is_root() ? ""
                        : params.json   ? json_report(report, run).dump(2) + "\n"
                                        : text_report(report, run));
  return holds ? ExitCode::complete : ExitCode::check_failed;
}

}  // namespace

Command verify_command() {
  return make_command<VerifyParams>(
      {.name = "verify",
       .summary = "re-derive what a run claims: counts, digests, matches, proofs",
       .details =
           "Trusts nothing the run wrote: recomputes the certificate's digest and Merkle root, "
           "closes every ledger, hashes all data again, re-reads and re-evaluates every match "
           "with a slow evaluator that shares no code with the search, repeats every proof of "
           "pruning, and with --rescan searches a share of the row groups again. Of statistics and "
           "evidence, "
           "sums of counts are checked; --rescan 1 makes them again, record by record, from the "
           "rows that the slow evaluator finds. "
           "docs/certificate.md says what this proves and what it does not.",
       .example = "trawl verify runs/search-20260101T000000Z-4242\nmpirun -n 4 trawl verify "
                  "--rescan 1 RUN",
       .exit_codes = {ExitCode::check_failed}},
      run_verify);
}

}  // namespace trawl::command
