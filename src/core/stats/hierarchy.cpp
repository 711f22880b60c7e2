#include "core/stats/hierarchy.hpp"

#include <algorithm>
#include <utility>

#include <trawl/base/error.hpp>

namespace trawl::stats {
namespace {

// The next digit of a fraction hash / 2^64 in base `fanout`; what is left becomes the fraction.
std::size_t next_digit(std::uint64_t& fraction, std::size_t fanout) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{fraction} * fanout;
  fraction = static_cast<std::uint64_t>(product);
  return static_cast<std::size_t>(product >> 64);
}

std::string digit_text(std::size_t digit, std::size_t fanout) {
  const std::string text = std::to_string(digit);
  return std::string(std::to_string(fanout - 1).size() - text.size(), '0') + text;
}

Path digits_of(std::uint64_t fraction, std::size_t fanout, std::size_t count) {
  Path path;
  while (path.size() < count) path.push_back(digit_text(next_digit(fraction, fanout), fanout));
  return path;
}

void check(const TreeShape& shape) {
  if (shape.fanout < 2 || shape.fanout > 1000) {
    throw InputError("a tree of fanout " + std::to_string(shape.fanout) + ": take 2 to 1000");
  }
}

// With an entity: as many as it takes for adding them at once to be fast; 1.3 KB of 10 features.
constexpr std::size_t most_waiting = 16;

}  // namespace

Path balanced_path(const EntityId& id, std::size_t fanout, std::size_t depth) {
  return digits_of(hash_of(id), fanout, depth);
}

std::size_t balanced_depth(std::uint64_t entities, std::size_t fanout) {
  std::size_t depth = 0;
  // Division, so that no power overflows: fanout^(depth + 2) <= entities.
  for (std::uint64_t rest = entities / fanout / fanout; rest != 0; rest /= fanout) ++depth;
  return depth;
}

template <class Sums>
Hierarchy<Sums>::Hierarchy(typename Sums::Configuration configuration, TreeShape shape)
    : shape_(std::move(shape)),
      nothing_(std::move(configuration)),
      root_(std::make_unique<Branch<Sums>>(nothing_, nullptr)),
      depth_(shape_.levels.size()) {
  check(shape_);
}

template <class Sums>
std::size_t Hierarchy<Sums>::wanted_depth() const {
  return balanced() ? balanced_depth(leaves_.size() + elsewhere_, shape_.fanout)
                    : shape_.levels.size();
}

template <class Sums>
Leaf<Sums>& Hierarchy<Sums>::join(const EntityId& id, const Path& path) {
  Leaf<Sums>& leaf = leaves_.insert(std::make_unique<Leaf<Sums>>(id, nothing_.within));
  attach(leaf, branch_at(balanced() ? digits_of(leaf.hash, shape_.fanout, depth_) : path));
  return leaf;
}

template <class Sums>
void Hierarchy<Sums>::leave(Leaf<Sums>& leaf) {
  detach(leaf);
  leaves_.erase(leaf);
}

template <class Sums>
void Hierarchy<Sums>::move(Leaf<Sums>& leaf, const Path& path) {
  detach(leaf);
  attach(leaf, branch_at(path));
}

template <class Sums>
Path Hierarchy<Sums>::path_of(const Leaf<Sums>& leaf) const {
  if (balanced()) return digits_of(leaf.hash, shape_.fanout, wanted_depth());
  Path path(shape_.levels.size());
  const Branch<Sums>* branch = leaf.parent;
  for (auto name = path.rbegin(); name != path.rend(); ++name, branch = branch->parent) {
    *name = *branch->name;
  }
  return path;
}

template <class Sums>
bool Hierarchy<Sums>::lies_at(const Leaf<Sums>& leaf, const Path& path) const {
  if (balanced()) return path.empty();
  const Branch<Sums>* branch = leaf.parent;
  for (auto name = path.rbegin(); name != path.rend(); ++name, branch = branch->parent) {
    if (*name != *branch->name) return false;
  }
  return true;
}

template <class Sums>
void Hierarchy<Sums>::add_record(Leaf<Sums>& leaf, std::span<const double> record) {
  __builtin_prefetch(leaf.parent);
  const std::size_t most = most_waiting * record.size();
  if (leaf.waiting.empty()) leaf.waiting.reserve(most);
  leaf.waiting.insert(leaf.waiting.end(), record.begin(), record.end());
  if (leaf.sums.accepts(record)) {
    ++leaf.waiting_records;
    ++leaf.parent->waiting_records;
  }
  mark_changed(leaf);
  if (leaf.waiting.size() == most) take_waiting(leaf);
}

template <class Sums>
void Hierarchy<Sums>::take_waiting(Leaf<Sums>& leaf) {
  if (leaf.waiting.empty()) return;
  leaf.parent->waiting_records -= std::exchange(leaf.waiting_records, 0);
  leaf.sums.add(leaf.waiting);
  pending_of(*leaf.parent).within.add(leaf.waiting);
  leaf.waiting.clear();
}

// The parent first: `records` may be the leaf's own moments.
template <class Sums>
void Hierarchy<Sums>::add(Leaf<Sums>& leaf, const Moments& records) {
  pending_of(*leaf.parent).within.merge(records);
  leaf.sums.merge(records);
  mark_changed(leaf);
}

template <class Sums>
void Hierarchy<Sums>::subtract(Leaf<Sums>& leaf, const Moments& records) {
  pending_of(*leaf.parent).within.subtract(records);
  leaf.sums.subtract(records);
  mark_changed(leaf);
}

template <class Sums>
Branch<Sums>& Hierarchy<Sums>::branch_at(const Path& path) {
  Branch<Sums>* branch = root_.get();
  for (const std::string& name : path) {
    const auto [place, fresh] = branch->children.try_emplace(name);
    if (fresh) {
      place->second = std::make_unique<Branch<Sums>>(nothing_, branch);
      place->second->name = &place->first;
    }
    branch = place->second.get();
  }
  return *branch;
}

template <class Sums>
void Hierarchy<Sums>::reshape() {
  if (depth_ == wanted_depth()) return;
  depth_ = wanted_depth();
  leaves_.each([&](Leaf<Sums>& leaf) { take_waiting(leaf); });
  root_ = std::make_unique<Branch<Sums>>(nothing_, nullptr);
  // Neighbours one after the other, for the caches.
  std::vector<Leaf<Sums>*> by_hash;
  leaves_.each([&](Leaf<Sums>& leaf) { by_hash.push_back(&leaf); });
  std::sort(by_hash.begin(), by_hash.end(),
            [](const Leaf<Sums>* a, const Leaf<Sums>* b) { return a->hash < b->hash; });
  for (Leaf<Sums>* leaf : by_hash) attach(*leaf, branch_at(path_of(*leaf)));
}

namespace {

template <class Sums>
void forget_measures_below(Branch<Sums>& branch) {
  branch.measure = nullptr;
  branch.measured_records = branch.measured_entities = 0;
  for (auto& [name, child] : branch.children) forget_measures_below(*child);
}

}  // namespace

template <class Sums>
void Hierarchy<Sums>::forget_measures() {
  forget_measures_below(*root_);
}

template <class Sums>
Branch<Sums>* Hierarchy<Sums>::settled(const Path& path) {
  reshape();
  settle(*root_);
  Branch<Sums>* branch = root_.get();
  for (const std::string& name : path) {
    const auto child = branch->children.find(name);
    if (child == branch->children.end()) return nullptr;
    branch = child->second.get();
  }
  return branch;
}

template class Hierarchy<core::ExactSums>;
template class Hierarchy<core::FixedSums>;

}  // namespace trawl::stats
