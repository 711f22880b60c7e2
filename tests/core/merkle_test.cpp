// Proofs of RFC 6962: published values, the definition, and what must be refused.
#include <gtest/gtest.h>

#include <trawl/core/integrity/merkle.hpp>

#include "core/integrity_support.hpp"

namespace trawl::core {
namespace {

// The test tree of the reference implementation (github.com/google/certificate-transparency,
// cpp/merkletree/merkle_tree_test.cc): its leaves, roots, inclusion and consistency proofs.
const std::vector<std::string> ct_leaves = {"",
                                            "00",
                                            "10",
                                            "2021",
                                            "3031",
                                            "40414243",
                                            "5051525354555657",
                                            "606162636465666768696a6b6c6d6e6f"};
const std::vector<std::string> ct_roots = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

struct KnownProof {
  std::uint64_t first, leaves;  // inclusion: index; consistency: leaves of the older tree
  std::vector<std::string> path;
};
const std::string leaf_0 = ct_roots[1], leaves_01 = ct_roots[2], leaves_03 = ct_roots[4];
const std::string leaf_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const std::string leaf_2 = "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7";
const std::string leaf_3 = "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7";
const std::string leaf_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const std::string leaves_23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const std::string leaves_45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const std::string leaves_67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const std::string leaves_47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

const std::vector<KnownProof> inclusions = {
    {0, 1, {}},
    {0, 2, {leaf_1}},
    {1, 2, {leaf_0}},
    {2, 3, {leaves_01}},
    {1, 5, {leaf_0, leaves_23, leaf_4}},
    {0, 8, {leaf_1, leaves_23, leaves_47}},
    {5, 8, {leaf_4, leaves_67, leaves_03}},
};
const std::vector<KnownProof> consistencies = {
    {1, 1, {}},
    {1, 8, {leaf_1, leaves_23, leaves_47}},
    {2, 5, {leaves_23, leaf_4}},
    {3, 8, {leaf_2, leaf_3, leaves_01, leaves_47}},
    {6, 8, {leaves_45, leaves_67, leaves_03}},
};

std::vector<Sha256Digest> hashes_of(std::size_t count) {
  std::vector<Sha256Digest> hashes;
  for (std::size_t i = 0; i < count; ++i) hashes.push_back(merkle_leaf(unhex(ct_leaves[i])));
  return hashes;
}

std::vector<std::string> hex_of(const MerklePath& path) {
  std::vector<std::string> text;
  for (const Sha256Digest& digest : path) text.push_back(hex(digest));
  return text;
}

TEST(Merkle, PublishedRoots) {
  for (std::size_t n = 0; n <= 8; ++n) EXPECT_EQ(hex(merkle_root_of(hashes_of(n))), ct_roots[n]);
}

TEST(Merkle, PublishedInclusionProofs) {
  for (const auto& [index, leaves, path] : inclusions) {
    const auto hashes = hashes_of(leaves);
    const MerklePath made = inclusion_path(hashes, index);
    EXPECT_EQ(hex_of(made), path);
    EXPECT_TRUE(is_included(hashes[index], index, leaves, made, digest_of(ct_roots[leaves])));
  }
}

TEST(Merkle, PublishedConsistencyProofs) {
  for (const auto& [old_leaves, leaves, path] : consistencies) {
    const MerklePath made = consistency_path(hashes_of(leaves), old_leaves);
    EXPECT_EQ(hex_of(made), path);
    EXPECT_TRUE(is_extended(old_leaves, digest_of(ct_roots[old_leaves]), leaves,
                            digest_of(ct_roots[leaves]), made));
  }
}

std::vector<Sha256Digest> numbered(std::size_t count) {
  std::vector<Sha256Digest> hashes;
  for (std::size_t i = 0; i < count; ++i)
    hashes.push_back(merkle_leaf(bytes_of("leaf " + std::to_string(i))));
  return hashes;
}

// Every leaf of every tree is included where it is, and nowhere else, in no tree of another size.
TEST(Merkle, InclusionNamesOnePlace) {
  const auto all = numbered(40);
  for (std::size_t n = 1; n <= all.size(); ++n) {
    const std::span leaves(all.data(), n);
    const Sha256Digest root = merkle_root_of(leaves);
    std::set<std::vector<Sibling>> sides;
    for (std::uint64_t i = 0; i < n; ++i) {
      const MerklePath path = inclusion_path(leaves, i);
      sides.insert(siblings_of(i, n));
      for (std::uint64_t at = 0; at <= n; ++at)
        ASSERT_EQ(is_included(all[i], at, n, path, root), at == i) << i << " of " << n;
      ASSERT_FALSE(is_included(all[(i + 1) % all.size()], i, n, path, root));
      ASSERT_FALSE(is_included(all[i], i, 2 * n, path, root));
      ASSERT_FALSE(is_included(all[i], i, n / 2, path, root));
    }
    ASSERT_EQ(sides.size(), n);
  }
}

TEST(Merkle, ConsistencyOfAllPairs) {
  const auto all = numbered(33);
  for (std::size_t n = 1; n <= all.size(); ++n) {
    const std::span leaves(all.data(), n);
    const Sha256Digest root = merkle_root_of(leaves);
    for (std::size_t m = 1; m <= n; ++m) {
      const Sha256Digest old_root = merkle_root_of(leaves.first(m));
      const MerklePath path = consistency_path(leaves, m);
      ASSERT_TRUE(is_extended(m, old_root, n, root, path)) << m << " " << n;
      ASSERT_EQ(is_extended(m, root, n, root, path), m == n);
      ASSERT_EQ(is_extended(m, old_root, n, old_root, path), m == n);
      ASSERT_FALSE(is_extended(m + 1, old_root, n, root, path));
      ASSERT_FALSE(is_extended(m - 1, old_root, n, root, path));
    }
  }
  EXPECT_TRUE(is_extended(0, sha256({}), 3, merkle_root_of(numbered(3)), {}));
  EXPECT_FALSE(is_extended(0, all[0], 3, merkle_root_of(numbered(3)), {}));
  EXPECT_FALSE(is_extended(0, sha256({}), 3, merkle_root_of(numbered(3)), {all[0]}));
}

// Every bit of every hash, and hashes that are missing, doubled or added.
TEST(Merkle, ChangedPathsAreRefused) {
  const auto all = numbered(21);
  const auto refused = [](MerklePath path, const auto& accepts) {
    const MerklePath good = path;
    EXPECT_TRUE(accepts(good));
    for (std::size_t bit = 0; bit < path.size() * 256; ++bit) {
      path = good;
      path[bit / 256][bit % 256 / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      ASSERT_FALSE(accepts(path)) << bit;
    }
    for (std::size_t at = 0; at <= good.size(); ++at) {
      path = good;
      path.insert(path.begin() + static_cast<std::ptrdiff_t>(at), sha256({}));
      ASSERT_FALSE(accepts(path));
      if (at == good.size()) break;
      path[at] = good[at];
      ASSERT_FALSE(accepts(path));
      path = good;
      path.erase(path.begin() + static_cast<std::ptrdiff_t>(at));
      ASSERT_FALSE(accepts(path));
    }
  };
  for (const std::size_t n : {2u, 7u, 16u, 21u}) {
    const std::span leaves(all.data(), n);
    const Sha256Digest root = merkle_root_of(leaves);
    for (std::uint64_t i = 0; i < n; i += 3) {
      refused(inclusion_path(leaves, i),
              [&](const MerklePath& path) { return is_included(all[i], i, n, path, root); });
      if (i == 0) continue;
      const Sha256Digest old_root = merkle_root_of(leaves.first(i));
      refused(consistency_path(leaves, i),
              [&](const MerklePath& path) { return is_extended(i, old_root, n, root, path); });
    }
  }
}

TEST(Merkle, WhatThereIsNot) {
  const auto leaves = numbered(3);
  EXPECT_THROW(inclusion_path(leaves, 3), std::out_of_range);
  EXPECT_THROW(consistency_path(leaves, 0), std::out_of_range);
  EXPECT_THROW(consistency_path(leaves, 4), std::out_of_range);
  EXPECT_THROW(siblings_of(3, 3), std::out_of_range);
  EXPECT_EQ(siblings_of(~std::uint64_t{0} - 1, ~std::uint64_t{0}).size(), 63u);
}

}  // namespace
}  // namespace trawl::core
