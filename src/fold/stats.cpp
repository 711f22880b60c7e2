#include <algorithm>
#include <array>
#include <iterator>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include <trawl/base/parallel.hpp>
#include <trawl/fold/stats.hpp>

#include "entity_key.hpp"
#include "entity_table.hpp"
#include "row_collector.hpp"
#include "stats_lines.hpp"
#include "stats_nodes.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

// Lines with the bytes that they are ordered by.
using SortedLines = std::vector<std::pair<std::string, std::string>>;

std::string to_bytes(const SortedLines& lines) {
  std::string out;
  for (const auto& [order, line] : lines) {
    put_text(out, order);
    put_text(out, line);
  }
  return out;
}

// Merges two sorted sequences of (order, line), both as bytes.
std::string merge_sorted(const std::string& a, const std::string& b) {
  std::string out;
  out.reserve(a.size() + b.size());
  std::string_view left = a, right = b;
  const auto order_of = [](std::string_view bytes) { return take_text(bytes); };
  while (!left.empty() || !right.empty()) {
    const bool first = right.empty() || (!left.empty() && order_of(left) < order_of(right));
    std::string_view& from = first ? left : right;
    put_text(out, take_text(from));
    put_text(out, take_text(from));
  }
  return out;
}

// One run of `trawl stats` on this rank.
template <class Sums>
class Job {
 public:
  Job(const StatsRequest& request, const StatsColumns& columns,
      typename Sums::Configuration configuration, const Comm& comm)
      : request_(request),
        columns_(columns),
        comm_(comm),
        table_(std::move(configuration)),
        refusals_(columns.features.size() + columns.keys.size()) {}

  std::unique_ptr<RowSummary> make_summary() {
    return std::make_unique<RowCollector>(
        columns_, [this](const EntityBatch& batch, const RefusalCounts& refusals) {
          table_.add(batch);
          const std::lock_guard lock(mutex_);
          refusals_.merge(refusals);
        });
  }

  // Collective, after all rows are added.
  void finish(StatsResult& result) {
    table_.exchange(comm_);
    Hang hang{columns_.has_entities && request_.levels.empty(), request_.fanout, 0};
    result.entities = columns_.has_entities ? comm_.sum(table_.size()) : 0;
    hang.depth = stats::balanced_depth(result.entities, request_.fanout);
    NodeMap<Sums> nodes;
    comm_.agree("building the hierarchy", [&] { nodes = nodes_above(table_, hang); });
    nodes = merge_nodes(std::move(nodes), comm_);
    std::string lines;
    comm_.agree("writing the nodes", [&] {
      for (const auto& [path, node] : nodes) lines += writer_.node(path, node);
    });
    if (comm_.is_root()) {
      result.nodes = nodes.size();
      result.records = static_cast<std::uint64_t>(nodes.at({}).within.count());
      result.refused = static_cast<std::uint64_t>(nodes.at({}).within.refused());
    }
    if (columns_.has_entities) append_entities(lines, hang);
    result.lines = std::move(lines);
    result.split_entities = comm_.sum(split_entities());
    share_refusals(result);
  }

 private:
  // Local. The lines of this rank's entities, part by part on all threads.
  SortedLines entity_lines(const Hang& hang) const {
    std::array<SortedLines, EntityTable<Sums>::parts> parts;
    parallel_for(parts.size(), request_.search.threads, [&](std::size_t part) {
      LineWriter writer(request_);
      table_.each_of(part, [&](const std::string& bytes, const core::Moments<Sums>& moments) {
        EntityKey key = EntityKey::from_bytes(bytes);
        std::string order = key.sort_bytes();
        if (hang.balanced) key.path = stats::balanced_path(*key.id, hang.fanout, hang.depth);
        parts[part].emplace_back(std::move(order), writer.entity(key, moments));
      });
    });
    SortedLines lines;
    for (SortedLines& part : parts) {
      std::ranges::move(part, std::back_inserter(lines));
      part = {};
    }
    std::ranges::sort(lines);
    return lines;
  }

