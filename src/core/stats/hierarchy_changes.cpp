// How changes of entities reach the nodes above them.
#include <utility>

#include "core/stats/hierarchy.hpp"

namespace trawl::stats {
namespace {

// Takes a leaf out of a list in which it knows its place; the last one takes it.
template <class Sums>
void erase(std::vector<Leaf<Sums>*>& list, const Leaf<Sums>& leaf, std::size_t Leaf<Sums>::*place) {
  list[leaf.*place] = list.back();
  list.back()->*place = leaf.*place;
  list.pop_back();
}

}  // namespace

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

template <class Sums>
void Hierarchy<Sums>::mark_changed(Leaf<Sums>& leaf) {
  if (leaf.changed) return;
  leaf.changed = true;
  enlist(leaf);
}

template <class Sums>
void Hierarchy<Sums>::enlist(Leaf<Sums>& leaf) {
  Branch<Sums>& branch = *leaf.parent;
  leaf.changed_position = branch.changed_leaves.size();
  branch.changed_leaves.push_back(&leaf);
  list(branch);
}

// The leaf's records and what is counted for its mean come with it; if the mean is not up to date,
// that is for the next settling.
template <class Sums>
void Hierarchy<Sums>::attach(Leaf<Sums>& leaf, Branch<Sums>& branch) {
  Node<Sums>& pending = pending_of(branch);
  pending.entities += 1;
  if (leaf.sums.count() != 0 || leaf.sums.refused() != 0) {
    pending.within.merge(leaf.sums);
  }
  if (leaf.counted_records > 0) pending.add_mean(leaf.counted_mean, leaf.counted_records);
  leaf.parent = &branch;
  leaf.position = branch.leaves.size();
  branch.leaves.push_back(&leaf);
  if (leaf.changed) enlist(leaf);
}

template <class Sums>
void Hierarchy<Sums>::detach(Leaf<Sums>& leaf) {
  Branch<Sums>& branch = *leaf.parent;
  take_waiting(leaf);
  Node<Sums>& pending = pending_of(branch);
  pending.entities -= 1;
  pending.within.subtract(leaf.sums);
  if (leaf.counted_records > 0) pending.subtract_mean(leaf.counted_mean, leaf.counted_records);
  if (leaf.changed) erase(branch.changed_leaves, leaf, &Leaf<Sums>::changed_position);
  erase(branch.leaves, leaf, &Leaf<Sums>::position);
}

template <class Sums>
void Hierarchy<Sums>::count_mean(Leaf<Sums>& leaf) {
  take_waiting(leaf);
  Node<Sums>& pending = pending_of(*leaf.parent);
  if (leaf.counted_records > 0) pending.subtract_mean(leaf.counted_mean, leaf.counted_records);
  leaf.counted_records = leaf.sums.count();
  if (leaf.counted_records > 0) {
    leaf.counted_mean = leaf.sums.means();
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
  for (Leaf<Sums>* leaf : branch.changed_leaves) count_mean(*leaf);
  branch.changed_leaves.clear();
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
