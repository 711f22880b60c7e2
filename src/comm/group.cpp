#include "comm/group.hpp"

#include <map>

#include "comm/limits.hpp"

namespace trawl::comm {

namespace {

using Group = Comm::Impl;

Group ranks_of(MPI_Comm comm, const std::shared_ptr<OpenWindows>& open) {
  Group group;
  group.open = open;
  if (comm == MPI_COMM_NULL) return group;
  check(MPI_Comm_rank(comm, &group.rank), "MPI_Comm_rank");
  check(MPI_Comm_size(comm, &group.size), "MPI_Comm_size");
  if (group.size > 1) group.comm = comm;
  return group;
}

MPI_Comm split_by_node(MPI_Comm comm, int rank, const NodeOfRank& node_of_rank) {
  MPI_Comm node = MPI_COMM_NULL;
  if (node_of_rank) {
    check(MPI_Comm_split(comm, node_of_rank(rank), rank, &node), "MPI_Comm_split");
  } else {
    check(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node),
          "MPI_Comm_split_type");
  }
  return node;
}

// Only node leaders get a communicator.
MPI_Comm split_leaders(MPI_Comm comm, const Group& world, const Group& node) {
  MPI_Comm leaders = MPI_COMM_NULL;
  const int color = node.rank == 0 ? 0 : MPI_UNDEFINED;
  check(MPI_Comm_split(comm, color, world.rank, &leaders), "MPI_Comm_split");
  return leaders;
}

// Leaders are numbered in rank order, as MPI_Comm_split with the rank as its key does it.
std::vector<int> number_nodes(const Group& world, const Group& node) {
  int leader = world.rank;
  if (node.comm != MPI_COMM_NULL) {
    check(MPI_Bcast(&leader, 1, MPI_INT, 0, node.comm), "MPI_Bcast");
  }
  std::vector<int> leader_of(static_cast<std::size_t>(world.size));
  check(MPI_Allgather(&leader, 1, MPI_INT, leader_of.data(), 1, MPI_INT, world.comm),
        "MPI_Allgather");
  std::map<int, int> number;
  for (const int rank : leader_of) number.emplace(rank, 0);
  int next = 0;
  for (auto& [rank, position] : number) position = next++;
  for (int& rank : leader_of) rank = number[rank];
  return leader_of;
}

std::shared_ptr<const Group> alone() {
  static const auto group = std::make_shared<const Group>();
  return group;
}

std::shared_ptr<const Group> node_group(Group node) {
  node.node_rank = node.rank;
  node.node_size = node.size;
  node.node_of.assign(static_cast<std::size_t>(node.size), 0);
  node.leaders = alone();
  return std::make_shared<const Group>(std::move(node));
}

std::shared_ptr<const Group> leader_group(Group leaders) {
  leaders.node = alone();
  leaders.node_of.resize(static_cast<std::size_t>(leaders.size));
  for (int rank = 0; rank < leaders.size; ++rank) {
    leaders.node_of[static_cast<std::size_t>(rank)] = rank;
  }
  return std::make_shared<const Group>(std::move(leaders));
}

}  // namespace

std::shared_ptr<const Comm::Impl> make_group(MPI_Comm comm, std::shared_ptr<OpenWindows> open,
                                             const NodeOfRank& node_of_rank) {
  Group world = ranks_of(comm, open);
  if (world.size == 1) return alone();
  const Group node = ranks_of(split_by_node(comm, world.rank, node_of_rank), open);
  world.node_of = number_nodes(world, node);
  world.node_rank = node.rank;
  world.node_size = node.size;
  world.leaders = leader_group(ranks_of(split_leaders(comm, world, node), open));
  world.node = node_group(node);
  return std::make_shared<const Group>(std::move(world));
}

Comm with_nodes(const Comm& comm, const NodeOfRank& node_of_rank) {
  if (comm.size() == 1) return comm;
  return Comm(make_group(comm.impl().comm, comm.impl().open, node_of_rank));
}

void broadcast_pieces(const Comm::Impl& group, std::span<std::byte> bytes, int root) {
  if (group.size == 1) return;
  for_pieces(bytes.size(), [&](std::size_t begin, int length) {
    check(MPI_Bcast(bytes.data() + begin, length, MPI_BYTE, root, group.comm), "MPI_Bcast");
  });
}

Limits& limits() {
  static Limits value;
  return value;
}

Comm::Comm(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Comm Comm::solo() {
  return Comm(alone());
}

int Comm::rank() const {
  return impl_->rank;
}
int Comm::size() const {
  return impl_->size;
}
int Comm::node_rank() const {
  return impl_->node_rank;
}
int Comm::node_size() const {
  return impl_->node_size;
}

Comm Comm::node() const {
  return impl_->node ? Comm(impl_->node) : *this;
}
Comm Comm::leaders() const {
  return impl_->leaders ? Comm(impl_->leaders) : *this;
}

}  // namespace trawl::comm
