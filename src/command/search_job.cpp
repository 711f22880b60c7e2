#include <algorithm>
#include <atomic>
#include <csignal>

#include <fmt/format.h>
#include <sched.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/base/version.hpp>
#include <trawl/fold/certificate.hpp>
#include <trawl/fold/journal.hpp>
#include <trawl/fold/run_directory.hpp>
#include <trawl/fold/run_record.hpp>

#include "command/progress.hpp"
#include "command/search.hpp"

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

int threads_of(std::uint64_t wanted, const comm::Comm& comm) {
  if (wanted > 0) return static_cast<int>(wanted);
  cpu_set_t cores;
  CPU_ZERO(&cores);
  const int available = ::sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
  return std::max(1, available / comm.node_size());
}

// Everything that finished work depends on: with another head it cannot be used again.
std::string journal_head(const fold::SearchRequest& request, const fold::Opened& opened,
                         const std::vector<fold::KeyListFacts>& key_lists) {
  std::string text =
      fmt::format("{} {}\n{}\n{}\n{} {} {} {} {} {} {}\n", version(), commit(), opened.normal_form,
                  fmt::join(request.select, ","), request.table, request.count_only, request.fpr,
                  request.limit, request.zone_maps, request.index, request.filters);
  for (const fold::KeyListFacts& list : key_lists) {
    text += fmt::format("{}\t{}\n", list.path, list.digest);
  }
  for (std::size_t i = 0; i < opened.facts.size(); ++i) {
    text += fmt::format("{}\t{}\t{}\n", opened.refs()[i].name, opened.facts[i].digest,
                        opened.facts[i].failure);
  }
  return hex(sha256(bytes_of(text)));
}

std::string replay_config(const Context& context, const fold::Opened& opened) {
  std::string text =
      fmt::format("# trawl {}\n# repeats this run: trawl replay RUN\n{}", search_about.name, "");
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

// A search with its run directory, journal, progress and signals.
class Job {
 public:
  Job(const SearchParams& params, const Context& context)
      : params_(params),
        context_(context),
        comm_(context.world),
        request_(request_of(params, context.world)),
        directory_(fold::RunDirectory::create(run_path(), params.overwrite, params.resume, comm_)),
        progress_(comm_, params.progress) {}

  SearchRun run() {
    catch_stop_signals();
    hooks_.stop = &stop_wanted;
    hooks_.on_tick = [this] { progress_.show(); };
    hooks_.on_plan = [this](const fold::Opened& opened,
                            const std::vector<fold::KeyListFacts>& key_lists,
                            const std::vector<fold::Work>& work) { plan(opened, key_lists, work); };
    hooks_.on_finished = [this](const fold::FinishedWork& work, const fold::RowSummary& summary) {
      finish(work, summary);
    };
    const fold::SearchResult result = fold::search(request_, comm_, hooks_, timer_);
    progress_.clear();
    if (result.status == fold::Status::interrupted) return interrupted();
    return record(result);
  }

 private:
  fs::path run_path() const {
    std::string path =
        params_.run_dir ? params_.run_dir->string() : fold::default_run_path("search").string();
    comm_.broadcast(path);  // the default has root's clock and process in it
    return path;
  }

  // Collective, before the fold.
  void plan(const fold::Opened& opened, const std::vector<fold::KeyListFacts>& key_lists,
            const std::vector<fold::Work>& work) {
    const std::string head = journal_head(request_, opened, key_lists);
    comm_.agree("opening the journal", [&] {
      if (comm_.is_root()) {
        if (params_.resume) hooks_.resumed = fold::read_journals(directory_.journal(), head);
        directory_.write("replay_config.cfg", replay_config(context_, opened));
      }
    });
    comm_.agree("opening the journal",
                [&] { journal_.emplace(directory_.journal(), comm_.rank(), head); });
    progress_.begin(opened, work);
    if (params_.resume)
      log::story(
          fmt::format("resuming: {} pieces of work are done already", hooks_.resumed.size()));
  }

  // Worker threads, one at a time.
  void finish(const fold::FinishedWork& work, const fold::RowSummary& summary) {
    journal_->append(work);
    progress_.add(work.ledger);
    const auto* matches = dynamic_cast<const fold::MatchSet*>(&summary);
    if (matches == nullptr || matches->items().empty()) return;
    std::string lines;
    for (const fold::Match& match : matches->items()) lines += match.line + '\n';
    directory_.stream_matches(lines);
  }

  SearchRun interrupted() const {
    log::warning(fmt::format(
        "interrupted. Go on with: trawl search --config {} --run-dir {} --resume",
        (directory_.partial() / "replay_config.cfg").string(), directory_.path().string()));
    return {ExitCode::interrupted, directory_.path(), {}, {}, {}};
  }

  // Collective.
  SearchRun record(const fold::SearchResult& result) {
    SearchRun run;
    run.path = directory_.path();
    run.exit_code = exit_code_of(result);
    timer_.begin("certify");
    fold::Certificate certificate;
    comm_.agree("writing the certificate", [&] {
      if (!comm_.is_root()) return;
      run.matches = fold::matches_text(request_, result);
      certificate = fold::make_certificate(request_, result, hex(sha256(bytes_of(run.matches))));
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

  void write_files(const SearchRun& run, const fold::Certificate& certificate,
                   const std::vector<fold::RankReport>& reports) const {
    directory_.write("matches.jsonl", run.matches);
    directory_.write("certificate.json", certificate.to_text());
    directory_.write("run_record.json",
                     run.record.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
    directory_.write("execution_summary.md", fold::execution_summary(run.record));
    directory_.write("dag_execution.json", fold::trace_events(reports));
    directory_.publish();
  }

  const SearchParams& params_;
  const Context& context_;
  const comm::Comm& comm_;
  fold::SearchRequest request_;
  fold::RunDirectory directory_;
  Progress progress_;
  fold::SearchHooks hooks_;
  PhaseTimer timer_;
  std::optional<fold::Journal> journal_;
};

}  // namespace

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

ExitCode exit_code_of(const fold::SearchResult& result) {
  if (result.audit.hits > 0) return ExitCode::check_failed;
  return result.status == fold::Status::incomplete ? ExitCode::incomplete : ExitCode::complete;
}

std::vector<std::string> names_in(const std::vector<std::string>& lists) {
  std::vector<std::string> names;
  for (const std::string& list : lists) {
    for (const std::string& name : split(list, ',')) names.emplace_back(trim(name));
  }
  return names;
}

void apply(const ScanParams& params, const comm::Comm& comm, fold::SearchRequest& request) {
  request.audit = params.audit;
  request.fpr = params.fpr;
  request.threads = threads_of(params.threads, comm);
  request.zone_maps = params.zone_maps;
  request.index = params.index;
  request.filters = params.filters;
}

fold::SearchRequest request_of(const SearchParams& params, const comm::Comm& comm) {
  fold::SearchRequest request;
  request.where = params.where;
  request.inputs = params.inputs;
  request.table = params.table;
  request.select = names_in(params.select);
  request.limit = params.limit.value_or(0);
  request.count_only = params.count;
  apply(params.scan, comm, request);
  return request;
}

SearchRun run_search_job(const SearchParams& params, const Context& context) {
  return Job(params, context).run();
}

}  // namespace trawl::command
