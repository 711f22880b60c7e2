#include "fold/stats/nodes.hpp"

#include <utility>
#include <vector>

namespace trawl::fold {
namespace {

template <class Sums>
stats::Node<Sums>& node_at(NodeMap<Sums>& nodes, const stats::Path& path,
                           const core::Moments<Sums>& nothing) {
  return nodes.try_emplace(path, nothing.configuration()).first->second;
}

template <class Sums>
void add_entity(stats::Node<Sums>& node, const core::Moments<Sums>& moments) {
  node.within.merge(moments);
  ++node.entities;
  if (moments.count() > 0) node.add_mean(moments.means(), moments.count());
}

// From the longest paths up: each node has all its records when its parent takes them.
template <class Sums>
void add_parents(NodeMap<Sums>& nodes, const core::Moments<Sums>& nothing) {
  std::size_t depth = 0;
  for (const auto& [path, node] : nodes) depth = std::max(depth, path.size());
  for (; depth > 0; --depth) {
    std::vector<const stats::Path*> paths;
    for (const auto& [path, node] : nodes) {
      if (path.size() == depth) paths.push_back(&path);
    }
    for (const stats::Path* path : paths) {
      const stats::Path parent(path->begin(), path->end() - 1);
      node_at(nodes, parent, nothing).merge(nodes.at(*path));
    }
  }
}

template <class Sums>
std::string to_bytes(const NodeMap<Sums>& nodes) {
  std::string out;
  std::vector<std::byte> bytes;
  for (const auto& [path, node] : nodes) {
    bytes.clear();
    node.append_bytes(bytes);
    put_path(out, path);
    put_text(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  return out;
}

template <class Sums>
void merge_bytes(NodeMap<Sums>& nodes, std::string_view bytes) {
  while (!bytes.empty()) {
    stats::Path path = take_path(bytes);
    auto node = stats::Node<Sums>::from_bytes(bytes_of(take_text(bytes)));
    const auto found = nodes.find(path);
    if (found == nodes.end()) {
      nodes.emplace(std::move(path), std::move(node));
    } else {
      found->second.merge(node);
    }
  }
}

}  // namespace

stats::Path parent_path(const EntityKey& key, const Hang& hang) {
  return hang.balanced && key.id ? stats::balanced_path(*key.id, hang.fanout, hang.depth)
                                 : key.path;
}

template <class Sums>
NodeMap<Sums> nodes_above(const EntityTable<Sums>& table, const Hang& hang) {
  NodeMap<Sums> nodes;
  const core::Moments<Sums>& nothing = table.nothing();
  node_at(nodes, {}, nothing);
  table.each([&](const std::string& bytes, const core::Moments<Sums>& moments) {
    const EntityKey key = EntityKey::from_bytes(bytes);
    if (!key.id) {
      node_at(nodes, key.path, nothing).within.merge(moments);
    } else {
      add_entity(node_at(nodes, parent_path(key, hang), nothing), moments);
    }
  });
  add_parents(nodes, nothing);
  return nodes;
}

template <class Sums>
NodeMap<Sums> merge_nodes(NodeMap<Sums> mine, const comm::Comm& comm) {
  if (comm.size() == 1) return mine;
  NodeMap<Sums> all;
  const std::string bytes =
      comm.merge_to_root(to_bytes(mine), [](const std::string& a, const std::string& b) {
        NodeMap<Sums> nodes;
        merge_bytes(nodes, a);
        merge_bytes(nodes, b);
        return to_bytes(nodes);
      });
  merge_bytes(all, bytes);
  return all;
}

template NodeMap<core::ExactSums> nodes_above(const EntityTable<core::ExactSums>&, const Hang&);
template NodeMap<core::FixedSums> nodes_above(const EntityTable<core::FixedSums>&, const Hang&);
template NodeMap<core::ExactSums> merge_nodes(NodeMap<core::ExactSums>, const comm::Comm&);
template NodeMap<core::FixedSums> merge_nodes(NodeMap<core::FixedSums>, const comm::Comm&);

}  // namespace trawl::fold