  // Collective.
  void append_entities(std::string& lines, const Hang& hang) {
    SortedLines mine;
    comm_.agree("writing the entities", [&] { mine = entity_lines(hang); });
    if (comm_.size() == 1) {
      for (const auto& [order, line] : mine) lines += line;
      return;
    }
    const std::string all = comm_.merge_to_root(to_bytes(mine), merge_sorted);
    std::string_view rest = all;
    while (!rest.empty()) {
      take_text(rest);
      lines += take_text(rest);
    }
  }

  // Local. All paths of an entity are here: its hash says where it lives.
  std::uint64_t split_entities() const {
    if (!columns_.has_entities || request_.levels.empty()) return 0;
    std::unordered_map<std::string, std::uint64_t> paths;
    table_.each([&](const std::string& bytes, const core::Moments<Sums>&) {
      ++paths[EntityKey{EntityKey::from_bytes(bytes).id, {}}.to_bytes()];
    });
    return static_cast<std::uint64_t>(
        std::ranges::count_if(paths, [](const auto& entry) { return entry.second > 1; }));
  }

  // Collective.
  void share_refusals(StatsResult& result) {
    comm_.all_sum(refusals_.nulls);
    comm_.all_sum(refusals_.inexact);
    result.without_key = comm_.sum(refusals_.without_key);
    for (std::size_t i = 0; i < refusals_.nulls.size(); ++i) {
      const std::size_t features = columns_.features.size();
      const std::size_t column = i < features ? columns_.features[i] : columns_.keys[i - features];
      result.refusals.push_back(
          {columns_.select[column], refusals_.nulls[i], refusals_.inexact[i]});
    }
  }

  const StatsRequest& request_;
  const StatsColumns& columns_;
  const Comm& comm_;
  EntityTable<Sums> table_;
  std::mutex mutex_;  // guards refusals_ while rows are added
  RefusalCounts refusals_;
  LineWriter writer_{request_};  // of the main thread
};

Json parameters_of(const StatsRequest& request) {
  Json units = Json::array();
  for (const int exponent : request.unit_exponents) units.push_back(fmt::format("2^{}", exponent));
  return {{"features", request.features},    {"group_by", request.group_by},
          {"levels", request.levels},        {"fanout", request.fanout},
          {"fixed_point", std::move(units)}, {"confidence", request.confidence},
          {"correlate", request.correlate}};
}

template <class Sums>
StatsResult run(const StatsRequest& request, typename Sums::Configuration configuration,
                const Comm& comm, SearchHooks hooks, PhaseTimer& timer) {
  const StatsColumns columns(request);
  Job<Sums> job(request, columns, std::move(configuration), comm);
  hooks.make_summary = [&job] { return job.make_summary(); };
  hooks.bytes_wanted = false;
  StatsResult result;
  result.search = search(request.search, comm, hooks, timer);
  if (result.search.status == Status::interrupted) return result;
  timer.begin("hierarchy");
  job.finish(result);
  timer.end();
  return result;
}

}  // namespace

SearchRequest search_of(const StatsRequest& request) {
  SearchRequest search = request.search;
  search.command = "stats";
  search.select = StatsColumns(request).select;
  search.numbers = request.features;
  search.names = request.levels;
  if (!request.group_by.empty()) search.names.push_back(request.group_by);
  search.parameters = parameters_of(request);
  return search;
}

StatsResult stats(const StatsRequest& request, const Comm& comm, const SearchHooks& hooks,
                  PhaseTimer& timer) {
  if (request.unit_exponents.empty())
    return run<core::ExactSums>(request, request.features.size(), comm, hooks, timer);
  return run<core::FixedSums>(request, request.unit_exponents, comm, hooks, timer);
}

}  // namespace trawl::fold
