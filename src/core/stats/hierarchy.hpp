// The nodes of a tree, and how changes of entities reach them.
//
// A branch has the sums that are up to date with what its children passed to it (`state`), and what
// changed since (`pending`); the truth is state + pending + what is pending below it. Settling a
// branch takes the means of its changed entities, settles its changed children, adds pending to
// state and passes it up. Each branch can be settled alone: its parent learns of it later.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <trawl/core/stats/tree.hpp>

#include "core/stats/leaf_table.hpp"

namespace trawl::stats {

template <class Sums>
struct Branch;

// An entity.
template <class Sums>
struct Leaf {
  Leaf(const EntityId& name, const core::Moments<Sums>& nothing)
      : id(name), hash(hash_of(name)), sums(nothing) {}

  EntityId id;
  std::uint64_t hash;
  // The moments are `sums` and rows that neither they nor parent->pending have yet: one at a time
  // they would cost ten times what they do together. Leaves with such rows are changed ones.
  core::Moments<Sums> sums;
  std::vector<double> waiting;
  std::int64_t waiting_records = 0;  // those that count
  Branch<Sums>* parent = nullptr;
  std::size_t position = 0;          // in parent->leaves
  bool changed = false;              // since its mean was counted
  std::size_t changed_position = 0;  // in parent->changed_leaves, if it is
  // What parent's `between` counts for it: the mean of so many records, if any.
  std::vector<double> counted_mean;
  std::int64_t counted_records = 0;
};

template <class Sums>
struct Branch {
  Branch(const Node<Sums>& nothing, Branch* above) : parent(above), state(nothing) {}
  bool empty() const { return leaves.empty() && children.empty(); }

  Branch* parent;
  const std::string* name = nullptr;  // the key in parent->children
  std::map<std::string, std::unique_ptr<Branch>> children;
  std::vector<Leaf<Sums>*> leaves, changed_leaves;
  // Children to settle. A listed branch is in its parent's list, and so are its ancestors.
  std::vector<Branch*> changed;
  bool listed = false;

  Node<Sums> state;
  std::unique_ptr<Node<Sums>> pending;
  std::int64_t waiting_records = 0;  // of leaves right below; those that count

  // Live use: what records are judged by, and what it was made from.
  Measure measure;
  std::int64_t measured_records = 0, measured_entities = 0;
};

template <class Sums>
class Hierarchy {
 public:
  using Moments = core::Moments<Sums>;
  using Leaves = LeafTable<Leaf<Sums>>;

  Hierarchy(typename Sums::Configuration configuration, TreeShape shape);

  const TreeShape& shape() const { return shape_; }
  bool balanced() const { return shape_.levels.empty(); }
  const Node<Sums>& nothing() const { return nothing_; }
  const Leaves& leaves() const { return leaves_; }
  std::size_t wanted_depth() const;
  void set_entities_elsewhere(std::uint64_t count) { elsewhere_ = count; }

  // nullptr when there is none.
  Leaf<Sums>* find(const EntityId& id) const { return leaves_.find(id); }
  Leaf<Sums>& join(const EntityId& id, const Path& path);
  void leave(Leaf<Sums>& leaf);
  void move(Leaf<Sums>& leaf, const Path& path);
  Path path_of(const Leaf<Sums>& leaf) const;
  bool lies_at(const Leaf<Sums>& leaf, const Path& path) const;

  // All of them; a reference to what changes with the leaf.
  const Moments& moments(Leaf<Sums>& leaf) {
    take_waiting(leaf);
    return leaf.sums;
  }
  void add_record(Leaf<Sums>& leaf, std::span<const double> record);
  void add(Leaf<Sums>& leaf, const Moments& records);
  void subtract(Leaf<Sums>& leaf, const Moments& records);

  // Builds inner nodes again if the number of entities asks for another depth.
  void reshape();
  void settle(Branch<Sums>& branch);
  // nullptr when there is none. Everything is settled.
  Branch<Sums>* settled(const Path& path);

  // Live use, see tree.hpp.
  void forget_measures();
  MakeMeasure<Sums> make_measure;
  MeasureRule rule;

 private:
  Branch<Sums>& branch_at(const Path& path);  // made if it is not there
  Node<Sums>& pending_of(Branch<Sums>& branch);
  void take_waiting(Leaf<Sums>& leaf);
  void attach(Leaf<Sums>& leaf, Branch<Sums>& branch);
  void detach(Leaf<Sums>& leaf);
  void mark_changed(Leaf<Sums>& leaf);
  void enlist(Leaf<Sums>& leaf);
  void list(Branch<Sums>& branch);
  void count_mean(Leaf<Sums>& leaf);
  void settle_children(Branch<Sums>& branch);
  void pass_up(Branch<Sums>& branch);

  TreeShape shape_;
  Node<Sums> nothing_;
  Leaves leaves_;
  std::unique_ptr<Branch<Sums>> root_;
  std::size_t depth_ = 0;
  std::uint64_t elsewhere_ = 0;
  std::vector<std::unique_ptr<Node<Sums>>> spare_;  // for `pending`: memory is kept
};

}  // namespace trawl::stats
