#include "fold/evidence/state_root.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/json.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/fold/sum_tree.hpp>

#include "fold/evidence/state.hpp"

namespace trawl::fold {

core::SumKind evidence_sums(const std::string& configuration) {
  Json json = parse_json(configuration, "the configuration of a state");
  if (json.is_object()) json.erase("ids");
  return core::sum_kind<evidence::Total>(
      fmt::format("{} {}", evidence_kind, store::canonical_configuration(json.dump())));
}

std::optional<StateRoot> root_of(const SortedEvidence& entities, const std::string& configuration,
                                 int threads, const comm::Comm& comm) {
  const core::SumKind kind = evidence_sums(configuration);
  const std::uint64_t begin = leaves_before(entities.size(), comm);
  const std::size_t size = entities.size();
  const auto pieces = static_cast<std::size_t>(std::max(1, threads));
  std::vector<core::SumTreeRange> ranges;
  for (std::size_t i = 0; i < pieces; ++i) ranges.emplace_back(kind, begin + size * i / pieces);
  comm.agree("building the tree of sums", [&] {
    parallel_for(pieces, threads, [&](std::size_t i) {
      entities.each_leaf(size * i / pieces, size * (i + 1) / pieces,
                         [&](Bytes key, Bytes sum) { ranges[i].add(key, sum); });
    });
    for (std::size_t i = 1; i < pieces; ++i) ranges[0].merge(std::move(ranges[i]));
  });
  const auto tree = join_sum_trees(kind, std::move(ranges[0]), comm);
  if (!tree) return std::nullopt;
  return StateRoot{tree->leaves, tree->root};
}

}  // namespace trawl::fold
