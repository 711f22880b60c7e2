#include "fold/stats/nodes.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/base/parallel.hpp>

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
    std::vector<const typename NodeMap<Sums>::value_type*> children;
    for (const auto& child : nodes) {
      if (child.first.size() == depth) children.push_back(&child);
    }
    for (const auto* child : children) {
      const stats::Path parent(child->first.begin(), child->first.end() - 1);
      node_at(nodes, parent, nothing).merge(child->second);
    }
  }
}

// The nodes right above entities. They are spread over shares by their paths, so that threads build
// whole nodes, and nothing is merged.
template <class Sums>
class Parents {
 public:
  Parents(const EntityTable<Sums>& table, const Hang& hang) : table_(table), hang_(hang) {}

  NodeMap<Sums> nodes(int threads) {
    parallel_for(parts, threads, [&](std::size_t part) { place(part); });
    std::array<NodeMap<Sums>, shares> made;
    parallel_for(shares, threads, [&](std::size_t share) { made[share] = build(share); });
    NodeMap<Sums> all;
    for (NodeMap<Sums>& nodes : made) all.merge(nodes);
    return all;
  }

 private:
  static constexpr std::size_t parts = EntityTable<Sums>::parts, shares = 64;

  EntityKey key(std::size_t part, std::uint32_t number) const {
    return EntityKey::from_bytes(table_.key(part, number));
  }
  // As put_path() writes it.
  std::string path_bytes(const EntityKey& key) const {
    std::string path;
    put_path(path, parent_path(key, hang_));
    return path;
  }

  void place(std::size_t part) {
    table_.settle(part);
    for (std::uint32_t number = 0; number < table_.size(part); ++number) {
      const std::size_t share = xxh3(bytes_of(path_bytes(key(part, number)))) % shares;
      placed_[part][share].push_back(number);
    }
  }

  NodeMap<Sums> build(std::size_t share) const {
    std::unordered_map<std::string, stats::Node<Sums>> nodes;
    core::Moments<Sums> space = table_.nothing();
    for (std::size_t part = 0; part < parts; ++part) {
      for (const std::uint32_t number : placed_[part][share]) {
        const EntityKey entity = key(part, number);
        stats::Node<Sums>& node =
            nodes.try_emplace(path_bytes(entity), space.configuration()).first->second;
        const core::Moments<Sums>& moments = table_.moments(part, number, space);
        if (entity.id) {
          add_entity(node, moments);
        } else {
          node.within.merge(moments);
        }
      }
    }
    NodeMap<Sums> out;
    for (auto& [bytes, node] : nodes) {
      std::string_view path = bytes;
      out.emplace(take_path(path), std::move(node));
    }
    return out;
  }

  const EntityTable<Sums>& table_;
  const Hang& hang_;
  std::array<std::array<std::vector<std::uint32_t>, shares>, parts> placed_;  // entities
};

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
NodeMap<Sums> nodes_above(const EntityTable<Sums>& table, const Hang& hang, int threads) {
  NodeMap<Sums> nodes = Parents<Sums>(table, hang).nodes(threads);
  node_at(nodes, {}, table.nothing());
  add_parents(nodes, table.nothing());
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

template NodeMap<core::ExactSums> nodes_above(const EntityTable<core::ExactSums>&, const Hang&,
                                              int);
template NodeMap<core::FixedSums> nodes_above(const EntityTable<core::FixedSums>&, const Hang&,
                                              int);
template NodeMap<core::ExactSums> merge_nodes(NodeMap<core::ExactSums>, const comm::Comm&);
template NodeMap<core::FixedSums> merge_nodes(NodeMap<core::FixedSums>, const comm::Comm&);

}  // namespace trawl::fold
