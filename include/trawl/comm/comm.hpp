// A group of ranks and what they can say to each other. The only door to MPI: no other room sees
// mpi.h.
//
// Types carry the datatype: everything takes spans of trivially copyable T, never a pointer, a
// count and a datatype. Buffers of any size are sent in pieces below 2^30 bytes (MPI counts are
// int). Only the thread that started the session may call. A failing MPI call throws Error with the
// MPI text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <trawl/base/page_memory.hpp>

namespace trawl::comm {

template <class T>
concept Plain = std::is_trivially_copyable_v<T>;

class Comm {
 public:
  // Rank 0 of 1: every collective is a copy and MPI need not run.
  static Comm solo();

  int rank() const;
  int size() const;
  bool is_root() const { return rank() == 0; }
  // Ranks that share memory with this one (the same node), in rank order, this one included.
  int node_rank() const;
  int node_size() const;

  // Collective.
  void barrier() const;

  // Collective. `items` of `root` replaces `items` everywhere, length included.
  template <Plain T>
  void broadcast(std::vector<T>& items, int root = 0) const;
  // Collective.
  void broadcast(std::string& text, int root = 0) const;

  // Collective. Concatenation of all spans in rank order; empty spans are welcome.
  template <Plain T>
  std::vector<T> all_gather(std::span<const T> mine) const;
  template <Plain T>
  std::vector<T> all_gather_value(const T& mine) const {
    return all_gather(std::span<const T>(&mine, 1));
  }
  // Collective. The texts of all ranks in rank order.
  std::vector<std::string> all_gather_text(std::string_view mine) const;

  // Collective. Part r of `parts` goes to rank r; returns what every rank sent here, in rank order.
  template <Plain T>
  std::vector<std::vector<T>> exchange(const std::vector<std::vector<T>>& parts) const;

  // Collective. Element-wise over equal-length spans, in place, the same result on all ranks. Sums
  // are modulo 2^64. The maximum of doubles is that of totalOrder (IEEE 754-2019, 5.10): -0 < +0,
  // and a NaN lies, by its sign, beyond infinity.
  void all_sum(std::span<std::uint64_t> items) const;
  void all_max(std::span<std::uint64_t> items) const;
  void all_or(std::span<std::uint64_t> items) const;
  std::uint64_t sum(std::uint64_t mine) const;
  std::uint64_t max(std::uint64_t mine) const;
  double max(double mine) const;

  // Collective. Folds the byte strings of all ranks up a binary tree to root in O(log size) rounds.
  // `merge(a, b)` is called with `a` from lower ranks than `b`, so an order-keeping merge keeps
  // rank order. Non-roots get "". When `merge` throws anywhere, all ranks throw the same
  // CollectiveError.
  std::string merge_to_root(
      std::string mine, const std::function<std::string(std::string, std::string)>& merge) const;

  // Collective. Runs `step` on every rank. When it throws nowhere, returns. Otherwise all ranks
  // throw the same CollectiveError: "<phase> failed on 1 of 8 ranks; rank 3: <text>", text and exit
  // code from the lowest failing rank. When every rank failed with the same text (a user's error),
  // that text stands alone, without the rank.
  void agree(std::string_view phase, const std::function<void()>& step) const;

  // Collective. True when `text` is the same on all ranks.
  bool same_everywhere(std::string_view text) const;

  // Local: all groups are made when the session starts. The ranks of this node.
  Comm node() const;
  // Local. The group of all node leaders (node_rank() == 0); on other ranks a Comm of only this
  // rank.
  Comm leaders() const;

  struct Impl;
  explicit Comm(std::shared_ptr<const Impl> impl);
  const Impl& impl() const { return *impl_; }

 private:
  // Bytes: how many there will be, then the bytes into memory the caller has made.
  std::uint64_t broadcast_size(std::uint64_t mine, int root) const;
  void broadcast_into(std::span<std::byte> bytes, int root) const;
  std::vector<std::uint64_t> all_gather_sizes(std::uint64_t mine) const;
  void all_gather_into(std::span<const std::byte> mine, std::span<const std::uint64_t> sizes,
                       std::span<std::byte> all) const;
  std::vector<std::uint64_t> exchange_sizes(std::span<const std::uint64_t> mine) const;
  void exchange_into(std::span<const std::span<const std::byte>> parts,
                     std::span<const std::span<std::byte>> into) const;

  std::shared_ptr<const Impl> impl_;
};

// Memory that all ranks of one node see: one copy per node. Falls back to a private copy per rank
// where shared memory is missing or too small (/dev/shm is checked first) on any node; `shared()`
// tells. Zeroed when made; aligned to 64 bytes.
class NodeMemory {
 public:
  // Collective over `comm`.
  NodeMemory(const Comm& comm, std::size_t bytes);
  // Local. Takes over the first `bytes` of memory that is filled already; `comm` is one rank.
  NodeMemory(const Comm& comm, PageMemory memory, std::size_t bytes);
  NodeMemory(NodeMemory&&) noexcept;
  NodeMemory& operator=(NodeMemory&&) noexcept;
  // Local. Gives back private memory only: shared memory, which needs all ranks of the node, stays
  // until `release` or the end of the session. Must not outlive the session.
  ~NodeMemory();
  // Collective. Gives the memory back now; `bytes()` is empty after.
  void release();

  std::span<std::byte> bytes() const;
  template <Plain T>
  std::span<T> as() const {
    const auto raw = bytes();
    return {reinterpret_cast<T*>(raw.data()), raw.size() / sizeof(T)};
  }
  // One copy per node; also where a node has one rank and needs no shared memory for that. The same
  // on all ranks.
  bool shared() const;

  // Collective over the node. What its ranks wrote before is seen by all of them after; no data
  // moves between copies.
  void fence() const;
  // Collective. Makes the copies of all nodes (or ranks, where private) equal: bitwise OR of all of
  // them, in pieces.
  void merge_or() const;
  // Collective. Makes [begin, end) of every copy equal to that of rank `from`.
  void share_from(int from, std::size_t begin, std::size_t end) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

template <Plain T>
void Comm::broadcast(std::vector<T>& items, int root) const {
  items.resize(broadcast_size(items.size(), root));
  broadcast_into(std::as_writable_bytes(std::span<T>(items)), root);
}

template <Plain T>
std::vector<T> Comm::all_gather(std::span<const T> mine) const {
  const std::vector<std::uint64_t> sizes = all_gather_sizes(mine.size_bytes());
  std::vector<T> items(std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0}) / sizeof(T));
  all_gather_into(std::as_bytes(mine), sizes, std::as_writable_bytes(std::span<T>(items)));
  return items;
}

template <Plain T>
std::vector<std::vector<T>> Comm::exchange(const std::vector<std::vector<T>>& parts) const {
  std::vector<std::uint64_t> sizes;
  std::vector<std::span<const std::byte>> out;
  for (const auto& part : parts) {
    sizes.push_back(part.size());
    out.push_back(std::as_bytes(std::span<const T>(part)));
  }
  std::vector<std::vector<T>> items;
  for (const std::uint64_t size : exchange_sizes(sizes)) items.emplace_back(size);
  std::vector<std::span<std::byte>> into;
  for (auto& part : items) into.push_back(std::as_writable_bytes(std::span<T>(part)));
  exchange_into(out, into);
  return items;
}

}  // namespace trawl::comm
