#include <random>

#include <gtest/gtest.h>

#include <trawl/base/digest.hpp>

namespace trawl {
namespace {

std::string sha256_hex(std::string_view text) {
  return hex(sha256(bytes_of(text)));
}

TEST(Digest, HexIsLowerCaseAndBigEndian) {
  EXPECT_EQ(hex(bytes_of(std::string_view("\x00\x0F\xA5\xFF", 4))), "000fa5ff");
  EXPECT_EQ(hex(Bytes{}), "");
}

// The vectors of FIPS 180-4's examples (NIST CSRC, "SHA-256 examples") and of RFC 6234,
// section 8.5.
TEST(Digest, Sha256OfFips180) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, Sha256InPiecesIsThatOfTheWhole) {
  const std::string text(1000, 'x');
  for (std::size_t cut = 0; cut <= text.size(); cut += 37) {
    Sha256 hash;
    hash.add(bytes_of(std::string_view(text).substr(0, cut)));
    hash.add(bytes_of(std::string_view(text).substr(cut)));
    ASSERT_EQ(hash.finish(), sha256(bytes_of(text)));
  }
  Sha256 hash;
  hash.finish();
  EXPECT_THROW(hash.finish(), std::logic_error);
  EXPECT_THROW(hash.add(bytes_of("x")), std::logic_error);
}

// What `xxhsum -H3` and `xxhsum -H2` print.
TEST(Digest, Xxh3OfKnownText) {
  EXPECT_EQ(xxh3(bytes_of("")), 0x2d06800538d394c2u);
  EXPECT_EQ(xxh3(bytes_of("abc")), 0x78af5f94892f3950u);
  EXPECT_EQ(Xxh3Stream().hex(), "99aa06d3014798d86001c324468d497f");
  Xxh3Stream stream;
  stream.add(bytes_of("abc"));
  EXPECT_EQ(stream.hex(), "06b05ab6733a618578af5f94892f3950");
}

TEST(Digest, Xxh3InPiecesIsThatOfTheWhole) {
  std::mt19937 random(11);
  std::string text(5000, '\0');
  for (char& c : text) c = static_cast<char>(random());
  Xxh3Stream whole;
  whole.add(bytes_of(text));
  for (int round = 0; round < 50; ++round) {
    Xxh3Stream pieces;
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t size = std::min<std::size_t>(rest.size(), random() % 700);
      pieces.add(bytes_of(rest.substr(0, size)));
      rest.remove_prefix(size);
    }
    ASSERT_EQ(pieces.hex(), whole.hex());
  }
}

std::string unhex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// The leaves and roots of Certificate Transparency's reference tests (RFC 6962;
// merkle_tree_test.cc).
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

TEST(Merkle, RootsOfRfc6962) {
  std::vector<std::string> leaves;
  for (std::size_t n = 0;; ++n) {
    EXPECT_EQ(hex(merkle_root(leaves)), ct_roots[n]) << n << " leaves";
    if (n == ct_leaves.size()) return;
    leaves.push_back(unhex(ct_leaves[n]));
  }
}

// MTH of RFC 6962, section 2.1, word by word.
std::string slow_root(std::span<const std::string> leaves) {
  const auto raw = [](const std::string& text) { return unhex(sha256_hex(text)); };
  if (leaves.empty()) return raw("");
  if (leaves.size() == 1) return raw(std::string(1, '\0') + leaves[0]);
  std::size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  return raw('\1' + slow_root(leaves.first(k)) + slow_root(leaves.subspan(k)));
}

TEST(Merkle, IsTheRecursionForAnyNumberOfLeaves) {
  std::vector<std::string> leaves;
  for (int n = 0; n < 140; ++n) {
    ASSERT_EQ(hex(merkle_root(leaves)), hex(bytes_of(slow_root(leaves)))) << n;
    leaves.push_back("leaf " + std::to_string(n));
  }
}

TEST(Merkle, OrderAndEveryLeafCount) {
  const std::vector<std::string> a = {"x", "y", "z"}, b = {"y", "x", "z"}, c = {"x", "y"},
                                 d = {"x", "y", "z", ""};
  EXPECT_NE(merkle_root(a), merkle_root(b));
  EXPECT_NE(merkle_root(a), merkle_root(c));
  EXPECT_NE(merkle_root(a), merkle_root(d));
}

}  // namespace
}  // namespace trawl
