#include <algorithm>
#include <bit>
#include <stdexcept>

#include <trawl/base/error.hpp>
#include <trawl/core/integrity/sum_tree.hpp>

#include "core/integrity/node_bytes.hpp"

namespace trawl::core {
namespace {

using integrity::append;
using integrity::append_string;

// What is hashed begins with its kind, so no leaf, node or root can be taken for another of them;
// parts of any length stand behind theirs, but the last.
class Hash {
 public:
  enum Kind : std::uint8_t { leaf, node, root };
  explicit Hash(Kind kind) { number(static_cast<std::uint8_t>(kind)); }
  Hash& bytes(Bytes bytes) {
    hash_.add(bytes);
    return *this;
  }
  Hash& string(Bytes text) {
    if (text.size() > 0xffffffffu) throw std::length_error("a key or state of 4 GiB");
    return number(static_cast<std::uint32_t>(text.size())).bytes(text);
  }
  Hash& digest(const Sha256Digest& digest) { return bytes(std::as_bytes(std::span(digest))); }
  template <class T>
  Hash& number(T value) {
    static_assert(std::endian::native == std::endian::little);
    return bytes(std::as_bytes(std::span(&value, 1)));
  }
  Sha256Digest finish() { return hash_.finish(); }

 private:
  Sha256 hash_;
};

std::vector<std::byte> bytes_in(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

// Whether two neighbours are the halves of one complete subtree.
bool are_halves(std::uint64_t begin, std::uint64_t middle, std::uint64_t end) {
  const std::uint64_t size = middle - begin;
  return end - middle == size && std::has_single_bit(size) && begin % (2 * size) == 0;
}

// Where the widest complete subtree that begins at `begin` and ends by `end` ends.
std::uint64_t end_of_subtree(std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t fits = std::bit_floor(end - begin);
  return begin + (begin == 0 ? fits : std::min(fits, begin & (0 - begin)));
}

}  // namespace

SumNode sum_leaf(Bytes key, Bytes sum) {
  return {Hash(Hash::leaf).string(key).bytes(sum).finish(), bytes_in(sum)};
}

SumNode sum_parent(const SumKind& kind, const SumNode& left, const SumNode& right) {
  Hash hash(Hash::node);
  hash.digest(left.digest).digest(right.digest).string(left.sum).bytes(right.sum);
  return {hash.finish(), kind.combine(left.sum, right.sum)};
}

Sha256Digest sum_root(const SumKind& kind, std::uint64_t leaves, const SumNode& top) {
  Hash hash(Hash::root);
  hash.string(bytes_of(kind.name)).number(leaves).digest(top.digest).bytes(top.sum);
  return hash.finish();
}

SumTreeRange::SumTreeRange(SumKind kind, std::uint64_t begin)
    : kind_(std::move(kind)), begin_(begin), end_(begin) {}

void SumTreeRange::watch(std::uint64_t index) {
  if (index < end_) throw std::out_of_range("SumTreeRange::watch: the leaf was added already");
  const auto at = std::lower_bound(awaited_.begin(), awaited_.end(), index);
  if (at == awaited_.end() || *at != index) awaited_.insert(at, index);
}

void SumTreeRange::require_ascending(const std::vector<std::byte>& key) const {
  if (begin_ == end_ || last_key_ < key) return;
  throw DataError("leaves of a tree must come in ascending order of their keys, each once: " +
                  hex(key) + " after " + hex(last_key_));
}

void SumTreeRange::add(Bytes key, Bytes sum) {
  std::vector<std::byte> own_key = bytes_in(key);
  require_ascending(own_key);
  kind_.check(sum);
  if (!awaited_.empty() && awaited_.front() == end_) {
    proofs_.push_back({kind_.name, 0, end_, own_key, bytes_in(sum), {}});
    awaited_.erase(awaited_.begin());
  }
  if (begin_ == end_) first_key_ = own_key;
  last_key_ = std::move(own_key);
  push({end_, end_ + 1, sum_leaf(key, sum)});
  ++end_;
}

void SumTreeRange::merge(SumTreeRange next) {
  if (next.begin_ != end_ || next.kind_.name != kind_.name)
    throw std::logic_error("SumTreeRange::merge: ranges that do not touch, or of two kinds");
  if (next.begin_ != next.end_) {
    require_ascending(next.first_key_);
    if (begin_ == end_) first_key_ = next.first_key_;
    last_key_ = next.last_key_;
  }
  end_ = next.end_;
  std::move(next.proofs_.begin(), next.proofs_.end(), std::back_inserter(proofs_));
  // Those that this range awaited from the next one were added there unwatched.
  awaited_ = std::move(next.awaited_);
  for (Subtree& subtree : next.subtrees_) push(std::move(subtree));
}

void SumTreeRange::push(Subtree subtree) {
  subtrees_.push_back(std::move(subtree));
  while (subtrees_.size() > 1) {
    const Subtree& left = subtrees_[subtrees_.size() - 2];
    if (!are_halves(left.begin, left.end, subtrees_.back().end)) return;
    join_last();
  }
}

void SumTreeRange::join_last() {
  const Subtree right = std::move(subtrees_.back());
  subtrees_.pop_back();
  Subtree& left = subtrees_.back();
  for (SumProof& proof : proofs_) {
    if (proof.index < left.begin || proof.index >= right.end) continue;
    proof.path.push_back(proof.index < right.begin ? right.node : left.node);
  }
  left.node = sum_parent(kind_, left.node, right.node);
  left.end = right.end;
}

SumTree SumTreeRange::finish() && {
  if (begin_ != 0) throw std::logic_error("SumTreeRange::finish: its first leaves are missing");
  while (subtrees_.size() > 1) join_last();
  const SumNode top = subtrees_.empty() ? SumNode{sha256({}), {}} : subtrees_.front().node;
  for (SumProof& proof : proofs_) proof.leaves = end_;
  return {end_, sum_root(kind_, end_, top), top.sum, std::move(proofs_)};
}

// u64 begin, u64 end; when not empty: first key, last key; the subtrees (begin and end name them);
// u32 awaited leaves, u64 each; u32 watched leaves, of each: u64 index, key, sum, u32 siblings,
// these.
std::vector<std::byte> SumTreeRange::to_bytes() const {
  std::vector<std::byte> out;
  append_string(out, bytes_of(kind_.name));
  append(out, begin_);
  append(out, end_);
  if (begin_ != end_) {
    append_string(out, first_key_);
    append_string(out, last_key_);
  }
  integrity::SumCoder sums;
  for (const Subtree& subtree : subtrees_) sums.append_nodes(out, {subtree.node});
  append(out, static_cast<std::uint32_t>(awaited_.size()));
  for (const std::uint64_t index : awaited_) append(out, index);
  append(out, static_cast<std::uint32_t>(proofs_.size()));
  for (const SumProof& proof : proofs_) {
    append(out, proof.index);
    append_string(out, proof.key);
    sums.append(out, proof.sum);
    append(out, static_cast<std::uint32_t>(proof.path.size()));
    sums.append_nodes(out, proof.path);
  }
  return out;
}

SumTreeRange SumTreeRange::from_bytes(SumKind kind, Bytes bytes) {
  integrity::Reader reader(bytes, "a range of a sum tree");
  if (reader.text() != kind.name) reader.fail("another kind of sum");
  SumTreeRange range(std::move(kind), reader.number<std::uint64_t>());
  range.end_ = reader.number<std::uint64_t>();
  if (range.end_ < range.begin_) reader.fail("it ends before it begins");
  if (range.begin_ != range.end_) {
    range.first_key_ = reader.string();
    range.last_key_ = reader.string();
  }
  integrity::SumCoder sums;
  for (std::uint64_t at = range.begin_; at != range.end_;) {
    const std::uint64_t end = end_of_subtree(at, range.end_);
    range.subtrees_.push_back({at, end, sums.take_nodes(reader, 1).front()});
    range.kind_.check(range.subtrees_.back().node.sum);
    at = end;
  }
  for (auto count = reader.number<std::uint32_t>(); count > 0; --count) {
    const auto index = reader.number<std::uint64_t>();
    if (index < range.end_) reader.fail("it waits for a leaf that it has");
    range.watch(index);
  }
  for (auto count = reader.number<std::uint32_t>(); count > 0; --count) {
    SumProof& proof = range.proofs_.emplace_back();
    proof.kind = range.kind_.name;
    proof.index = reader.number<std::uint64_t>();
    proof.key = reader.string();
    proof.sum = sums.take(reader);
    proof.path = sums.take_nodes(reader, reader.number<std::uint32_t>());
  }
  reader.expect_end();
  return range;
}

}  // namespace trawl::core
