#include <algorithm>
#include <cstring>
#include <memory>

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <trawl/base/error.hpp>
#include <trawl/base/page_memory.hpp>
#include <trawl/base/partition.hpp>
#include <trawl/comm/comm.hpp>

#include "comm/group.hpp"
#include "comm/limits.hpp"

namespace trawl::comm {

namespace {

constexpr std::size_t line_bytes = 64;  // cache line: filters probe whole lines

std::size_t round_up(std::size_t bytes) {
  return (bytes + line_bytes - 1) / line_bytes * line_bytes;
}

// An eighth stays free for others: what a window needs is only taken page by page, after this look.
bool fits_shared_memory(std::size_t bytes) {
  struct statvfs found {};
  if (statvfs(limits().shared_memory_folder.c_str(), &found) != 0) return false;
  const std::uint64_t free = std::uint64_t{found.f_bavail} * found.f_frsize;
  return bytes <= free - free / 8;
}

}  // namespace

struct NodeMemory::State {
  State(const Comm& group, std::size_t size)
      : comm(group),
        node(group.node()),
        leaders(group.leaders()),
        asked(size),
        capacity(std::max(round_up(size), line_bytes)) {}

  bool make_window();
  void map_window();
  void allocate();
  void zero() const;
  void fence() const;
  std::span<std::uint64_t> words() const {
    return {reinterpret_cast<std::uint64_t*>(begin), capacity / sizeof(std::uint64_t)};
  }

  Comm comm, node, leaders;
  std::size_t asked;     // bytes
  std::size_t capacity;  // bytes, whole lines, so that reductions run over whole words
  bool one_per_node = false;
  std::byte* begin = nullptr;
  MPI_Win window = MPI_WIN_NULL;
  PageMemory own;
};

// Collective over `comm`. All nodes share or none does, so that every collective has one shape. A
// node of one rank shares without a window. A window that others failed to make cannot be freed
// (that is collective) and is forgotten.
bool NodeMemory::State::make_window() {
  const bool alone = node.size() == 1;
  if (comm.sum(alone || fits_shared_memory(capacity) ? 0 : 1) != 0) return false;
  if (!alone) {
    // The first rank brings all the memory; a spare line lets every rank align its own view of it.
    const auto bytes = static_cast<MPI_Aint>(node.is_root() ? capacity + line_bytes : 0);
    void* mine = nullptr;
    const int code =
        MPI_Win_allocate_shared(bytes, 1, MPI_INFO_NULL, node.impl().comm, &mine, &window);
    if (code != MPI_SUCCESS) window = MPI_WIN_NULL;
  }
  if (comm.sum(alone || window != MPI_WIN_NULL ? 0 : 1) == 0) return true;
  window = MPI_WIN_NULL;
  return false;
}

// Local. The epoch stays open for the window's life: MPI_Win_sync is defined inside one only
// (MPI 3.1, section 11.5.4).
void NodeMemory::State::map_window() {
  check(MPI_Win_set_errhandler(window, MPI_ERRORS_RETURN), "MPI_Win_set_errhandler");
  MPI_Aint bytes = 0;
  int unit = 0;
  void* of_first = nullptr;
  check(MPI_Win_shared_query(window, 0, &bytes, &unit, &of_first), "MPI_Win_shared_query");
  auto space = static_cast<std::size_t>(bytes);
  if (std::align(line_bytes, capacity, of_first, space) == nullptr) {
    throw Error("a shared window is smaller than asked for");
  }
  begin = static_cast<std::byte*>(of_first);
  check(MPI_Win_lock_all(MPI_MODE_NOCHECK, window), "MPI_Win_lock_all");
  node.impl().open->windows.push_back(window);
}

void NodeMemory::State::allocate() {
  one_per_node = make_window();
  comm.agree("allocate node memory", [&] {
    if (window != MPI_WIN_NULL) return map_window();
    own = PageMemory(capacity);
    begin = own.data();
  });
  if (window != MPI_WIN_NULL) zero();
}

// Every rank touches its own share first, so that the pages spread over the memory banks of the
// node.
void NodeMemory::State::zero() const {
  const Slice mine = slice(capacity, node.size(), node.rank());
  std::memset(begin + mine.begin, 0, mine.size());
  fence();
}

void NodeMemory::State::fence() const {
  if (window == MPI_WIN_NULL) return;
  check(MPI_Win_sync(window), "MPI_Win_sync");
  node.barrier();
  check(MPI_Win_sync(window), "MPI_Win_sync");
}

NodeMemory::NodeMemory(const Comm& comm, std::size_t bytes)
    : state_(std::make_unique<State>(comm, bytes)) {
  state_->allocate();
}

NodeMemory::NodeMemory(const Comm& comm, PageMemory memory, std::size_t bytes)
    : state_(std::make_unique<State>(comm, bytes)) {
  if (comm.size() != 1 || memory.size() < bytes)
    throw Error("memory cannot be taken over: too small, or of several ranks");
  state_->capacity = memory.size() / sizeof(std::uint64_t) * sizeof(std::uint64_t);
  state_->own = std::move(memory);
  state_->begin = state_->own.data();
  state_->one_per_node = true;
}

NodeMemory::NodeMemory(NodeMemory&&) noexcept = default;
NodeMemory& NodeMemory::operator=(NodeMemory&&) noexcept = default;
NodeMemory::~NodeMemory() = default;

std::span<std::byte> NodeMemory::bytes() const {
  return {state_->begin, state_->asked};
}
bool NodeMemory::shared() const {
  return state_->one_per_node;
}
void NodeMemory::fence() const {
  state_->fence();
}

void NodeMemory::merge_or() const {
  if (!shared()) return state_->comm.all_or(state_->words());
  fence();
  state_->leaders.all_or(
      state_->words());  // a group of one, hence nothing, on ranks that do not lead
  fence();
}

void NodeMemory::share_from(int from, std::size_t begin, std::size_t end) const {
  if (begin > end || end > state_->asked) {
    throw Error(fmt::format("share_from: bytes [{}, {}) of {}", begin, end, state_->asked));
  }
  const auto part = bytes().subspan(begin, end - begin);
  const Comm::Impl& group = state_->comm.impl();
  if (!shared()) return broadcast_pieces(group, part, from);
  fence();
  if (state_->node.is_root()) {
    const int leader = group.node_of[static_cast<std::size_t>(from)];
    broadcast_pieces(state_->leaders.impl(), part, leader);
  }
  fence();
}

void NodeMemory::release() {
  if (state_->window != MPI_WIN_NULL) {
    std::erase(state_->node.impl().open->windows, state_->window);
    check(MPI_Win_unlock_all(state_->window), "MPI_Win_unlock_all");
    check(MPI_Win_free(&state_->window), "MPI_Win_free");
  }
  state_->own.reset();
  state_->begin = nullptr;
  state_->asked = state_->capacity = 0;
}

}  // namespace trawl::comm
