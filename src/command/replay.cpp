#include <fmt/format.h>

#include <trawl/base/log.hpp>
#include <trawl/base/version.hpp>
#include <trawl/fold/run_directory.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/evidence/evidence.hpp"
#include "command/run_files.hpp"
#include "command/search.hpp"
#include "command/stats/stats.hpp"

namespace trawl::command {
namespace {

struct ReplayParams {
  std::filesystem::path run;
  std::optional<std::filesystem::path> out;
  std::uint64_t threads = 0;
  bool json = false;
};

void describe(ReplayParams& p, Options& visit) {
  visit.argument("run", p.run, "RUN", "directory of the run to repeat");
  visit.section("Output");
  visit.option("out", p.out, "DIR",
               "directory of the new run (default: runs/replay-<time>-<process>)");
  visit.option("threads", p.threads, Range{0, 1024}, "N",
               "threads per rank; 0: the cores of the node, shared by its ranks");
  visit.flag("json", p.json, "print one JSON object");
}

Json input_digests(const Json& body) {
  Json digests = Json::object();
  for (const Json& entry : body.at("datasets"))
    digests[entry.at("name").get<std::string>()] = entry.at("digest");
  return digests;
}

// What can make the result of a repeated run differ, each with both values; and the result itself.
class Comparison {
 public:
  Comparison(const Json& before, const Json& after) {
    compare("version", before.at("program"), after.at("program"));
    for (const char* option : {"command", "predicate", "select", "table", "count_only", "limit"}) {
      compare(fmt::format("option {}", option), before.at(option), after.at(option));
    }
    compare("options", before.value("parameters", Json()), after.value("parameters", Json()));
    compare_lists(before.at("key_lists"), after.at("key_lists"));
    compare_data(input_digests(before), input_digests(after));
    same_result_ = before.at("result_digest") == after.at("result_digest");
    compare("status", before.at("status"), after.at("status"));
    compare("coverage", before.at("coverage"), after.at("coverage"));
    compare("audit", before.at("audit"), after.at("audit"));
    compare("counts", before.value("counts", Json()), after.value("counts", Json()));
  }

  const std::vector<std::string>& differences() const { return differences_; }
  bool same_result() const { return same_result_; }

 private:
  void compare(const std::string& what, const Json& before, const Json& after) {
    if (before != after)
      differences_.push_back(fmt::format("{}: was {}, is {}", what, before.dump(), after.dump()));
  }

  void compare_lists(const Json& before, const Json& after) {
    for (std::size_t i = 0; i < before.size() && i < after.size(); ++i) {
      compare(fmt::format("data: key list '{}'", before[i].at("path").get<std::string>()),
              before[i].at("digest"), after[i].at("digest"));
    }
  }

  void compare_data(const Json& before, const Json& after) {
    for (const auto& [name, digest] : before.items()) {
      if (!after.contains(name)) {
        differences_.push_back(fmt::format("data: dataset '{}' is gone", name));
      } else {
        compare(fmt::format("data: dataset '{}'", name), digest, after.at(name));
      }
    }
    for (const auto& [name, digest] : after.items()) {
      if (!before.contains(name))
        differences_.push_back(fmt::format("data: dataset '{}' is new", name));
    }
  }

  std::vector<std::string> differences_;
  bool same_result_ = false;
};

// Repeats a run of a command, described by `config` text, into `out`: with the options of that run,
// not those of the replay.
template <class Params>
Recorded repeat(const About& about, std::string_view config, std::string_view where,
                const std::filesystem::path& out, std::uint64_t threads, const Context& context,
                Recorded (*run)(const Params&, const Context&)) {
  auto params = params_of<Params>(about, config, where);
  params.run.run_dir = out;
  params.run.resume = params.run.overwrite = false;
  params.scan.threads = threads;
  Params described;  // the table shows defaults, so it is made before the values are known
  Options options;
  describe(described, options);
  described = params;
  return run(params, {context.session, context.world, canonical_config(options)});
}

struct Verdict {
  std::string text;
  bool same = false;
};

Verdict compare_runs(const fold::RunFiles& before, const fold::RunFiles& after, bool json) {
  const Comparison comparison(before.certificate.body, after.certificate.body);
  const bool same = before.certificate.digest == after.certificate.digest;
  if (json) {
    const Json report = {{"command", "replay"},
                         {"status", same ? "same" : "different"},
                         {"same_result", comparison.same_result()},
                         {"differences", comparison.differences()},
                         {"run_dir", after.path.string()},
                         {"result_digest", after.certificate.body.at("result_digest")},
                         {"certificate", after.certificate.digest}};
    return {report.dump(2) + "\n", same};
  }
  std::string text =
      fmt::format("{}: result {}, certificate {}\n", same ? "same" : "DIFFERENT",
                  comparison.same_result() ? "the same" : "differs", same ? "the same" : "differs");
  for (const std::string& difference : comparison.differences())
    text += fmt::format("  {}\n", difference);
  text += fmt::format("  new run: {}\n", after.path.string());
  return {text, same};
}

ExitCode run_replay(const ReplayParams& params, const Context& context) {
  const comm::Comm& comm = context.world;
  const fold::RunFiles before = run_files_from_root(comm, params.run);
  const auto config = before.path / "replay_config.cfg";
  const std::string text = file_from_root(comm, config);
  std::string out =
      std::filesystem::absolute(params.out.value_or(fold::default_run_path("replay"))).string();
  comm.broadcast(out);
  const auto repeat_it = [&]<class Params>(const About& about,
                                           Recorded (*run)(const Params&, const Context&)) {
    go_to_working_folder(before.record, comm);
    return repeat(about, text, config.string(), out, params.threads, context, run);
  };
  const std::string command = before.certificate.body.at("command");
  const Recorded run = command == "stats"      ? repeat_it(stats_about, run_stats_job)
                       : command == "evidence" ? repeat_it(evidence_about, run_evidence_job)
                                               : repeat_it(search_about, run_search_job);
  if (run.exit_code == ExitCode::interrupted) return run.exit_code;
  const fold::RunFiles after = run_files_from_root(comm, out);
  const Verdict verdict = compare_runs(before, after, params.json);
  print_from_root(comm, verdict.text);
  return verdict.same ? ExitCode::complete : ExitCode::check_failed;
}

}  // namespace

Command replay_command() {
  return make_command<ReplayParams>(
      {.name = "replay",
       .summary = "repeat a run and say what differs, and why",
       .details =
           "Repeats a search, statistics or evidence with the options and inputs that the run "
           "recorded, on "
           "any number "
           "of ranks, and compares certificates. A difference is explained by what changed: the "
           "data, the version or the options. Exit code 5 when the certificates differ.",
       .example = "trawl replay runs/search-20260101T000000Z-4242",
       .exit_codes = {ExitCode::check_failed, ExitCode::interrupted}},
      run_replay);
}

}  // namespace trawl::command
