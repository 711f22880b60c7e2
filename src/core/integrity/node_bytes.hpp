// What the bytes of trees and of proofs have in common: strings behind their lengths, and nodes.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include <trawl/core/integrity/sum_tree.hpp>

#include "core/exact/byte_stream.hpp"

namespace trawl::core::integrity {

using exact::append;

inline void append_bytes(std::vector<std::byte>& out, Bytes bytes) {
  if (bytes.empty()) return;
  const std::size_t at = out.size();
  out.resize(at + bytes.size());
  std::memcpy(out.data() + at, bytes.data(), bytes.size());
}

inline void append_size(std::vector<std::byte>& out, Bytes bytes) {
  if (bytes.size() > 0xffffffffu) throw std::length_error("a key or state of 4 GiB");
  append(out, static_cast<std::uint32_t>(bytes.size()));
}

// A length in 4 bytes, then the bytes.
inline void append_string(std::vector<std::byte>& out, Bytes bytes) {
  append_size(out, bytes);
  append_bytes(out, bytes);
}

// One bit for each byte, set for those that repeat the sign of the one before; then the others.
std::vector<std::byte> pack(Bytes bytes);

// Reads from the front; DataError naming `what` when the bytes end too early.
class Reader {
 public:
  Reader(Bytes bytes, const char* what) : bytes_(bytes), what_(what) {}

  template <class T>
  T number() {
    exact::ByteReader reader(bytes_, what_);
    const T value = reader.next<T>();
    bytes_ = reader.rest();
    return value;
  }
  Bytes take(std::size_t count) {
    if (count > bytes_.size()) fail("they end too early");
    const Bytes taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  std::vector<std::byte> string() {
    const Bytes bytes = take(number<std::uint32_t>());
    return {bytes.begin(), bytes.end()};
  }
  std::string text() {
    const Bytes bytes = take(number<std::uint32_t>());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  Bytes rest() const { return bytes_; }
  void expect_end() const {
    if (!bytes_.empty()) fail("there are more than belong to it");
  }
  [[noreturn]] void fail(const char* why) const {
    throw DataError("damaged bytes of " + std::string(what_) + ": " + why);
  }

 private:
  Bytes bytes_;
  const char* what_;
};

// The bytes that were packed: `size` of them.
std::vector<std::byte> unpack(Reader& reader, std::size_t size);

// What sums with states of exact sums tell about the next one: how it is laid out, and where the
// digits of its states may be expected.
struct ExactMemory {
  struct Place {
    std::size_t begin = 0, end = 0;  // bits
    bool operator==(const Place&) const = default;
  };
  bool known = false;  // there was one
  std::size_t before = 0;
  std::vector<std::uint8_t> tags;  // of its states
  std::vector<Place> places;       // of each
};

// Sums one behind the other, each in its shortest form: as it is, without bytes that only repeat a
// sign, or as digits of exact sums (exact_form.hpp) that stand about where those of the sums before
// did: docs/formats/proof.md. What is written by one coder is read by another in the same order.
class SumCoder {
 public:
  void append(std::vector<std::byte>& out, Bytes sum);
  // DataError also for what append would not have written.
  std::vector<std::byte> take(Reader& reader);

  void append_nodes(std::vector<std::byte>& out, const std::vector<SumNode>& nodes);
  std::vector<SumNode> take_nodes(Reader& reader, std::size_t count);

 private:
  ExactMemory memory_;
};

}  // namespace trawl::core::integrity
