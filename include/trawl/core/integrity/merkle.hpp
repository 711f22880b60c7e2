// Proofs over Merkle trees as RFC 6962 defines them: that a leaf is in a tree, and that a tree goes
// on where an older one ended.
//
// A tree over n leaves splits at the largest power of two below n. Making proofs follows RFC 6962,
// sections 2.1.1 and 2.1.2, word by word; checking them follows RFC 9162, sections 2.1.3.2 and
// 2.1.4.2.
//
// A proof shows that what is checked belongs to a root. Who published the root, and whether others
// were shown another one, is for signatures and for comparing roots.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <trawl/base/digest.hpp>

namespace trawl::core {

// Hashes of subtrees, in the order in which the RFC writes them; at most 64.
using MerklePath = std::vector<Sha256Digest>;

// Local. The root over these leaf hashes (merkle_leaf). O(n) hashes.
Sha256Digest merkle_root_of(std::span<const Sha256Digest> leaf_hashes);

// Local. The siblings on the way from leaf `index` up to the root. Requires
// index < leaf_hashes.size(). O(n) hashes.
MerklePath inclusion_path(std::span<const Sha256Digest> leaf_hashes, std::uint64_t index);

// Local. What it takes to compute the root over the first `old_leaves` leaves and the root over all
// of them. Requires 0 < old_leaves <= leaf_hashes.size(). O(n) hashes.
MerklePath consistency_path(std::span<const Sha256Digest> leaf_hashes, std::uint64_t old_leaves);

// On which side of the path a sibling lies.
enum class Sibling : std::uint8_t { left, right };

// Local. The sides of the siblings of leaf `index` in a tree of `leaves`, from the leaf up; no two
// leaves of one tree have the same. Requires index < leaves. O(log n).
std::vector<Sibling> siblings_of(std::uint64_t index, std::uint64_t leaves);

// Local. Whether the tree of `leaves` leaves with this root has this leaf at `index`. False for
// every path that inclusion_path would not have made. O(log n) hashes.
bool is_included(const Sha256Digest& leaf_hash, std::uint64_t index, std::uint64_t leaves,
                 const MerklePath& path, const Sha256Digest& root);

// Local. Whether the first `old_leaves` leaves of the tree with `root` are the tree with
// `old_root`. From a tree without leaves everything can grow: its path is empty, its root
// SHA-256 of nothing. False for every path that consistency_path would not have made. O(log n)
// hashes.
bool is_extended(std::uint64_t old_leaves, const Sha256Digest& old_root, std::uint64_t leaves,
                 const Sha256Digest& root, const MerklePath& path);

}  // namespace trawl::core
