// compare_yardstick: how fast this machine reads memory on all threads at once, to be read beside
// the bytes that a search touches. Prints one JSON line.
#include <algorithm>
#include <exception>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/comm/session.hpp>

#include "command/command.hpp"
#include "command/shares.hpp"

namespace trawl::bench {
namespace {

struct YardstickParams {
  std::uint64_t bytes = std::uint64_t{1} << 30;
  int threads = 0;
  int repeat = 5;
};

void describe(YardstickParams& p, command::Options& visit) {
  using command::Range;
  visit.option("bytes", p.bytes, Range{1 << 20, std::int64_t{1} << 40}, "BYTES",
               "memory to read; several times the last cache, or the cache is measured");
  visit.option("threads", p.threads, Range{0, 1024}, "N", "threads; 0: as many as cores");
  visit.option("repeat", p.repeat, Range{1, 1000}, "N", "measured repetitions");
}

ExitCode run(const YardstickParams& p, const command::Context& context) {
  const auto threads = static_cast<std::size_t>(command::thread_count(p.threads, context.world));
  const std::size_t each = p.bytes / sizeof(std::uint64_t) / threads;
  const std::vector<std::uint64_t> words(each * threads, 3);
  std::vector<double> seconds;
  for (int i = 0; i <= p.repeat; ++i) {  // the first one warms up
    std::vector<std::uint64_t> sums(threads);
    const Stopwatch watch;
    command::for_each_parallel(threads, static_cast<int>(threads), [&](std::size_t t) {
      const auto begin = words.begin() + static_cast<std::ptrdiff_t>(t * each);
      sums[t] = std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(each), std::uint64_t{0});
    });
    const double spent = watch.seconds();
    // Looked at, so that no compiler leaves the reading away.
    if (std::accumulate(sums.begin(), sums.end(), std::uint64_t{0}) != 3 * words.size())
      throw CheckError("memory was read wrongly");
    if (i > 0) seconds.push_back(spent);
  }
  std::ranges::nth_element(seconds,
                           seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2));
  const double median = seconds[seconds.size() / 2];
  const auto bytes = static_cast<double>(words.size() * sizeof(std::uint64_t));
  const Json report = {{"read_bytes_per_s", bytes / median}, {"threads", threads}};
  fmt::print("{}\n", report.dump());
  return ExitCode::complete;
}

}  // namespace
}  // namespace trawl::bench

int main(int argc, char** argv) {
  const trawl::comm::Session session(argc, argv);
  try {
    const auto program = trawl::command::make_command<trawl::bench::YardstickParams>(
        {.name = "compare_yardstick", .summary = "measure how fast memory is read"},
        trawl::bench::run);
    return static_cast<int>(program.run({argv + 1, argv + argc}, session));
  } catch (const std::exception& error) {
    fmt::print(stderr, "compare_yardstick: {}\n", error.what());
    return static_cast<int>(trawl::exit_code_of(error));
  }
}
