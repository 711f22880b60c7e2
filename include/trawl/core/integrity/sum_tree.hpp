// Merkle trees whose nodes also commit to the exact sums of the states below them, so that a short
// proof shows "this state is counted, once, in the published total".
//
// Leaves have a key and a state (canonical bytes), ascending bytewise by key, each key once. The
// shape is that of RFC 6962: a tree of n leaves splits at the largest power of two below n. Bytes
// that are hashed: docs/formats/proof.md. Sums that are bound to the hash of the node that they
// belong to, on both sides of every node: Chalkias, Chatzigiannis and Ji, "Broken proofs of
// solvency in blockchain custodial wallets and exchanges" (2022), show what forgers do
// otherwise.
//
// States must be exact: their merge associative, their bytes a function of what was added. Then any
// cut into shares gives the same root.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <trawl/base/digest.hpp>

namespace trawl::core {

// What is summed. `name` stands in the root, so that a proof about one kind of state, or one
// configuration of it, is never taken for one about another.
struct SumKind {
  std::string name;
  // Bytes of the sum of two states. Associative. DataError for bytes that are not canonical.
  std::function<std::vector<std::byte>(Bytes, Bytes)> combine;
  // DataError for bytes that are not canonical.
  std::function<void(Bytes)> check;
};

// States with from_bytes, merge and to_bytes: core::ExactSum, core::ExactMoments,
// core::FixedMoments, core::stats::Node.
template <class State>
SumKind sum_kind(std::string name) {
  return {std::move(name),
          [](Bytes a, Bytes b) {
            State sum = State::from_bytes(a);
            sum.merge(State::from_bytes(b));
            return sum.to_bytes();
          },
          [](Bytes bytes) { State::from_bytes(bytes); }};
}

// A subtree: what its parent hashes of it.
struct SumNode {
  Sha256Digest digest{};
  std::vector<std::byte> sum;
  bool operator==(const SumNode&) const = default;
};

SumNode sum_leaf(Bytes key, Bytes sum);
// DataError as kind.combine.
SumNode sum_parent(const SumKind& kind, const SumNode& left, const SumNode& right);
// The published root: of kind, number of leaves, and the top node with its sum (SHA-256 of nothing,
// and no bytes, when there are no leaves).
Sha256Digest sum_root(const SumKind& kind, std::uint64_t leaves, const SumNode& top);

// That a leaf is counted in the tree of a root (sum_proof.hpp).
struct SumProof {
  std::string kind;
  std::uint64_t leaves = 0;  // of the tree
  std::uint64_t index = 0;   // of the leaf
  std::vector<std::byte> key;
  std::vector<std::byte> sum;  // of the leaf
  std::vector<SumNode> path;   // siblings, from the leaf up
  bool operator==(const SumProof&) const = default;
};

// A finished tree.
struct SumTree {
  std::uint64_t leaves = 0;
  Sha256Digest root{};
  std::vector<std::byte> total;  // empty when there are no leaves
  std::vector<SumProof> proofs;  // of the watched leaves, ascending by index
};

// Leaves [begin, end) of a tree that need not be finished: the fewest complete subtrees, aligned as
// they are in every tree that has these leaves. Ranges that touch can be merged, so every rank
// builds the range of its share, knowing only how many leaves come before it.
//
// Local. Not for two threads at once. Memory: 2 log2(end - begin) nodes, and a path for each
// watched leaf. What throws leaves the range as it was, or unusable after DataError.
class SumTreeRange {
 public:
  // `begin`: how many leaves of the tree come before the first one that is added.
  explicit SumTreeRange(SumKind kind, std::uint64_t begin = 0);

  // Keeps a proof of leaf `index`. Requires index >= end(): siblings that were added up already are
  // gone.
  void watch(std::uint64_t index);

  // Leaf end(). DataError: the key is not above the one before, or the bytes are not a state.
  // O(1) hashes and combinations, amortised.
  void add(Bytes key, Bytes sum);

  // Goes on with the leaves of `next`. Requires next.begin() == end() and the same kind; DataError
  // when keys do not ascend. O(log n) hashes and combinations.
  void merge(SumTreeRange next);

  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return end_; }

  // The tree of these leaves. Requires begin() == 0. Watched leaves that never came have no proof.
  SumTree finish() &&;

  // For other ranks. DataError for everything that to_bytes would not have written, or another
  // kind.
  std::vector<std::byte> to_bytes() const;
  static SumTreeRange from_bytes(SumKind kind, Bytes bytes);

 private:
  struct Subtree {
    std::uint64_t begin = 0, end = 0;
    SumNode node;
  };
  void require_ascending(const std::vector<std::byte>& key) const;
  void push(Subtree subtree);
  void join_last();

  SumKind kind_;
  std::uint64_t begin_ = 0, end_ = 0;
  std::vector<std::byte> first_key_, last_key_;  // when there are leaves
  std::vector<Subtree> subtrees_;                // they tile [begin, end)
  std::vector<std::uint64_t> awaited_;           // watched leaves that have not come
  std::vector<SumProof> proofs_;                 // of watched leaves, as far as they are known
};

}  // namespace trawl::core
