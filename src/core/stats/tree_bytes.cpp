// The canonical bytes of a tree: its shape and its entities; inner nodes follow.
#include <algorithm>
#include <utility>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/tree.hpp>

#include "core/stats/hierarchy.hpp"
#include "core/stats/text_bytes.hpp"

namespace trawl::stats {
namespace {

using core::exact::append;

constexpr std::uint8_t tag = 6;
constexpr const char* what = "a tree";

[[noreturn]] void damaged(const char* why) {
  throw DataError(std::string("damaged bytes of a tree: ") + why);
}

template <class T>
T next(Bytes& bytes) {
  core::exact::ByteReader reader(bytes, what);
  const T value = reader.next<T>();
  bytes = reader.rest();
  return value;
}

Path read_texts(Bytes& bytes, std::size_t count) {
  Path out;
  while (out.size() < count) out.push_back(read_text(bytes, what));
  return out;
}

TreeShape read_shape(Bytes& bytes) {
  TreeShape shape;
  shape.fanout = next<std::uint32_t>(bytes);
  const auto levels = next<std::uint32_t>(bytes);
  shape.levels = read_texts(bytes, levels);
  return shape;
}

template <class Sums>
BasicTree<Sums> read_empty(Bytes& bytes) {
  if (next<std::uint8_t>(bytes) != tag) damaged("wrong tag");
  TreeShape shape = read_shape(bytes);
  const auto nothing = core::Moments<Sums>::read(bytes);
  if (nothing != core::Moments<Sums>(nothing.configuration())) damaged("nothing is not nothing");
  try {
    return BasicTree<Sums>(nothing.configuration(), std::move(shape));
  } catch (const InputError& error) {
    damaged(error.what());
  }
}

// Nobody counts fewer than no records.
template <class Sums>
void check_counts(const core::Moments<Sums>& records) {
  if (records.count() < 0 || records.refused() < 0) damaged("a negative number of records");
}

}  // namespace

template <class Sums>
std::vector<std::byte> BasicTree<Sums>::to_bytes() const {
  std::vector<std::byte> out;
  append(out, tag);
  append(out, static_cast<std::uint32_t>(shape().fanout));
  append(out, static_cast<std::uint32_t>(shape().levels.size()));
  for (const std::string& level : shape().levels) append_text(out, level);
  hierarchy_->nothing().within.append_bytes(out);
  append(out, static_cast<std::uint64_t>(size()));

  std::vector<Leaf<Sums>*> leaves;
  hierarchy_->leaves().each([&](Leaf<Sums>& leaf) { leaves.push_back(&leaf); });
  const auto by_id = [](const auto* a, const auto* b) { return a->id < b->id; };
  std::sort(leaves.begin(), leaves.end(), by_id);
  for (Leaf<Sums>* leaf : leaves) {
    stats::append_bytes(out, leaf->id);
    if (!hierarchy_->balanced()) {
      for (const std::string& name : hierarchy_->path_of(*leaf)) append_text(out, name);
    }
    hierarchy_->moments(*leaf).append_bytes(out);
  }
  return out;
}

template <class Sums>
BasicTree<Sums> BasicTree<Sums>::from_bytes(Bytes bytes) {
  BasicTree tree = read_empty<Sums>(bytes);
  const auto entities = next<std::uint64_t>(bytes);
  EntityId before;
  for (std::uint64_t i = 0; i < entities; ++i) {
    const EntityId id = read_entity_id(bytes);
    if (i > 0 && !(before < id)) damaged("entities out of order");
    const Path path = read_texts(bytes, tree.shape().levels.size());
    const Moments records = Moments::read(bytes);
    check_counts(records);
    if (records.configuration() != tree.configuration()) damaged("two configurations");
    tree.add(id, path, records);
    before = id;
  }
  if (!bytes.empty()) damaged("more than one tree has");
  return tree;
}

template std::vector<std::byte> BasicTree<core::ExactSums>::to_bytes() const;
template std::vector<std::byte> BasicTree<core::FixedSums>::to_bytes() const;
template Tree Tree::from_bytes(Bytes);
template FixedTree FixedTree::from_bytes(Bytes);

}  // namespace trawl::stats
