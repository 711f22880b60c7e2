// compare_repeat: the same search again and again inside one process, as peers that keep running
// are measured. Process start, MPI and the run directory are left out; parsing, opening, reading,
// key lists, the audit, the merge and the certificate are in. Prints one JSON line.
#include <algorithm>
#include <exception>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/base/version.hpp>
#include <trawl/comm/session.hpp>
#include <trawl/fold/certificate.hpp>
#include <trawl/fold/search.hpp>

#include "command/search.hpp"

namespace trawl::bench {
namespace {

// All options of `trawl search`, and some of its own.
struct RepeatParams {
  command::SearchParams search;
  int repeat = 5;
  int warm_up = 1;
  double budget = 60;  // seconds
  bool drop_caches = false;
};

void describe(RepeatParams& p, command::Options& visit) {
  using command::Range;
  command::describe(p.search, visit);
  visit.section("Repetition");
  visit.option("repeat", p.repeat, Range{1, 100'000}, "N", "measured repetitions");
  visit.option("warm-up", p.warm_up, Range{0, 1000}, "N", "repetitions before, not measured");
  visit.option("budget", p.budget, Range{0.0, 1e6}, "SECONDS",
               "begin no further repetition after this long, once there are two");
  visit.flag("drop-caches", p.drop_caches,
             "drop the page cache before every repetition (needs root)");
}

struct Outcome {
  double seconds = 0;
  std::uint64_t matches = 0;
  std::uint64_t bytes_read = 0;
  std::map<std::string, double> phases;  // seconds
};

// Collective.
Outcome search_once(const fold::SearchRequest& request, const comm::Comm& comm) {
  PhaseTimer timer;
  const fold::SearchResult result = fold::search(request, comm, {}, timer);
  if (result.status != fold::Status::complete) {
    throw DataError(fmt::format("the search ended as '{}': only complete ones are measured",
                                fold::name_of(result.status)));
  }
  timer.begin("certify");
  if (comm.is_root()) {
    const std::string matches = fold::matches_text(request, result);
    fold::make_certificate(request, result, hex(sha256(bytes_of(matches))));
  }
  timer.end();
  Outcome outcome{comm.max(timer.seconds()), result.total.matches, comm.sum(result.bytes_read), {}};
  for (const Phase& phase : timer.phases()) outcome.phases[phase.name] += phase.end - phase.begin;
  return outcome;
}

void drop_caches() {
  std::ofstream file("/proc/sys/vm/drop_caches");
  file << "3\n";
  file.close();
  if (!file) throw InputError("cannot drop the page cache (needs root). Leave --drop-caches away");
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::uint64_t peak_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts KiB
}

// Collective.
std::vector<Outcome> measure(const RepeatParams& p, const fold::SearchRequest& request,
                             const comm::Comm& comm) {
  for (int i = 0; i < p.warm_up; ++i) search_once(request, comm);
  std::vector<Outcome> outcomes;
  const Stopwatch watch;
  while (outcomes.size() < static_cast<std::size_t>(p.repeat)) {
    const bool spent = comm.max(watch.seconds()) > p.budget;
    if (spent && outcomes.size() >= 2) break;
    if (p.drop_caches)
      comm.agree("dropping the page cache", [&] {
        if (comm.node_rank() == 0) drop_caches();
      });
    comm.barrier();
    outcomes.push_back(search_once(request, comm));
    if (outcomes.back().matches != outcomes.front().matches) {
      throw CheckError(fmt::format("repetitions disagree: {} and {} matches",
                                   outcomes.front().matches, outcomes.back().matches));
    }
  }
  return outcomes;
}

// Of the repetition in the middle.
Json phases_of(std::vector<Outcome> outcomes) {
  const auto middle = outcomes.begin() + static_cast<std::ptrdiff_t>(outcomes.size() / 2);
  std::ranges::nth_element(outcomes, middle, {}, &Outcome::seconds);
  Json phases = Json::object();
  for (const auto& [name, seconds] : middle->phases) phases[name] = seconds;
  return phases;
}

ExitCode run(const RepeatParams& p, const command::Context& context) {
  const comm::Comm& comm = context.world;
  const fold::SearchRequest request = command::request_of(p.search, comm);
  const double cpu_before = cpu_seconds();
  const std::vector<Outcome> outcomes = measure(p, request, comm);
  const double runs = static_cast<double>(outcomes.size()) + p.warm_up;
  if (!comm.is_root()) return ExitCode::complete;
  Json seconds = Json::array();
  for (const Outcome& outcome : outcomes) seconds.push_back(outcome.seconds);
  const Json report = {{"wall_s", seconds},
                       {"count", outcomes.front().matches},
                       {"bytes_read", outcomes.front().bytes_read},
                       {"peak_rss_bytes", peak_bytes()},
                       {"cpu_s", (cpu_seconds() - cpu_before) / runs},
                       {"phases_s", phases_of(outcomes)},
                       {"ranks", comm.size()},
                       {"threads", request.threads},
                       {"commit", commit()}};
  fmt::print("{}\n", report.dump());
  return ExitCode::complete;
}

constexpr command::About about_text() {
  return {.name = "compare_repeat",
          .summary = "repeat one search inside one process, and time every repetition"};
}

}  // namespace
}  // namespace trawl::bench

int main(int argc, char** argv) {
  const trawl::comm::Session session(argc, argv);
  try {
    const auto program = trawl::command::make_command<trawl::bench::RepeatParams>(
        trawl::bench::about_text(), trawl::bench::run);
    return static_cast<int>(program.run({argv + 1, argv + argc}, session));
  } catch (const std::exception& error) {
    fmt::print(stderr, "compare_repeat: {}\n", error.what());
    const int code = static_cast<int>(trawl::exit_code_of(error));
    if (session.world().size() > 1) session.abort(code);
    return code;
  }
}
