// Operations of users on a tree: what is checked, and by whom it is done.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/tree.hpp>

#include "core/stats/hierarchy.hpp"

namespace trawl::stats {
namespace {

std::string joined(const Path& path) {
  std::string out;
  for (const std::string& name : path) out += (out.empty() ? "" : "/") + name;
  return out.empty() ? "the root" : out;
}

template <class Sums>
void check_path(const Hierarchy<Sums>& hierarchy, const EntityId& id, const Path& path) {
  const std::size_t levels = hierarchy.shape().levels.size();
  if (path.size() == levels) return;
  throw InputError("entity " + text_of(id) + ": a path of " + std::to_string(path.size()) +
                   " names in a tree of " + std::to_string(levels) + " levels");
}

// InputError unless the entity may lie at `path`: it is not there yet, or there.
template <class Sums>
Leaf<Sums>* find_at(Hierarchy<Sums>& hierarchy, const EntityId& id, const Path& path) {
  check_path(hierarchy, id, path);
  Leaf<Sums>* leaf = hierarchy.find(id);
  if (leaf != nullptr && !hierarchy.lies_at(*leaf, path)) {
    throw InputError("entity " + text_of(id) + " is at " + joined(hierarchy.path_of(*leaf)) +
                     ", not at " + joined(path) + ": move it first");
  }
  return leaf;
}

template <class Sums>
Leaf<Sums>& find_known(Hierarchy<Sums>& hierarchy, const EntityId& id) {
  Leaf<Sums>* leaf = hierarchy.find(id);
  if (leaf == nullptr) throw InputError("no entity " + text_of(id) + " in this tree");
  return *leaf;
}

template <class Sums>
void check_configuration(const core::Moments<Sums>& a, const core::Moments<Sums>& b) {
  if (a.configuration() == b.configuration()) return;
  throw InputError("records of other features or fixed-point units than this tree has");
}

template <class Sums>
Branch<Sums>& branch_at(Hierarchy<Sums>& hierarchy, const Path& path) {
  Branch<Sums>* branch = hierarchy.settled(path);
  if (branch == nullptr) throw InputError("no entity lies below " + joined(path));
  return *branch;
}

template <class Sums, class F>
void visit_below(Path& path, const Branch<Sums>& branch, const F& function) {
  function(path, branch.state);
  for (const auto& [name, child] : branch.children) {
    path.push_back(name);
    visit_below(path, *child, function);
    path.pop_back();
  }
}

}  // namespace

template <class Sums>
BasicTree<Sums>::BasicTree(Configuration configuration, TreeShape shape)
    : hierarchy_(std::make_unique<Hierarchy<Sums>>(std::move(configuration), std::move(shape))) {}

template <class Sums>
BasicTree<Sums>::~BasicTree() = default;
template <class Sums>
BasicTree<Sums>::BasicTree(BasicTree&&) noexcept = default;
template <class Sums>
BasicTree<Sums>& BasicTree<Sums>::operator=(BasicTree&&) noexcept = default;

template <class Sums>
const TreeShape& BasicTree<Sums>::shape() const {
  return hierarchy_->shape();
}

template <class Sums>
typename Sums::Configuration BasicTree<Sums>::configuration() const {
  return hierarchy_->nothing().within.configuration();
}

template <class Sums>
std::size_t BasicTree<Sums>::features() const {
  return hierarchy_->nothing().within.features();
}

template <class Sums>
std::size_t BasicTree<Sums>::size() const {
  return hierarchy_->leaves().size();
}

template <class Sums>
bool BasicTree<Sums>::contains(const EntityId& id) const {
  return hierarchy_->find(id) != nullptr;
}

template <class Sums>
const core::Moments<Sums>& BasicTree<Sums>::entity(const EntityId& id) const {
  return hierarchy_->moments(find_known(*hierarchy_, id));
}

template <class Sums>
Path BasicTree<Sums>::path_of(const EntityId& id) const {
  return hierarchy_->path_of(find_known(*hierarchy_, id));
}

template <class Sums>
void BasicTree<Sums>::join(const EntityId& id, const Path& path) {
  check_path(*hierarchy_, id, path);
  if (contains(id)) throw InputError("entity " + text_of(id) + " is in this tree already");
  hierarchy_->join(id, path);
}

template <class Sums>
core::Moments<Sums> BasicTree<Sums>::leave(const EntityId& id) {
  Leaf<Sums>& leaf = find_known(*hierarchy_, id);
  Moments records = hierarchy_->moments(leaf);
  hierarchy_->leave(leaf);
  return records;
}

template <class Sums>
void BasicTree<Sums>::move(const EntityId& id, const Path& path) {
  if (hierarchy_->balanced()) {
    throw InputError("entities of a balanced tree cannot be moved: their ids say where they are");
  }
  check_path(*hierarchy_, id, path);
  hierarchy_->move(find_known(*hierarchy_, id), path);
}

template <class Sums>
void BasicTree<Sums>::add(const EntityId& id, const Path& path, std::span<const double> rows) {
  if (rows.size() != features()) {
    Moments records = hierarchy_->nothing().within;
    records.add(rows);
    return add(id, path, records);
  }
  Leaf<Sums>* leaf = find_at(*hierarchy_, id, path);
  hierarchy_->add_record(leaf != nullptr ? *leaf : hierarchy_->join(id, path), rows);
}

template <class Sums>
void BasicTree<Sums>::add(const EntityId& id, const Path& path, const Moments& records) {
  check_configuration(records, hierarchy_->nothing().within);
  Leaf<Sums>* leaf = find_at(*hierarchy_, id, path);
  hierarchy_->add(leaf != nullptr ? *leaf : hierarchy_->join(id, path), records);
}

template <class Sums>
void BasicTree<Sums>::remove(const EntityId& id, std::span<const double> rows) {
  Moments records = hierarchy_->nothing().within;
  records.add(rows);
  remove(id, records);
}

template <class Sums>
void BasicTree<Sums>::remove(const EntityId& id, const Moments& records) {
  const Moments& nothing = hierarchy_->nothing().within;
  check_configuration(records, nothing);
  Leaf<Sums>& leaf = find_known(*hierarchy_, id);
  const Moments& all = hierarchy_->moments(leaf);
  const std::int64_t left = all.count() - records.count();
  const std::int64_t left_refused = all.refused() - records.refused();
  if (left < 0 || left_refused < 0) {
    throw InputError("entity " + text_of(id) + " has fewer records than would be removed");
  }
  if (left == 0 && left_refused == 0 && all != records) {
    throw InputError("entity " + text_of(id) + ": other records would be removed than it has");
  }
  hierarchy_->subtract(leaf, records);
}

template <class Sums>
void BasicTree<Sums>::merge(const BasicTree& other) {
  if (shape() != other.shape()) throw InputError("trees of different shapes cannot be merged");
  check_configuration(other.hierarchy_->nothing().within, hierarchy_->nothing().within);
  const auto path_in_other = [&](const Leaf<Sums>& leaf) {
    return hierarchy_->balanced() ? Path() : other.hierarchy_->path_of(leaf);
  };
  other.hierarchy_->leaves().each(
      [&](const Leaf<Sums>& leaf) { find_at(*hierarchy_, leaf.id, path_in_other(leaf)); });
  other.hierarchy_->leaves().each([&](Leaf<Sums>& leaf) {
    add(leaf.id, path_in_other(leaf), other.hierarchy_->moments(leaf));
  });
}

template <class Sums>
void BasicTree<Sums>::set_entities_elsewhere(std::uint64_t count) {
  hierarchy_->set_entities_elsewhere(count);
}

template <class Sums>
std::size_t BasicTree<Sums>::depth() const {
  return hierarchy_->wanted_depth();
}

template <class Sums>
const Node<Sums>& BasicTree<Sums>::node(const Path& path) {
  return branch_at(*hierarchy_, path).state;
}

template <class Sums>
std::vector<std::string> BasicTree<Sums>::children(const Path& path) {
  std::vector<std::string> names;
  for (const auto& [name, child] : branch_at(*hierarchy_, path).children) names.push_back(name);
  return names;
}

template <class Sums>
std::vector<EntityId> BasicTree<Sums>::entities(const Path& path) {
  std::vector<EntityId> ids;
  for (const Leaf<Sums>* leaf : branch_at(*hierarchy_, path).leaves) ids.push_back(leaf->id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

template <class Sums>
void BasicTree<Sums>::visit(const std::function<void(const Path&, const Node<Sums>&)>& function) {
  Path path;
  visit_below(path, branch_at(*hierarchy_, path), function);
}

template class BasicTree<core::ExactSums>;
template class BasicTree<core::FixedSums>;

}  // namespace trawl::stats
