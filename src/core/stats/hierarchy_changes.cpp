// How changes of entities reach the nodes above them.
#include <utility>

#include "core/stats/hierarchy.hpp"

namespace trawl::stats {

template <class Sums>
Node<Sums>& Hierarchy<Sums>::pending_of(Branch<Sums>& branch) {
  if (!branch.pending) {
    if (spare_.empty()) {
      branch.pending = std::make_unique<Node<Sums>>(nothing_);
    } else {
      branch.pending = std::move(spare_.back());
      spare_.pop_back();
      *branch.pending = nothing_;
    }
    list(branch);
  }
  return *branch.pending;
}

template <class Sums>
void Hierarchy<Sums>::list(Branch<Sums>& branch) {
  for (Branch<Sums>* b = &branch; b->parent != nullptr && !b->listed; b = b->parent) {
    b->listed = true;
    b->parent->changed.push_back(b);
  }
}

namespace {

// Exchanges the places of two leaves of a branch.
template <class Sums>
void exchange(Branch<Sums>& branch, std::size_t a, std::size_t b) {
  std::swap(branch.leaves[a], branch.leaves[b]);
  branch.leaves[a]->position = a;
  branch.leaves[b]->position = b;
}

}  // namespace

template <class Sums>
void Hierarchy<Sums>::mark_changed(Leaf<Sums>& leaf) {
  Branch<Sums>& branch = *leaf.parent;
  if (leaf.position < branch.changed_leaves) return;
  leaf.changed = true;
  exchange(branch, leaf.position, branch.changed_leaves++);
  list(branch);
}

// The leaf's records and what is counted for its mean come with it; if the mean is not up to date,
// that is for the next settling.
template <class Sums>
void Hierarchy<Sums>::attach(Leaf<Sums>& leaf, Branch<Sums>& branch) {
  Node<Sums>& pending = pending_of(branch);
  pending.entities += 1;
  pending.within.merge(leaf.moments);
  if (leaf.counted_records > 0) pending.add_mean(leaf.counted_mean, leaf.counted_records);
  leaf.parent = &branch;
  leaf.position = branch.leaves.size();
  branch.leaves.push_back(&leaf);
  if (leaf.changed) mark_changed(leaf);
}

template <class Sums>
void Hierarchy<Sums>::detach(Leaf<Sums>& leaf) {
  Branch<Sums>& branch = *leaf.parent;
  Node<Sums>& pending = pending_of(branch);
  pending.entities -= 1;
  pending.within.subtract(leaf.moments);
  if (leaf.counted_records > 0) pending.subtract_mean(leaf.counted_mean, leaf.counted_records);
  if (leaf.position < branch.changed_leaves)
    exchange(branch, leaf.position, --branch.changed_leaves);
  exchange(branch, leaf.position, branch.leaves.size() - 1);
  branch.leaves.pop_back();
}

template <class Sums>
void Hierarchy<Sums>::count_mean(Leaf<Sums>& leaf) {
  Node<Sums>& pending = pending_of(*leaf.parent);
  if (leaf.counted_records > 0) pending.subtract_mean(leaf.counted_mean, leaf.counted_records);
  leaf.counted_records = leaf.moments.count();
  if (leaf.counted_records > 0) {
    leaf.counted_mean = leaf.moments.means();
    pending.add_mean(leaf.counted_mean, leaf.counted_records);
  }
  leaf.changed = false;
}

template <class Sums>
void Hierarchy<Sums>::settle_children(Branch<Sums>& branch) {
  for (Branch<Sums>* child : branch.changed) {
    settle(*child);
    child->listed = false;  // not before: settling must not list it again
    if (child->empty()) branch.children.erase(branch.children.find(*child->name));
  }
  branch.changed.clear();
}

template <class Sums>
void Hierarchy<Sums>::settle(Branch<Sums>& branch) {
  for (std::size_t i = 0; i < branch.changed_leaves; ++i) count_mean(*branch.leaves[i]);
  branch.changed_leaves = 0;
  settle_children(branch);
  if (!branch.pending) return;
  branch.state.merge(*branch.pending);
  pass_up(branch);
}

// The parent is listed, since the branch is.
template <class Sums>
void Hierarchy<Sums>::pass_up(Branch<Sums>& branch) {
  Branch<Sums>* parent = branch.parent;
  if (parent != nullptr && !parent->pending) {
    parent->pending = std::move(branch.pending);
    return;
  }
  if (parent != nullptr) parent->pending->merge(*branch.pending);
  spare_.push_back(std::move(branch.pending));
}

template class Hierarchy<core::ExactSums>;
template class Hierarchy<core::FixedSums>;

}  // namespace trawl::stats
