// What a Comm points to: an MPI communicator and how its ranks are spread over nodes.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <trawl/comm/comm.hpp>

#include "comm/mpi_call.hpp"
#include "comm/nodes.hpp"

namespace trawl::comm {

// Shared windows that nobody released yet, in the order they were made: that order is the same on
// all ranks of a node, so that the session can free them collectively at its end.
struct OpenWindows {
  std::vector<MPI_Win> windows;
};

// All groups are made when the session starts, so that asking for one is local and none has to be
// freed later.
struct Comm::Impl {
  MPI_Comm comm = MPI_COMM_NULL;  // null: a group of one that never touches MPI
  int rank = 0;
  int size = 1;
  int node_rank = 0;
  int node_size = 1;
  std::vector<int> node_of = {0};       // node_of[r]: rank of r's node leader within `leaders`
  std::shared_ptr<const Impl> node;     // null: this group itself
  std::shared_ptr<const Impl> leaders;  // null: this group itself
  std::shared_ptr<OpenWindows> open;    // null: no windows can be made
};

// Collective over `comm`. The group of all its ranks with its nodes and leaders.
std::shared_ptr<const Comm::Impl> make_group(MPI_Comm comm, std::shared_ptr<OpenWindows> open,
                                             const NodeOfRank& node_of_rank = {});

// Collective. `bytes` of `root` replaces `bytes` everywhere; equal lengths.
void broadcast_pieces(const Comm::Impl& group, std::span<std::byte> bytes, int root);

}  // namespace trawl::comm
