#include <bit>
#include <stdexcept>

#include <trawl/core/integrity/merkle.hpp>

namespace trawl::core {
namespace {

using Leaves = std::span<const Sha256Digest>;

// The largest power of two below n. Requires n >= 2.
std::size_t split_of(std::size_t n) {
  return std::bit_floor(n - 1);
}

// PATH(m, D[n]) of RFC 6962, section 2.1.1.
void append_inclusion(Leaves leaves, std::uint64_t index, MerklePath& path) {
  if (leaves.size() == 1) return;
  const std::size_t k = split_of(leaves.size());
  if (index < k) {
    append_inclusion(leaves.first(k), index, path);
    path.push_back(merkle_root_of(leaves.subspan(k)));
  } else {
    append_inclusion(leaves.subspan(k), index - k, path);
    path.push_back(merkle_root_of(leaves.first(k)));
  }
}

// SUBPROOF(m, D[n], b) of RFC 6962, section 2.1.2; `known`: the older root is that of these leaves.
void append_consistency(Leaves leaves, std::uint64_t old_leaves, bool known, MerklePath& path) {
  if (old_leaves == leaves.size()) {
    if (!known) path.push_back(merkle_root_of(leaves));
    return;
  }
  const std::size_t k = split_of(leaves.size());
  if (old_leaves <= k) {
    append_consistency(leaves.first(k), old_leaves, known, path);
    path.push_back(merkle_root_of(leaves.subspan(k)));
  } else {
    append_consistency(leaves.subspan(k), old_leaves - k, false, path);
    path.push_back(merkle_root_of(leaves.first(k)));
  }
}

}  // namespace

Sha256Digest merkle_root_of(Leaves leaves) {
  if (leaves.empty()) return sha256({});
  if (leaves.size() == 1) return leaves.front();
  const std::size_t k = split_of(leaves.size());
  return merkle_node(merkle_root_of(leaves.first(k)), merkle_root_of(leaves.subspan(k)));
}

MerklePath inclusion_path(Leaves leaves, std::uint64_t index) {
  if (index >= leaves.size()) throw std::out_of_range("inclusion_path: no such leaf");
  MerklePath path;
  append_inclusion(leaves, index, path);
  return path;
}

MerklePath consistency_path(Leaves leaves, std::uint64_t old_leaves) {
  if (old_leaves == 0 || old_leaves > leaves.size())
    throw std::out_of_range("consistency_path: no such older tree");
  MerklePath path;
  append_consistency(leaves, old_leaves, true, path);
  return path;
}

std::vector<Sibling> siblings_of(std::uint64_t index, std::uint64_t leaves) {
  if (index >= leaves) throw std::out_of_range("siblings_of: no such leaf");
  std::vector<Sibling> sides;
  // `node` and `last`: numbers of the path's and of the last node of a level. The last node of a
  // level has no sibling when its number is even: it is carried up as it is.
  std::uint64_t node = index, last = leaves - 1;
  for (; last != 0; node >>= 1, last >>= 1) {
    if (node % 2 == 1)
      sides.push_back(Sibling::left);
    else if (node != last)
      sides.push_back(Sibling::right);
  }
  return sides;
}

bool is_included(const Sha256Digest& leaf_hash, std::uint64_t index, std::uint64_t leaves,
                 const MerklePath& path, const Sha256Digest& root) {
  if (index >= leaves) return false;
  const std::vector<Sibling> sides = siblings_of(index, leaves);
  if (sides.size() != path.size()) return false;
  Sha256Digest node = leaf_hash;
  for (std::size_t i = 0; i < path.size(); ++i)
    node = sides[i] == Sibling::left ? merkle_node(path[i], node) : merkle_node(node, path[i]);
  return node == root;
}

bool is_extended(std::uint64_t old_leaves, const Sha256Digest& old_root, std::uint64_t leaves,
                 const Sha256Digest& root, const MerklePath& path) {
  if (old_leaves > leaves) return false;
  if (old_leaves == leaves) return path.empty() && old_root == root;
  if (old_leaves == 0) return path.empty() && old_root == sha256({});
  // The widest subtree that ends where the old tree ends: its root is the first of the path, or,
  // when it is the whole old tree, known already.
  const unsigned level = static_cast<unsigned>(std::countr_zero(old_leaves));
  std::uint64_t node = (old_leaves - 1) >> level, last = (leaves - 1) >> level;
  auto next = path.begin();
  const bool whole = std::has_single_bit(old_leaves);
  if (!whole && next == path.end()) return false;
  Sha256Digest old_node = whole ? old_root : *next++;
  Sha256Digest new_node = old_node;
  for (; last != 0; node >>= 1, last >>= 1) {
    if (node % 2 == 0 && node == last) continue;
    if (next == path.end()) return false;
    if (node % 2 == 1) {
      old_node = merkle_node(*next, old_node);
      new_node = merkle_node(*next, new_node);
    } else {
      new_node = merkle_node(new_node, *next);
    }
    ++next;
  }
  return next == path.end() && old_node == old_root && new_node == root;
}

}  // namespace trawl::core
