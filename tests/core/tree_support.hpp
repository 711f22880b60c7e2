// The slow twin of a tree: everybody's records, and nodes made from them whenever asked.
#pragma once

#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include <trawl/core/stats/tree.hpp>

#include "core/exact_support.hpp"

namespace trawl::stats {

using core::Rng;

template <class Sums>
typename Sums::Configuration configuration(std::size_t features) {
  if constexpr (std::is_same_v<Sums, core::ExactSums>) {
    return features;
  } else {
    return std::vector<int>(features, -16);
  }
}

// Numbers that are refused by both forms are among them.
inline std::vector<double> random_record(Rng& rng, std::size_t features) {
  std::vector<double> record;
  for (std::size_t i = 0; i < features; ++i) {
    record.push_back(std::ldexp(static_cast<double>(rng() % 20001) - 10000.0, -13));
  }
  if (rng() % 50 == 0) record[rng() % features] = std::nan("");
  if (rng() % 50 == 0) record[rng() % features] = -std::numeric_limits<double>::infinity();
  return record;
}

template <class Sums>
class SlowTree {
 public:
  struct Entity {
    Path path;  // down to the node right above
    std::vector<std::vector<double>> records;
  };
  using Nodes = std::map<Path, Node<Sums>>;

  SlowTree(std::size_t features, TreeShape shape) : features_(features), shape_(std::move(shape)) {}

  std::map<EntityId, Entity> entities;

  Nodes nodes() const {
    Nodes out;
    out.try_emplace(Path(), configuration<Sums>(features_));
    for (const auto& [id, entity] : entities) {
      const Path path =
          shape_.levels.empty()
              ? balanced_path(id, shape_.fanout, balanced_depth(entities.size(), shape_.fanout))
              : entity.path;
      for (std::size_t names = 0; names <= path.size(); ++names) {
        const auto end = path.begin() + static_cast<std::ptrdiff_t>(names);
        const auto place = out.try_emplace(Path(path.begin(), end), configuration<Sums>(features_));
        count(entity, place.first->second);
      }
    }
    return out;
  }

  // The tree that nobody ever left.
  BasicTree<Sums> rebuilt() const {
    BasicTree<Sums> out(configuration<Sums>(features_), shape_);
    for (const auto& [id, entity] : entities) {
      out.join(id, entity.path);
      for (const auto& record : entity.records) out.add(id, entity.path, record);
    }
    return out;
  }

 private:
  void count(const Entity& entity, Node<Sums>& node) const {
    core::Moments<Sums> own(configuration<Sums>(features_));
    for (const auto& record : entity.records) own.add(record);
    node.entities += 1;
    node.squared_records += own.count() * own.count();
    for (const auto& record : entity.records) node.within.add(record);
    if (own.count() > 0) node.between.add(own.means());
  }

  std::size_t features_;
  TreeShape shape_;
};

template <class Sums>
typename SlowTree<Sums>::Nodes nodes_of(BasicTree<Sums>& tree) {
  typename SlowTree<Sums>::Nodes out;
  tree.visit([&](const Path& path, const Node<Sums>& node) { out.try_emplace(path, node); });
  return out;
}

}  // namespace trawl::stats
