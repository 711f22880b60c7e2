#include "command/recorded_run.hpp"

#include <atomic>
#include <csignal>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/base/version.hpp>
#include <trawl/fold/certificate.hpp>

namespace trawl::command {
namespace {

std::atomic<bool> stop_wanted{false};

extern "C" void on_stop_signal(int signal) {
  stop_wanted = true;
  if (signal == SIGINT) std::signal(SIGINT, SIG_DFL);  // a second Ctrl-C ends it at once
}

void catch_stop_signals() {
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGXCPU}) std::signal(signal, on_stop_signal);
}

// Everything that finished work depends on: with another head it cannot be used again.
std::string journal_head(const fold::SearchRequest& request, const fold::Opened& opened,
                         const std::vector<fold::KeyListFacts>& key_lists) {
  std::string text =
      fmt::format("{} {}\n{}\n{}\n{} {} {} {} {} {} {}\n", version(), commit(), opened.normal_form,
                  fmt::join(request.select, ","), request.table, request.count_only, request.fpr,
                  request.limit, request.zone_maps, request.index, request.filters);
  text += fmt::format("{} {}\n", request.command, request.parameters.dump());
  for (const fold::KeyListFacts& list : key_lists) {
    text += fmt::format("{}\t{}\n", list.path, list.digest);
  }
  for (std::size_t i = 0; i < opened.facts.size(); ++i) {
    text += fmt::format("{}\t{}\t{}\n", opened.refs()[i].name, opened.facts[i].digest,
                        opened.facts[i].failure);
  }
  return hex(sha256(bytes_of(text)));
}

std::string replay_config(std::string_view command, const Context& context,
                          const fold::Opened& opened) {
  std::string text = fmt::format("# trawl {}\n# repeats this run: trawl replay RUN\n", command);
  for (const std::string& line : split(context.config, '\n')) {
    // Of this attempt, not of the question: the next one says by itself what it does to its folder.
    if (line.empty() || line.starts_with("overwrite =") || line.starts_with("resume =")) continue;
    text += line + '\n';
  }
  text += "# inputs: digest, rows, name\n";
  for (std::size_t i = 0; i < opened.facts.size(); ++i) {
    text += fmt::format("# {:<32} {:>12} {}\n", opened.facts[i].digest, opened.facts[i].rows,
                        opened.refs()[i].name);
  }
  return text;
}

Json failed_datasets(const Json& inputs) {
  Json failed = Json::array();
  for (const Json& input : inputs) {
    if (input.contains("failure"))
      failed.push_back({{"name", input.at("name")}, {"reason", input.at("failure")}});
  }
  return failed;
}

// One line for each dataset and run of row groups that failed.
std::vector<std::string> failures_of(const fold::SearchResult& result) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < result.opened.facts.size(); ++i) {
    const std::string& name = result.opened.refs()[i].name;
    if (!result.opened.facts[i].failure.empty()) {
      lines.push_back(
          fmt::format("failed: dataset '{}': {}", name, result.opened.facts[i].failure));
      continue;
    }
    for (const fold::LedgerRun& run : result.ledger.of_dataset(i)) {
      if (run.state != fold::GroupState::failed) continue;
      lines.push_back(fmt::format("failed: dataset '{}', row groups {} to {}: {}", name, run.begin,
                                  run.end, run.reason));
    }
  }
  return lines;
}

// Of a run that was not interrupted.
ExitCode exit_code_of(const fold::SearchResult& result) {
  if (result.audit.hits > 0) return ExitCode::check_failed;
  return result.status == fold::Status::incomplete ? ExitCode::incomplete : ExitCode::complete;
}

}  // namespace

void describe(RunParams& p, Options& visit) {
  visit.section("How it is recorded");
  visit.option("run-dir", p.run_dir, "DIR",
               "where the run is recorded (default: runs/<command>-<time>-<process>)");
  visit.flag("overwrite", p.overwrite, "replace a run directory that exists");
  visit.flag("resume", p.resume, "go on with the interrupted run in --run-dir");
  visit.flag("progress", p.progress, "no progress line on the terminal");
  visit.option("price-per-node-hour", p.price_per_node_hour, Range{0.0, 1e6}, "PRICE",
               "adds the cost to the run record");
}

void check_run(const RunParams& p, Problems& problems) {
  if (p.resume && !p.run_dir)
    problems.push_back("--resume needs the --run-dir of the interrupted run");
  if (p.resume && p.overwrite)
    problems.push_back("--resume goes on with a run, --overwrite throws it away: choose one");
}

RecordedRun::RecordedRun(const RunParams& params, const Context& context,
                         const fold::SearchRequest& request)
    : params_(params),
      context_(context),
      comm_(context.world),
      request_(request),
      directory_(fold::RunDirectory::create(run_path(), params.overwrite, params.resume, comm_)),
      progress_(comm_, params.progress) {
  catch_stop_signals();
  hooks_.stop = &stop_wanted;
  hooks_.resumed = &resumed_;
  hooks_.on_tick = [this] {
    progress_.show();
    if (checkpoint_) checkpoint_->tick();
  };
  hooks_.on_plan = [this](const fold::Opened& opened,
                          const std::vector<fold::KeyListFacts>& key_lists,
                          const std::vector<fold::Work>& work) { plan(opened, key_lists, work); };
  hooks_.on_finished = [this](const fold::FinishedWork& work, const fold::RowSummary& summary) {
    finish(work, summary);
  };
}

void RecordedRun::keep_checkpoints(double seconds_between) {
  checkpoint_.emplace(seconds_between);
  hooks_.checkpoint = &*checkpoint_;
}

