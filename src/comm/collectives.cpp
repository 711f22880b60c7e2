// Copies: broadcast, gather, exchange.
#include <numeric>

#include <trawl/base/error.hpp>
#include <trawl/comm/comm.hpp>

#include "comm/group.hpp"
#include "comm/limits.hpp"
#include "comm/tags.hpp"

namespace trawl::comm {

void Comm::barrier() const {
  if (size() > 1) check(MPI_Barrier(impl_->comm), "MPI_Barrier");
}

std::uint64_t Comm::broadcast_size(std::uint64_t mine, int root) const {
  if (size() > 1) check(MPI_Bcast(&mine, 1, MPI_UINT64_T, root, impl_->comm), "MPI_Bcast");
  return mine;
}

void Comm::broadcast_into(std::span<std::byte> bytes, int root) const {
  broadcast_pieces(*impl_, bytes, root);
}

void Comm::broadcast(std::string& text, int root) const {
  text.resize(broadcast_size(text.size(), root));
  broadcast_into(std::as_writable_bytes(std::span(text)), root);
}

std::vector<std::uint64_t> Comm::all_gather_sizes(std::uint64_t mine) const {
  std::vector<std::uint64_t> sizes(static_cast<std::size_t>(size()), mine);
  if (size() > 1) {
    check(MPI_Allgather(&mine, 1, MPI_UINT64_T, sizes.data(), 1, MPI_UINT64_T, impl_->comm),
          "MPI_Allgather");
  }
  return sizes;
}

namespace {

// One call; the sum of `sizes` fits a piece.
void gather_at_once(const Comm::Impl& group, std::span<const std::byte> mine,
                    std::span<const std::uint64_t> sizes, std::span<std::byte> all) {
  std::vector<int> counts(sizes.begin(), sizes.end());
  std::vector<int> offsets(counts.size());
  std::exclusive_scan(counts.begin(), counts.end(), offsets.begin(), 0);
  check(MPI_Allgatherv(mine.data(), static_cast<int>(mine.size()), MPI_BYTE, all.data(),
                       counts.data(), offsets.data(), MPI_BYTE, group.comm),
        "MPI_Allgatherv");
}

// One rank after the other: more rounds, but a buffer of this size is bound by the wire, not by
// rounds.
void gather_in_pieces(const Comm::Impl& group, std::span<const std::byte> mine,
                      std::span<const std::uint64_t> sizes, std::span<std::byte> all) {
  std::size_t begin = 0;
  for (int root = 0; root < group.size; ++root) {
    const auto part = all.subspan(begin, sizes[static_cast<std::size_t>(root)]);
    if (root == group.rank) std::copy(mine.begin(), mine.end(), part.begin());
    broadcast_pieces(group, part, root);
    begin += part.size();
  }
}

}  // namespace

void Comm::all_gather_into(std::span<const std::byte> mine, std::span<const std::uint64_t> sizes,
                           std::span<std::byte> all) const {
  if (size() == 1) {
    std::copy(mine.begin(), mine.end(), all.begin());
  } else if (all.size() <= limits().piece_bytes) {
    gather_at_once(*impl_, mine, sizes, all);
  } else {
    gather_in_pieces(*impl_, mine, sizes, all);
  }
}

std::vector<std::string> Comm::all_gather_text(std::string_view mine) const {
  const auto sizes = all_gather_sizes(mine.size());
  std::string all(std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0}), '\0');
  all_gather_into(std::as_bytes(std::span(mine)), sizes, std::as_writable_bytes(std::span(all)));
  std::vector<std::string> texts;
  std::size_t begin = 0;
  for (const std::uint64_t bytes : sizes) {
    texts.push_back(all.substr(begin, bytes));
    begin += bytes;
  }
  return texts;
}

bool Comm::same_everywhere(std::string_view text) const {
  std::string of_root(text);
  broadcast(of_root);
  return sum(of_root == text ? 0 : 1) == 0;
}

std::vector<std::uint64_t> Comm::exchange_sizes(std::span<const std::uint64_t> mine) const {
  if (mine.size() != static_cast<std::size_t>(size())) {
    throw Error("exchange needs one part per rank");
  }
  std::vector<std::uint64_t> theirs(mine.begin(), mine.end());
  if (size() > 1) {
    check(MPI_Alltoall(mine.data(), 1, MPI_UINT64_T, theirs.data(), 1, MPI_UINT64_T, impl_->comm),
          "MPI_Alltoall");
  }
  return theirs;
}

// Messages between neighbours at growing distance, so that not all ranks talk to rank 0 first.
// Pieces of one pair share a tag: MPI keeps their order (MPI 3.1, section 3.5). Empty parts send
// nothing.
void Comm::exchange_into(std::span<const std::span<const std::byte>> parts,
                         std::span<const std::span<std::byte>> into) const {
  const auto ranks = static_cast<std::size_t>(size());
  const auto me = static_cast<std::size_t>(rank());
  std::copy(parts[me].begin(), parts[me].end(), into[me].begin());
  if (ranks == 1) return;
  std::vector<MPI_Request> requests;
  for (std::size_t step = 1; step < ranks; ++step) {
    const std::size_t from = (me + ranks - step) % ranks;
    for_pieces(into[from].size(), [&](std::size_t begin, int length) {
      check(MPI_Irecv(into[from].data() + begin, length, MPI_BYTE, static_cast<int>(from),
                      tag_exchange, impl_->comm, &requests.emplace_back()),
            "MPI_Irecv");
    });
  }
  for (std::size_t step = 1; step < ranks; ++step) {
    const std::size_t to = (me + step) % ranks;
    for_pieces(parts[to].size(), [&](std::size_t begin, int length) {
      check(MPI_Isend(parts[to].data() + begin, length, MPI_BYTE, static_cast<int>(to),
                      tag_exchange, impl_->comm, &requests.emplace_back()),
            "MPI_Isend");
    });
  }
  check(MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE),
        "MPI_Waitall");
}

}  // namespace trawl::comm
