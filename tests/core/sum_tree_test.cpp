// Sum trees: the recursive definition, any cut into shares, and every change of a proof.
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/moments.hpp>
#include <trawl/core/integrity/sum_proof.hpp>

#include "core/integrity_support.hpp"

namespace trawl::core {
namespace {

using ::testing::HasSubstr;
using Rng = std::mt19937_64;

struct Leaf {
  std::vector<std::byte> key, sum;
};
using Leaves = std::vector<Leaf>;

std::vector<std::byte> numbered_key(std::size_t i) {
  std::string text = std::to_string(i);
  return bytes_in(std::string(6 - text.size(), '0') + text);
}

// Sums in which every order and bracketing that is not the right one shows.
SumKind concatenation() {
  return {"concatenation",
          [](Bytes a, Bytes b) {
            std::vector<std::byte> out(a.begin(), a.end());
            out.insert(out.end(), b.begin(), b.end());
            return out;
          },
          [](Bytes) {}};
}
Leaves letters(std::size_t count) {
  Leaves leaves;
  for (std::size_t i = 0; i < count; ++i)
    leaves.push_back(
        {numbered_key(2 * i + 1), bytes_in(std::string(i % 3, static_cast<char>('a' + i % 26)))});
  return leaves;
}

const SumKind& exact_sums() {
  static const SumKind kind = sum_kind<ExactSum>("sum");
  return kind;
}
Leaves random_sums(std::size_t count, Rng& rng) {
  std::normal_distribution<double> normal(0, 1e3);
  Leaves leaves;
  for (std::size_t i = 0; i < count; ++i) {
    ExactSum sum;
    for (std::size_t k = rng() % 4; k > 0; --k) sum.add(normal(rng));
    leaves.push_back({numbered_key(2 * i + 1), sum.to_bytes()});
  }
  return leaves;
}

// The definition of docs/formats/proof.md, word by word.
std::string u32(std::size_t n) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(n >> shift & 0xff);
  return out;
}
std::string raw(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::string raw(const Sha256Digest& digest) {
  return raw(std::as_bytes(std::span(digest)));
}
SumNode defined_top(const SumKind& kind, std::span<const Leaf> leaves, std::size_t watched,
                    std::vector<SumNode>& path) {
  if (leaves.empty()) return {sha256({}), {}};
  if (leaves.size() == 1) {
    const auto& [key, sum] = leaves.front();
    return {sha256(bytes_of('\0' + u32(key.size()) + raw(key) + raw(sum))), sum};
  }
  std::size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  const SumNode left = defined_top(kind, leaves.first(k), watched, path);
  const SumNode right = defined_top(kind, leaves.subspan(k), watched - k, path);
  if (watched < leaves.size()) path.push_back(watched < k ? right : left);
  return {sha256(bytes_of('\1' + raw(left.digest) + raw(right.digest) + u32(left.sum.size()) +
                          raw(left.sum) + raw(right.sum))),
          kind.combine(left.sum, right.sum)};
}
Sha256Digest defined_root(const SumKind& kind, std::span<const Leaf> leaves) {
  std::vector<SumNode> none;
  const SumNode top = defined_top(kind, leaves, leaves.size(), none);
  return sha256(bytes_of('\2' + u32(kind.name.size()) + kind.name + u32(leaves.size()) + u32(0) +
                         raw(top.digest) + raw(top.sum)));
}
SumProof defined_proof(const SumKind& kind, std::span<const Leaf> leaves, std::size_t index) {
  SumProof proof{kind.name, leaves.size(), index, leaves[index].key, leaves[index].sum, {}};
  defined_top(kind, leaves, index, proof.path);
  return proof;
}

SumTreeRange range_of(const SumKind& kind, std::span<const Leaf> leaves, std::size_t begin,
                      std::size_t end, bool watch_all) {
  SumTreeRange range(kind, begin);
  for (std::size_t i = begin; i < end; ++i) {
    if (watch_all) range.watch(i);
    range.add(leaves[i].key, leaves[i].sum);
  }
  return range;
}
SumTree tree_of(const SumKind& kind, std::span<const Leaf> leaves, bool watch_all = true) {
  return range_of(kind, leaves, 0, leaves.size(), watch_all).finish();
}

TEST(SumTree, IsTheRecursion) {
  const SumKind kind = concatenation();
  for (std::size_t n = 0; n < 70; ++n) {
    const Leaves leaves = letters(n);
    const SumTree tree = tree_of(kind, leaves);
    std::string all;
    for (const Leaf& leaf : leaves) all += raw(leaf.sum);
    ASSERT_EQ(raw(tree.total), all);
    ASSERT_EQ(tree.leaves, n);
    ASSERT_EQ(hex(tree.root), hex(defined_root(kind, leaves))) << n;
    ASSERT_EQ(tree.proofs.size(), n);
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_EQ(tree.proofs[i], defined_proof(kind, leaves, i)) << i << " of " << n;
      ASSERT_EQ(check_proof(tree.proofs[i], kind, tree.root), tree.total);
    }
  }
}

// Shares of any sizes, some empty, merged with any bracketing, some as bytes.
TEST(SumTree, AnyCutIntoSharesIsTheSameTree) {
  Rng rng(5);
  const SumKind kind = concatenation();
  for (int trial = 0; trial < 300; ++trial) {
    const std::size_t n = rng() % 200;
    const Leaves leaves = letters(n);
    std::vector<std::size_t> cuts = {0, n};
    for (std::size_t k = rng() % 9; k > 0; --k) cuts.push_back(rng() % (n + 1));
    std::sort(cuts.begin(), cuts.end());
    std::vector<SumTreeRange> ranges;
    for (std::size_t r = 0; r + 1 < cuts.size(); ++r)
      ranges.push_back(range_of(kind, leaves, cuts[r], cuts[r + 1], true));
    while (ranges.size() > 1) {
      const std::size_t at = rng() % (ranges.size() - 1);
      SumTreeRange next = std::move(ranges[at + 1]);
      ranges.erase(ranges.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      if (rng() % 2 == 0) next = SumTreeRange::from_bytes(kind, next.to_bytes());
      ranges[at].merge(std::move(next));
    }
    const SumTree tree = std::move(ranges.front()).finish(), whole = tree_of(kind, leaves);
    ASSERT_EQ(tree.root, whole.root);
    ASSERT_EQ(tree.total, whole.total);
    ASSERT_EQ(tree.proofs, whole.proofs);
  }
}

TEST(SumTree, ExactSumsAddUpInAnyBracketing) {
  Rng rng(6);
  const Leaves leaves = random_sums(777, rng);
  const SumTree tree = tree_of(exact_sums(), leaves);
  ExactSum all;
  for (const Leaf& leaf : leaves) all.merge(ExactSum::from_bytes(leaf.sum));
  EXPECT_EQ(tree.total, all.to_bytes());
  for (const SumProof& proof : tree.proofs)
    ASSERT_EQ(check_proof(proof, exact_sums(), tree.root), tree.total);
}

TEST(SumTree, Moments) {
  Rng rng(7);
  std::normal_distribution<double> normal;
  const SumKind kind = sum_kind<FixedMoments>("moments");
  FixedMoments all(std::vector<int>(10, -24));
  Leaves leaves;
  for (std::size_t i = 0; i < 100; ++i) {
    FixedMoments some(std::vector<int>(10, -24));
    std::vector<double> records(10 * (rng() % 5));
    for (double& value : records) value = normal(rng);
    some.add(records);
    all.add(records);
    leaves.push_back({numbered_key(i), some.to_bytes()});
  }
  const SumTree tree = tree_of(kind, leaves);
  EXPECT_EQ(tree.total, all.to_bytes());
  for (const SumProof& proof : tree.proofs)
    ASSERT_EQ(check_proof(sum_proof_from_bytes(to_bytes(proof)), kind, tree.root), tree.total);
}

TEST(SumTree, MisuseIsRefused) {
  const SumKind kind = concatenation();
  const Leaves leaves = letters(9);
  SumTreeRange range = range_of(kind, leaves, 0, 5, false);
  EXPECT_THROW(range.watch(4), std::out_of_range);
  EXPECT_THROW(range.add(leaves[4].key, {}), DataError);  // twice
  EXPECT_THROW(range.add(leaves[0].key, {}), DataError);
  EXPECT_THROW(range.merge(range_of(kind, leaves, 6, 9, false)), std::logic_error);
  EXPECT_THROW(range.merge(SumTreeRange(exact_sums(), 5)), std::logic_error);
  SumTreeRange unsorted(kind, 5);
  unsorted.add(leaves[2].key, {});
  EXPECT_THROW(range.merge(std::move(unsorted)), DataError);
  EXPECT_THROW(range_of(kind, leaves, 5, 9, false).finish(), std::logic_error);
  EXPECT_THROW(SumTreeRange(exact_sums()).add({}, bytes_in("no sum")), DataError);
  EXPECT_EQ(std::move(range).finish().root, defined_root(kind, std::span(leaves).first(5)));
}

bool accepts(const SumProof& proof, const SumKind& kind, const Sha256Digest& root) {
  try {
    check_proof(proof, kind, root);
    return true;
  } catch (const CheckError&) {
    return false;
  } catch (const DataError&) {
    return false;
  }
}
bool accepts_bytes(Bytes bytes, const SumKind& kind, const Sha256Digest& root) {
  try {
    return accepts(sum_proof_from_bytes(bytes), kind, root);
  } catch (const DataError&) {
    return false;
  }
}

void flip(std::vector<std::byte>& bytes, std::size_t bit) {
  bytes[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
}

TEST(SumProof, OlderFormatsAreNamed) {
  for (const std::string_view old : {"trawl proof 2\n", "trawl absence 2\n", "trawl proof 1\n"}) {
    try {
      what_is_proved(bytes_of(old));
      ADD_FAILURE() << old;
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("another version"));
      EXPECT_THAT(error.what(), testing::HasSubstr("trawl prove"));
    }
  }
}

TEST(SumProof, EveryFlippedBitIsSeen) {
  Rng rng(8);
  const Leaves leaves = random_sums(11, rng);
  const SumTree tree = tree_of(exact_sums(), leaves);
  for (const SumProof& proof : tree.proofs) {
    std::vector<std::byte> bytes = to_bytes(proof);
    ASSERT_TRUE(accepts_bytes(bytes, exact_sums(), tree.root));
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      flip(bytes, bit);
      ASSERT_FALSE(accepts_bytes(bytes, exact_sums(), tree.root)) << bit;
      flip(bytes, bit);
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
      ASSERT_FALSE(accepts_bytes(std::span(bytes).first(size), exact_sums(), tree.root));
    bytes.push_back(std::byte{0});
    ASSERT_FALSE(accepts_bytes(bytes, exact_sums(), tree.root));
  }
}

// 10,000 leaves: random bits of random proofs, all bits of some leaves, and of the root.
TEST(SumProof, FlippedBitsOfALargeTreeAreSeen) {
  Rng rng(9);
  Leaves leaves = random_sums(10'000, rng);
  const SumTree tree = tree_of(exact_sums(), leaves);
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<std::byte> bytes = to_bytes(tree.proofs[rng() % tree.proofs.size()]);
    flip(bytes, rng() % (8 * bytes.size()));
    ASSERT_FALSE(accepts_bytes(bytes, exact_sums(), tree.root));
  }
  for (const std::size_t i : {0u, 4095u, 4096u, 8191u, 9998u, 9999u}) {
    SumProof proof = tree.proofs[i];
    for (std::vector<std::byte>* part : {&proof.key, &proof.sum}) {
      for (std::size_t bit = 0; bit < 8 * part->size(); ++bit) {
        flip(*part, bit);
        ASSERT_FALSE(accepts(proof, exact_sums(), tree.root));
        flip(*part, bit);
      }
    }
    Sha256Digest root = tree.root;
    root[i % 32] ^= 1;
    ASSERT_FALSE(accepts(proof, exact_sums(), root));
  }
  const SumKind any = concatenation();  // accepts every state: only the hashes see the change
  const Sha256Digest any_root = tree_of(any, leaves, false).root;
  for (int trial = 0; trial < 20; ++trial) {
    Leaf& leaf = leaves[rng() % leaves.size()];
    const std::size_t bit = rng() % (8 * leaf.sum.size());
    flip(leaf.sum, bit);
    ASSERT_NE(tree_of(any, leaves, false).root, any_root);
    flip(leaf.sum, bit);
  }
  EXPECT_EQ(tree_of(any, leaves, false).root, any_root);
}

// A publisher who adds to the total what no leaf has can show it to one side of the tree, not to
// both: the hash of a node binds the sums on both sides.
TEST(SumProof, ATotalThatIsNotTheSumConvincesNotEveryLeaf) {
  const auto state = [](double value) {
    ExactSum sum;
    sum.add(value);
    return sum.to_bytes();
  };
  const SumKind& kind = exact_sums();
  const std::vector<std::byte> a = bytes_in("a"), b = bytes_in("b");
  const SumNode left = sum_leaf(a, state(1)), right = sum_leaf(b, state(2));
  SumNode more_left = left, more_right = right;
  more_left.sum = state(41);
  more_right.sum = state(42);
  const Sha256Digest root = sum_root(kind, 2, sum_parent(kind, left, more_right));
  EXPECT_TRUE(accepts({kind.name, 2, 0, a, state(1), {more_right}}, kind, root));
  EXPECT_FALSE(accepts({kind.name, 2, 1, b, state(2), {more_left}}, kind, root));
  EXPECT_FALSE(accepts({kind.name, 2, 1, b, state(2), {left}}, kind, root));
}

TEST(SumProof, ALeafThatIsNoStateIsRefusedEvenAlone) {
  const auto key = bytes_in("a"), sum = bytes_in("no sum");
  const Sha256Digest root = sum_root(exact_sums(), 1, sum_leaf(key, sum));
  EXPECT_THROW(check_proof({exact_sums().name, 1, 0, key, sum, {}}, exact_sums(), root), DataError);
}

// A proof among 2^20 states of 1071 bytes, each of a thousand records: siblings hold 2^level of
// them.
TEST(SumProof, AmongAMillionMomentsFitsInto22KB) {
  Rng rng(16);
  std::normal_distribution<double> normal;
  std::vector<double> records(10'000);
  for (double& value : records) value = normal(rng);
  FixedMoments some(std::vector<int>(10, -24));
  some.add(records);
  const SumKind kind = sum_kind<FixedMoments>("moments");
  SumProof proof{kind.name, std::uint64_t{1} << 20, 0, numbered_key(0), some.to_bytes(), {}};
  SumNode top = sum_leaf(proof.key, proof.sum), sibling = sum_leaf(numbered_key(1), proof.sum);
  for (int level = 0; level < 20; ++level) {
    proof.path.push_back(sibling);
    top = sum_parent(kind, top, sibling);
    sibling = sum_parent(kind, sibling, sibling);
  }
  const std::vector<std::byte> bytes = to_bytes(proof);
  EXPECT_EQ(proof.sum.size(), 1071u);
  EXPECT_LE(bytes.size(), 22'000u);
  EXPECT_EQ(check_proof(sum_proof_from_bytes(bytes), kind, sum_root(kind, proof.leaves, top)),
            top.sum);
}

TEST(SumProof, OfAnotherKindIsRefused) {
  Rng rng(10);
  const Leaves leaves = random_sums(5, rng);
  const SumTree tree = tree_of(exact_sums(), leaves);
  SumProof proof = tree.proofs[2];
  const SumKind other = sum_kind<ExactSum>("other");
  EXPECT_FALSE(accepts(proof, other, tree.root));
  proof.kind = "other";
  EXPECT_FALSE(accepts(proof, other, tree.root));
  EXPECT_NE(tree_of(other, leaves).root, tree.root);
}

AbsenceProof neighbours(const SumTree& tree, std::size_t after) {
  AbsenceProof proof;
  proof.kind = exact_sums().name;
  if (after > 0) proof.before = tree.proofs[after - 1];
  if (after < tree.proofs.size()) proof.after = tree.proofs[after];
  return proof;
}
bool accepts_absence(const AbsenceProof& proof, Bytes key, const Sha256Digest& root) {
  try {
    check_absence(proof, key, exact_sums(), root);
    return true;
  } catch (const CheckError&) {
    return false;
  } catch (const DataError&) {
    return false;
  }
}

// Keys are odd numbers: every even number is absent, between exactly two leaves.
TEST(AbsenceProof, HoldsForAbsentKeysAlone) {
  Rng rng(11);
  for (const std::size_t n : {0u, 1u, 2u, 5u, 16u, 19u}) {
    const SumTree tree = tree_of(exact_sums(), random_sums(n, rng));
    for (std::size_t after = 0; after <= n; ++after) {
      const AbsenceProof proof = neighbours(tree, after);
      for (std::size_t key = 0; key <= 2 * n; ++key) {
        ASSERT_EQ(accepts_absence(proof, numbered_key(key), tree.root), key == 2 * after || n == 0)
            << key << " at " << after << " of " << n;
      }
      ASSERT_EQ(absence_proof_from_bytes(to_bytes(proof)), proof);
      ASSERT_EQ(what_is_proved(to_bytes(proof)), ProofOf::absence);
    }
  }
}

TEST(AbsenceProof, LeavesThatAreNotNeighboursProveNothing) {
  Rng rng(12);
  const SumTree tree = tree_of(exact_sums(), random_sums(9, rng));
  const auto key = numbered_key(8);
  AbsenceProof proof = neighbours(tree, 4);
  ASSERT_TRUE(accepts_absence(proof, key, tree.root));
  proof.after = tree.proofs[5];
  EXPECT_FALSE(accepts_absence(proof, key, tree.root));
  proof.after.reset();
  EXPECT_FALSE(accepts_absence(proof, key, tree.root));
  proof = neighbours(tree, 4);
  proof.before.reset();
  EXPECT_FALSE(accepts_absence(proof, key, tree.root));
  proof.after.reset();
  EXPECT_FALSE(accepts_absence(proof, key, tree.root));
}

TEST(AbsenceProof, EveryFlippedBitIsSeen) {
  Rng rng(13);
  const SumTree tree = tree_of(exact_sums(), random_sums(6, rng));
  for (const std::size_t after : {0u, 3u, 6u}) {
    std::vector<std::byte> bytes = to_bytes(neighbours(tree, after));
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      flip(bytes, bit);
      bool accepted = false;
      try {
        accepted =
            accepts_absence(absence_proof_from_bytes(bytes), numbered_key(2 * after), tree.root);
      } catch (const DataError&) {
      }
      ASSERT_FALSE(accepted) << bit;
      flip(bytes, bit);
    }
  }
}

TEST(SumProof, BytesAreCanonicalOrRefused) {
  Rng rng(14);
  const SumTree tree = tree_of(exact_sums(), random_sums(9, rng));
  EXPECT_EQ(what_is_proved(to_bytes(tree.proofs[0])), ProofOf::inclusion);
  EXPECT_THROW(what_is_proved(bytes_in("trawl proof 1\n")), DataError);
  EXPECT_THROW(what_is_proved({}), DataError);
  for (int trial = 0; trial < 5000; ++trial) {
    std::vector<std::byte> bytes = to_bytes(tree.proofs[rng() % 9]);
    for (std::size_t k = rng() % 4; k > 0; --k) bytes[rng() % bytes.size()] = std::byte(rng());
    if (rng() % 4 == 0) bytes.resize(rng() % (bytes.size() + 20));
    try {
      ASSERT_EQ(to_bytes(sum_proof_from_bytes(bytes)), bytes);
    } catch (const DataError&) {
    }
  }
  SumProof wrong = tree.proofs[3];
  wrong.path.pop_back();
  EXPECT_THROW(to_bytes(wrong), std::logic_error);
  EXPECT_FALSE(accepts(wrong, exact_sums(), tree.root));
}

TEST(SumTree, BytesOfRangesAreReadOrRefused) {
  Rng rng(15);
  const Leaves leaves = random_sums(40, rng);
  for (int trial = 0; trial < 2000; ++trial) {
    const std::size_t begin = rng() % 40, end = begin + rng() % (41 - begin);
    std::vector<std::byte> bytes =
        range_of(exact_sums(), leaves, begin, end, rng() % 2 == 0).to_bytes();
    if (trial % 2 == 0) bytes[rng() % bytes.size()] = std::byte(rng());
    if (trial % 5 == 0) bytes.resize(rng() % (bytes.size() + 8));
    try {
      ASSERT_EQ(SumTreeRange::from_bytes(exact_sums(), bytes).to_bytes(), bytes);
    } catch (const DataError&) {
      ASSERT_TRUE(trial % 2 == 0 || trial % 5 == 0);
    }
  }
  EXPECT_THROW(SumTreeRange::from_bytes(concatenation(), SumTreeRange(exact_sums()).to_bytes()),
               DataError);
}

}  // namespace
}  // namespace trawl::core