fs::path RecordedRun::run_path() const {
  std::string path = params_.run_dir ? params_.run_dir->string()
                                     : fold::default_run_path(request_.command).string();
  comm_.broadcast(path);  // the default has root's clock and process in it
  return path;
}

// Collective, before the fold.
void RecordedRun::plan(const fold::Opened& opened, const std::vector<fold::KeyListFacts>& key_lists,
                       const std::vector<fold::Work>& work) {
  const std::string head = journal_head(request_, opened, key_lists);
  std::vector<fs::path> earlier;
  comm_.agree("opening the journal", [&] {
    if (!comm_.is_root()) return;
    earlier = fold::journal_files(directory_.journal());
    if (params_.resume) resumed_ = fold::read_journals(directory_.journal(), head);
    directory_.write("replay_config.cfg", replay_config(request_.command, context_, opened));
  });
  comm_.agree("opening the journal",
              [&] { journal_.emplace(directory_.journal(), comm_.rank(), head); });
  if (checkpoint_) checkpoint_->use(*journal_, std::move(earlier));
  progress_.begin(opened, work);
  if (params_.resume)
    log::story(fmt::format("resuming: {} pieces of work are done already", resumed_.size()));
}

// Worker threads, one at a time.
void RecordedRun::finish(const fold::FinishedWork& work, const fold::RowSummary& summary) {
  if (!checkpoint_) journal_->append(work);
  progress_.add(work.ledger);
  const auto* matches = dynamic_cast<const fold::MatchSet*>(&summary);
  if (matches == nullptr || matches->items().empty()) return;
  std::string lines;
  for (const fold::Match& match : matches->items()) lines += match.line + '\n';
  directory_.stream_matches(lines);
}

Recorded RecordedRun::interrupted() const {
  log::warning(fmt::format("interrupted. Go on with: trawl {} --config {} --run-dir {} --resume",
                           request_.command, (directory_.partial() / "replay_config.cfg").string(),
                           directory_.path().string()));
  return {ExitCode::interrupted, directory_.path(), {}, {}, {}};
}

Recorded RecordedRun::record(const fold::SearchResult& result,
                             const std::function<Answer()>& answer) {
  progress_.clear();
  if (result.status == fold::Status::interrupted) return interrupted();
  Recorded run;
  run.path = directory_.path();
  run.exit_code = exit_code_of(result);
  timer_.begin("certify");
  fold::MadeCertificate certificate;
  comm_.agree("writing the certificate", [&] {
    if (!comm_.is_root()) return;
    Answer answered = answer();
    run.result = std::move(answered.text);
    certificate = fold::make_certificate(request_, result, hex(sha256(bytes_of(run.result))),
                                         answered.counts);
  });
  timer_.end();
  const auto reports = fold::gather_reports(result, timer_, comm_);
  comm_.agree("recording the run", [&] {
    if (!comm_.is_root()) return;
    run.record = fold::make_run_record(request_, result, certificate, reports, context_.config,
                                       params_.price_per_node_hour);
    write_files(run, certificate, reports);
    run.failures = failures_of(result);
  });
  return run;
}

void RecordedRun::write_files(const Recorded& run, const fold::MadeCertificate& certificate,
                              const std::vector<fold::RankReport>& reports) const {
  directory_.write(std::string(fold::result_file(request_.command)), run.result);
  directory_.write("certificate.json", certificate.to_text());
  directory_.write("run_record.json",
                   run.record.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  directory_.write("execution_summary.md", fold::execution_summary(run.record));
  directory_.write("dag_execution.json", fold::trace_events(reports));
  if (checkpoint_) {  // sums of all entities, of no more use
    for (const fs::path& file : fold::journal_files(directory_.journal())) fs::remove(file);
  }
  directory_.publish();
}

Json common_report(const Recorded& run) {
  const Json& r = run.record;
  const Json& p = r.at("performance");
  Json json = {{"command", r.at("command")},
               {"status", r.at("status")},
               {"datasets", r.at("inputs").size()}};
  json.update(r.at("coverage"));
  json.update({{"seconds", p.at("seconds")},
               {"rows_per_second", p.at("rows_per_second")},
               {"ranks", p.at("ranks")},
               {"threads", p.at("threads")},
               {"run_dir", run.path.string()},
               {"result_digest", r.at("result_digest")},
               {"certificate", r.at("certificate")},
               {"audited_row_groups", r.at("audit").at("audited")},
               {"failed_datasets", failed_datasets(r.at("inputs"))},
               {"failures", run.failures}});
  return json;
}

void tell_story(const Recorded& run, const std::string& headline) {
  const Json& c = run.record.at("coverage");
  const auto count = [&](const char* key) {
    return with_thousands(c.at(key).get<std::uint64_t>());
  };
  log::story(fmt::format("{}: {} {} rows of {} datasets ({} scanned, {} pruned, {} failed), {}",
                         run.record.at("status").get<std::string>(), headline, count("rows"),
                         run.record.at("inputs").size(), count("scanned"), count("pruned"),
                         count("failed"),
                         human_seconds(run.record.at("performance").at("seconds"))));
  log::story(fmt::format("result      {}", run.record.at("result_digest").get<std::string>()));
  log::story(fmt::format("certificate {}", run.record.at("certificate").get<std::string>()));
  log::story(fmt::format("run         {}", run.path.string()));
  for (const std::string& failure : run.failures) log::warning(failure);
  const auto hits = run.record.at("audit").at("hits").get<std::uint64_t>();
  if (hits > 0) {
    log::warning(
        fmt::format("DEFECT: {} pruned row groups hold matches. Please report this; run again with "
                    "--no-zone-maps",
                    hits));
  }
}

}  // namespace trawl::command
