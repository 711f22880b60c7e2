// Digests: XXH3 for finding damage fast, SHA-256 for certificates that others must be able to
// trust.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trawl {

using Bytes = std::span<const std::byte>;

inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
template <class T>
Bytes bytes_of(std::span<const T> items) {
  return std::as_bytes(items);
}

// XXH3, 64 bits, seed 0 (xxHash 0.8). Not collision-proof against an attacker.
std::uint64_t xxh3(Bytes bytes);

// XXH3, 128 bits, of a stream; hex is the canonical big-endian form, as `xxhsum -H2` prints it.
class Xxh3Stream {
 public:
  Xxh3Stream();
  ~Xxh3Stream();
  Xxh3Stream(Xxh3Stream&&) noexcept;
  Xxh3Stream& operator=(Xxh3Stream&&) noexcept;
  void add(Bytes bytes);
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

using Sha256Digest = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4), by OpenSSL.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void add(Bytes bytes);
  Sha256Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256Digest sha256(Bytes bytes);
std::string hex(Bytes bytes);
std::string hex(const Sha256Digest& digest);

// Hashes of the Merkle trees of RFC 6962, section 2.1: SHA-256 of 0x00 and the leaf; of 0x01 and
// the hashes of both children.
Sha256Digest merkle_leaf(Bytes leaf);
Sha256Digest merkle_node(const Sha256Digest& left, const Sha256Digest& right);

// Root of the Merkle tree over `leaves`; SHA-256 of nothing when there are none. O(n) hashes.
// Proofs: core/integrity/merkle.hpp.
Sha256Digest merkle_root(std::span<const std::string> leaves);

}  // namespace trawl
