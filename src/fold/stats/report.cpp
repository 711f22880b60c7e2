#include "fold/stats/report.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>

#include <trawl/base/parallel.hpp>

#include "fold/stats/anomalies.hpp"
#include "fold/stats/entity_key.hpp"
#include "fold/stats/entity_lines.hpp"
#include "fold/stats/lines.hpp"
#include "fold/stats/nodes.hpp"
#include "fold/stats/pairs.hpp"
#include "fold/stats/sorted_lines.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

template <class Sums>
class Reporter {
 public:
  Reporter(const StatsRequest& request, const Population<Sums>& population, const Comm& comm,
           StatsResult& result)
      : request_(request), population_(population), comm_(comm), result_(result) {
    const bool grouped = !request.group_by.empty();
    if (grouped) result_.entities = comm_.sum(population_.entities.size());
    hang_ = {grouped && request.levels.empty(), request.fanout, request.levels.size()};
    if (hang_.balanced) hang_.depth = stats::balanced_depth(result_.entities, request.fanout);
  }

  RecordJudges report() {
    NodeMap<Sums> nodes;
    comm_.agree("building the hierarchy",
                [&] { nodes = nodes_above(population_.entities, hang_, request_.search.threads); });
    nodes = merge_nodes(std::move(nodes), comm_);
    write_nodes(nodes);
    if (comm_.is_root()) {
      result_.nodes = nodes.size();
      result_.records = static_cast<std::uint64_t>(nodes.at({}).within.count());
      result_.refused = static_cast<std::uint64_t>(nodes.at({}).within.refused());
    }
    if (request_.anomalies && !request_.group_by.empty()) {
      anomalies_.emplace(request_, population_.entities, nodes, hang_, comm_);
      result_.anomalies = anomalies_->counts();
    }
    if (request_.anomalies && request_.anomalies->records)
      comm_.agree("choosing baselines", [&] { choose_record_judges(nodes); });
    std::string pairs;
    if (request_.pairs)
      pairs = report_pairs(request_, population_.entities, nodes, hang_, comm_, result_.pairs);
    nodes.clear();
    if (!request_.group_by.empty()) report_entities();
    result_.lines += pairs;
    report_refusals();
    return std::move(record_judges_);
  }

 private:
  // Collective.
  void write_nodes(const NodeMap<Sums>& nodes) {
    NodeDistributions distributions;
    if (request_.distributions) {
      distributions = node_distributions(population_.distributions, request_.levels.size(), comm_);
    }
    comm_.agree("writing the nodes", [&] { result_.lines += node_lines(nodes, distributions); });
  }

  // Local. In runs of nodes, on all threads.
  std::string node_lines(const NodeMap<Sums>& nodes, const NodeDistributions& distributions) const {
    std::vector<const typename NodeMap<Sums>::value_type*> all;
    for (const auto& node : nodes) all.push_back(&node);
    const std::size_t runs = std::min<std::size_t>(all.size(), 64);
    std::vector<std::string> texts(runs);
    parallel_for(runs, request_.search.threads, [&](std::size_t run) {
      LineWriter writer(request_);
      for (std::size_t i = all.size() * run / runs; i < all.size() * (run + 1) / runs; ++i) {
        const auto& [path, node] = *all[i];
        const auto found = distributions.find(path);  // not of inner nodes of a balanced tree
        const bool described = found != distributions.end();
        texts[run] += writer.node(path, node, described ? &found->second : nullptr);
      }
    });
    std::string lines;
    for (const std::string& text : texts) lines += text;
    return lines;
  }

  // Local.
  void choose_record_judges(const NodeMap<Sums>& nodes) {
    record_judges_.hang = hang_;
    if (!comm_.is_root()) return;
    record_judges_.message = plain_judges(
        nodes, Judged::records,
        judging_nodes(nodes, Judged::records, hang_, enough_plain, request_.search.threads));
  }

  // Collective.
  void report_entities() {
    const bool several = comm_.size() > 1;
    std::string mine;
    comm_.agree("writing the entities", [&] {
      append_entity_lines(several ? mine : result_.lines, request_, population_.entities, hang_,
                          anomalies_ ? &*anomalies_ : nullptr, several);
    });
    if (several) result_.lines += lines_in_order(std::move(mine), comm_);
    result_.split_entities = comm_.sum(split_entities());
  }

  // Local. All paths of an entity are here: its hash says where it lives.
  std::uint64_t split_entities() const {
    if (request_.levels.empty()) return 0;
    std::unordered_map<std::string, std::uint64_t> paths;
    const EntityTable<Sums>& table = population_.entities;
    for (std::size_t part = 0; part < table.parts; ++part) {
      for (std::size_t number = 0; number < table.size(part); ++number)
        ++paths[EntityKey{EntityKey::from_bytes(table.key(part, number)).id, {}}.to_bytes()];
    }
    return static_cast<std::uint64_t>(
        std::ranges::count_if(paths, [](const auto& entry) { return entry.second > 1; }));
  }

  void report_refusals() {
    const RefusalCounts& refusals = population_.refusals;
    const StatsColumns columns(request_);
    result_.without_key = refusals.without_key;
    for (std::size_t i = 0; i < refusals.nulls.size(); ++i) {
      const std::size_t features = columns.features.size();
      const std::size_t column = i < features ? columns.features[i] : columns.keys[i - features];
      result_.refusals.push_back({columns.select[column], refusals.nulls[i], refusals.inexact[i]});
    }
  }

  const StatsRequest& request_;
  const Population<Sums>& population_;
  const Comm& comm_;
  StatsResult& result_;
  Hang hang_;
  std::optional<EntityAnomalies<Sums>> anomalies_;
  RecordJudges record_judges_;
};

}  // namespace

template <class Sums>
RecordJudges report(const StatsRequest& request, const Population<Sums>& population,
                    const Comm& comm, StatsResult& result) {
  return Reporter<Sums>(request, population, comm, result).report();
}

template RecordJudges report(const StatsRequest&, const Population<core::ExactSums>&, const Comm&,
                             StatsResult&);
template RecordJudges report(const StatsRequest&, const Population<core::FixedSums>&, const Comm&,
                             StatsResult&);

}  // namespace trawl::fold
