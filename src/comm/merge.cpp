// The merge tree.
#include <array>
#include <exception>
#include <optional>

#include <trawl/comm/comm.hpp>

#include "comm/group.hpp"
#include "comm/limits.hpp"
#include "comm/tags.hpp"

namespace trawl::comm {

namespace {

// A subtree whose merge threw sends no bytes, but it does send: nobody above waits for ever.
using Header = std::array<std::uint64_t, 2>;  // bytes that follow, 1 when the subtree failed

void send_up(const Comm::Impl& group, const std::optional<std::string>& bytes, int to) {
  const Header header = {bytes ? bytes->size() : 0, bytes ? 0u : 1u};
  check(MPI_Send(header.data(), 2, MPI_UINT64_T, to, tag_merge_header, group.comm), "MPI_Send");
  for_pieces(header[0], [&](std::size_t begin, int length) {
    check(MPI_Send(bytes->data() + begin, length, MPI_BYTE, to, tag_merge_body, group.comm),
          "MPI_Send");
  });
}

std::optional<std::string> receive(const Comm::Impl& group, int from) {
  Header header{};
  check(MPI_Recv(header.data(), 2, MPI_UINT64_T, from, tag_merge_header, group.comm,
                 MPI_STATUS_IGNORE),
        "MPI_Recv");
  if (header[1] != 0) return std::nullopt;
  std::string bytes(header[0], '\0');
  for_pieces(bytes.size(), [&](std::size_t begin, int length) {
    check(MPI_Recv(bytes.data() + begin, length, MPI_BYTE, from, tag_merge_body, group.comm,
                   MPI_STATUS_IGNORE),
          "MPI_Recv");
  });
  return bytes;
}

}  // namespace

// Binomial tree: after the round of `distance`, rank r (a multiple of 2 * distance) holds the merge
// of the ranks [r, min(r + 2 * distance, size)), so both arguments of every merge are adjacent and
// in order.
std::string Comm::merge_to_root(
    std::string mine, const std::function<std::string(std::string, std::string)>& merge) const {
  std::optional<std::string> held = std::move(mine);
  std::exception_ptr error;
  for (int distance = 1; distance < size(); distance *= 2) {
    if ((rank() & distance) != 0) {
      send_up(*impl_, held, rank() - distance);
      held.emplace();
      break;
    }
    if (rank() + distance >= size()) continue;
    std::optional<std::string> theirs = receive(*impl_, rank() + distance);
    if (!held || !theirs) {
      held.reset();
      continue;
    }
    try {
      held = merge(std::move(*held), std::move(*theirs));
    } catch (...) {
      error = std::current_exception();
      held.reset();
    }
  }
  agree("merge", [&] {
    if (error) std::rethrow_exception(error);
  });
  return std::move(*held);
}

}  // namespace trawl::comm
