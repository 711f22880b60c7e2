#include <algorithm>

#include <sched.h>

#include <trawl/base/text.hpp>
#include <trawl/fold/certificate.hpp>

#include "command/recorded_run.hpp"
#include "command/search.hpp"

namespace trawl::command {
namespace {

int threads_of(std::uint64_t wanted, const comm::Comm& comm) {
  if (wanted > 0) return static_cast<int>(wanted);
  cpu_set_t cores;
  CPU_ZERO(&cores);
  const int available = ::sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
  return std::max(1, available / comm.node_size());
}

}  // namespace

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

Recorded run_search_job(const SearchParams& params, const Context& context) {
  const fold::SearchRequest request = request_of(params, context.world);
  RecordedRun run(params.run, context, request);
  const fold::SearchResult result = fold::search(request, context.world, run.hooks(), run.timer());
  return run.record(result, [&] { return Answer{fold::matches_text(request, result), {}}; });
}

}  // namespace trawl::command
