// A hierarchy of entities: what is known of each, of each group of them, and of all, exactly, while
// they come, go, move and change.
//
// Entities are the leaves. With levels (say region, site) each belongs to a path of as many names,
// and there is one inner node for each beginning of a path. Without levels the tree is balanced by
// itself, over a hash of the ids: the inner nodes below the root at depth k are the numbers
// 0 .. fanout^k - 1, and an entity lies below floor(hash / 2^64 * fanout^k). So entities that join
// or leave move no other, and the path of an entity is the digits of its hash, "3" "0" "7".
//
// Depth of the balanced tree: the largest with fanout^(depth + 1) <= number of entities, 0 below
// that. Inner nodes have `fanout` children, those at the bottom `fanout` to fanout^2 entities on
// average: enough to be compared with each other. It depends on the number alone, not on history.
// Where the number crosses a power of `fanout`, nodes above the bottom keep their contents and
// their bytes, but inner nodes are built again when next read, at about a microsecond per entity;
// growth pays that once for each power, but a number that goes to and fro across one pays at every
// read.
//
// All nodes are exact sums (node.hpp): the bytes of each node and of the tree depend on its
// contents, never on the order of operations.
//
// What is lazy: operations change the entity, and collect the difference in its parent. Means of
// entities that changed are taken, and differences passed up to the root, when a node is read:
// O(changed entities + their ancestors) then, nothing for all others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <trawl/core/stats/entity_id.hpp>
#include <trawl/core/stats/node.hpp>

namespace trawl::stats {

// The names of nodes from below the root to a node; the root's is empty.
using Path = std::vector<std::string>;

struct TreeShape {
  std::vector<std::string> levels = {};  // top first; none: a balanced tree
  std::size_t fanout = 10;               // of a balanced tree, 2 to 1000
  bool operator==(const TreeShape&) const = default;
};

// The digits of an id's hash: its path in a balanced tree. Padded to the digits of fanout - 1.
Path balanced_path(const EntityId& id, std::size_t fanout, std::size_t depth);
std::size_t balanced_depth(std::uint64_t entities, std::size_t fanout);

// How unusual a record is.
struct Distance {
  double squared = 0;  // squared Mahalanobis distance, or what the measure takes for it
  double log_p = 0;    // of a record at least as unusual; natural logarithm; NaN: not computed
};
// Of a record of finite features.
using Measure = std::function<Distance(std::span<const double> record)>;
// What is normal, from a parent's records; mahalanobis_measure.hpp has one. May be empty: they say
// nothing yet. The node is valid during the call only.
template <class Sums>
using MakeMeasure = std::function<Measure(const Node<Sums>& parent)>;

// When measures are made. A record is judged by the one that its parent had then.
struct MeasureRule {
  std::int64_t min_records = 0;  // of the parent
  // Made again when the number of the parent's records has changed by this share: the more records,
  // the less often, so that its cost per update tends to nothing.
  double renewal_share = 0.125;
};

struct Verdict {
  bool refused = false;  // a value cannot be added; counted as refused
  bool judged = false;   // there was a measure; if not, `distance` says nothing
  Distance distance;
  // What the measure was made from, without this record.
  std::int64_t baseline_records = 0;
  std::int64_t baseline_entities = 0;
};

template <class Sums>
class Hierarchy;

// Local. Not for two threads at once; neither is reading, which brings nodes up to date. References
// to nodes and entities hold until the next call that is not const.
//
// Costs are for d features and depth D; "records" are rows of d values. InputError names the
// entity, and leaves the tree as it was (but for sums beyond the capacity of FixedSums).
template <class Sums>
class BasicTree {
 public:
  using Moments = core::Moments<Sums>;
  using Configuration = typename Sums::Configuration;

  // InputError for a configuration or a shape that cannot be.
  explicit BasicTree(Configuration configuration, TreeShape shape = {});
  ~BasicTree();
  BasicTree(BasicTree&&) noexcept;
  BasicTree& operator=(BasicTree&&) noexcept;

  const TreeShape& shape() const;
  Configuration configuration() const;
  std::size_t features() const;

  // ---- Entities. `path` has one name for each level; it is empty in a balanced tree, which knows
  // where entities belong.

  std::size_t size() const;
  bool contains(const EntityId& id) const;
  // InputError for the following when there is no such entity.
  const Moments& entity(const EntityId& id) const;
  Path path_of(const EntityId& id) const;

  // Without records. O(D). InputError when it is there already.
  void join(const EntityId& id, const Path& path = {});
  // With all its records, which are returned. O(d^2).
  Moments leave(const EntityId& id);
  // With all its records. O(d^2 + D). InputError in a balanced tree.
  void move(const EntityId& id, const Path& path);

  // Adds records to an entity, which joins if it is not there. InputError when it is there under
  // another path. O(d^2) for a record, and as core::Moments for many.
  void add(const EntityId& id, const Path& path, std::span<const double> rows);
  void add(const EntityId& id, const Path& path, const Moments& records);
  // Takes records away that were added. InputError when there are too few, or when none remain but
  // their sums do. Otherwise nobody can tell whether these records were added: then sums are wrong.
  void remove(const EntityId& id, std::span<const double> rows);
  void remove(const EntityId& id, const Moments& records);

  // All entities of `other`, with their records; records of entities in both add up. InputError
  // unless shape and configuration are equal, and paths of entities in both. O(entities of other).
  void merge(const BasicTree& other);

  // The tree is one part of a balanced tree with so many entities in other parts (say, on other
  // ranks), so that its depth is that of the whole. Nodes of parts with one path merge.
  void set_entities_elsewhere(std::uint64_t count);

  // ---- Nodes, brought up to date.

  std::size_t depth() const;  // of the nodes right above entities
  const Node<Sums>& root() { return node({}); }
  // InputError when there is none: no entity lies below. The root is always there.
  const Node<Sums>& node(const Path& path);
  // Names of the nodes right below, ascending; entities right below, ascending (either is empty).
  std::vector<std::string> children(const Path& path);
  std::vector<EntityId> entities(const Path& path);
  // Calls for all nodes, parents first, siblings by name. The function may not change the tree.
  void visit(const std::function<void(const Path&, const Node<Sums>&)>& function);

  // ---- Live use.

  // From now on update() judges by measures that `make` makes from parents. Empty: not at all.
  void set_measure(MakeMeasure<Sums> make, MeasureRule rule = {});
  // Judges a record of an entity by its parent's measure, then adds it. In a balanced tree unknown
  // entities join; with levels they are an InputError. O(d^2), and what the measure costs.
  Verdict update(const EntityId& id, std::span<const double> record);

  // ---- Bytes.

  // Canonical: trees of equal shape, configuration, entities, paths and records, and only those,
  // have equal bytes. Inner nodes follow from the rest. O(n log n). Layout, little-endian:
  //   u8 tag 6, u32 fanout, u32 levels, texts[levels], moments of no records,
  //   u64 entities, (id, path as texts[levels], moments)[entities] by ascending id
  // A text is u32 size, bytes; ids as entity_id.hpp says, moments as core::Moments::to_bytes.
  std::vector<std::byte> to_bytes() const;
  // DataError for everything that to_bytes would not have written.
  static BasicTree from_bytes(Bytes bytes);

 private:
  std::unique_ptr<Hierarchy<Sums>> hierarchy_;
};

extern template class BasicTree<core::ExactSums>;
extern template class BasicTree<core::FixedSums>;

// Any finite values.
using Tree = BasicTree<core::ExactSums>;
// Values rounded once to configured units: half the time, a third of the memory.
using FixedTree = BasicTree<core::FixedSums>;

}  // namespace trawl::stats
