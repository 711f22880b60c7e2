#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <mutex>

#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <trawl/base/mapped_file.hpp>

namespace trawl {
namespace {

// What the signal handler may look at: plain atomics, no lock.
struct Slot {
  std::atomic<std::uintptr_t> begin{0};  // 0: free
  std::atomic<std::uintptr_t> end{0};
  std::atomic<bool> damaged{false};
  std::atomic<bool> read{false};  // since its pages left this process
  std::atomic<int> trusted{0};    // so many reads more are taken to be in the system's cache
};
constexpr int slots = 32768;
std::array<Slot, slots> table;
std::mutex table_mutex;
int used_slots = 0;  // all beyond are free; guarded by the mutex
struct sigaction earlier_action;
std::uintptr_t page_bytes = 4096;
constexpr std::uint64_t block_bytes = std::uint64_t{2} << 20;  // a large page of the system's cache

// Puts a page of zeros where the file's is lost, so that the read which failed can go on.
void on_bus_error(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (Slot& slot : table) {
    const std::uintptr_t begin = slot.begin.load(std::memory_order_acquire);
    if (begin == 0 || address < begin || address >= slot.end.load(std::memory_order_relaxed))
      continue;
    void* page = reinterpret_cast<void*>(address & ~(page_bytes - 1));
    slot.damaged.store(true, std::memory_order_release);
    if (::mmap(page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
        MAP_FAILED) {
      return;
    }
  }
  // Not ours: as if this handler were not there.
  if ((earlier_action.sa_flags & SA_SIGINFO) != 0 && earlier_action.sa_sigaction != nullptr) {
    earlier_action.sa_sigaction(signal, info, context);
    return;
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void install_handler() {
  static std::once_flag once;
  std::call_once(once, [] {
    page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, &earlier_action);
  });
}

// Magic numbers of statfs(2).
bool is_local(const Fd& fd) {
  struct statfs facts {};
  if (::fstatfs(fd.get(), &facts) != 0) return false;
  constexpr std::array<std::uint32_t, 7> local = {
      0xef53,      // ext2, ext3, ext4
      0x58465342,  // xfs
      0x9123683e,  // btrfs
      0xf2f52010,  // f2fs
      0x2fc12fc1,  // zfs
      0x01021994,  // tmpfs
      0x794c7630,  // overlayfs
  };
  return std::find(local.begin(), local.end(), static_cast<std::uint32_t>(facts.f_type)) !=
         local.end();
}

int take_slot(std::uintptr_t begin, std::uint64_t bytes) {
  const std::lock_guard lock(table_mutex);
  static int next = 0;  // where a free one is likely
  for (int tried = 0; tried < slots; ++tried) {
    const int i = (next + tried) % slots;
    Slot& slot = table[static_cast<std::size_t>(i)];
    if (slot.begin.load(std::memory_order_relaxed) != 0) continue;
    next = i + 1;
    used_slots = std::max(used_slots, i + 1);
    slot.damaged.store(false, std::memory_order_relaxed);
    slot.trusted.store(0, std::memory_order_relaxed);
    slot.end.store(begin + bytes, std::memory_order_relaxed);
    slot.begin.store(begin, std::memory_order_release);
    return i;
  }
  return -1;
}

}  // namespace

std::optional<MappedFile> MappedFile::map(const Fd& fd, std::uint64_t bytes) {
  if (bytes == 0 || !is_local(fd)) return std::nullopt;
  install_handler();
  void* begin = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (begin == MAP_FAILED) return std::nullopt;
  // Who knows what is needed says so (prefetch, fetch). The system's own guess around a page that
  // is missing can be 8 MiB of other columns. Huge pages where the kernel has them: a missing page
  // then brings the 2 MiB around it. Both are advice: failure changes nothing but time.
  ::madvise(begin, bytes, MADV_RANDOM);
  ::madvise(begin, bytes, MADV_HUGEPAGE);
  const int slot = take_slot(reinterpret_cast<std::uintptr_t>(begin), bytes);
  if (slot < 0) {  // more files mapped at once than the handler can watch
    ::munmap(begin, bytes);
    return std::nullopt;
  }
  return MappedFile(static_cast<std::byte*>(begin), bytes, slot);
}

MappedFile::~MappedFile() {
  if (begin_ == nullptr) return;
  const std::lock_guard lock(table_mutex);
  table[static_cast<std::size_t>(slot_)].begin.store(0, std::memory_order_release);
  ::munmap(begin_, bytes_);
}

Bytes MappedFile::read(std::uint64_t offset, std::uint64_t bytes) const {
  if (!likely_resident(offset)) prefetch(offset, bytes);
  count_read(offset, bytes);
  return {at(offset), bytes};
}

// In blocks: where the system's cache has large pages, a byte maps 2 MiB.
void MappedFile::count_read(std::uint64_t offset, std::uint64_t bytes) const {
  constexpr std::uint64_t most = (std::uint64_t{64} << 20) / block_bytes;
  static std::atomic<std::uint64_t> read{0};
  thread_local const std::byte* last = nullptr;  // block that this thread counted
  table[static_cast<std::size_t>(slot_)].read.store(true, std::memory_order_relaxed);
  const std::uint64_t first = offset / block_bytes;
  const std::uint64_t end = (offset + std::max<std::uint64_t>(bytes, 1) - 1) / block_bytes + 1;
  const std::uint64_t counted = end - first - (at(first * block_bytes) == last ? 1 : 0);
  last = at((end - 1) * block_bytes);
  if (counted == 0 || read.fetch_add(counted, std::memory_order_relaxed) + counted < most) return;
  const std::lock_guard lock(table_mutex);  // nothing is unmapped meanwhile
  if (read.exchange(0, std::memory_order_relaxed) < most) return;
  for (int i = 0; i < used_slots; ++i) {
    Slot& slot = table[static_cast<std::size_t>(i)];
    const std::uintptr_t begin = slot.begin.load(std::memory_order_relaxed);
    if (begin == 0 || !slot.read.exchange(false, std::memory_order_relaxed)) continue;
    // Pages of zeros put there by the handler go as well; `damaged` stays.
    ::madvise(reinterpret_cast<void*>(begin), slot.end.load(std::memory_order_relaxed) - begin,
              MADV_DONTNEED);
  }
}

void MappedFile::prefetch(std::uint64_t offset, std::uint64_t bytes) const {
  const std::uint64_t begin = offset & ~(static_cast<std::uint64_t>(page_bytes) - 1);
  ::madvise(begin_ + begin, std::min(bytes_, offset + bytes) - begin, MADV_WILLNEED);
}

// A look at the system's cache takes as long as to scan thousands of rows: what follows a page that
// is there is taken to be there too, for a while. Where it is not, a read is slow, not wrong.
bool MappedFile::likely_resident(std::uint64_t offset) const {
  constexpr int while_trusted = 8;
  std::atomic<int>& trusted = table[static_cast<std::size_t>(slot_)].trusted;
  if (trusted.fetch_sub(1, std::memory_order_relaxed) > 0) return true;
  const bool found = resident(offset);
  trusted.store(found ? while_trusted : 0, std::memory_order_relaxed);
  return found;
}

bool MappedFile::resident(std::uint64_t offset) const {
  const std::uint64_t page = offset & ~(static_cast<std::uint64_t>(page_bytes) - 1);
  unsigned char state = 1;
  return ::mincore(begin_ + page, 1, &state) != 0 || (state & 1) != 0;
}

void MappedFile::fetch(std::uint64_t offset, std::uint64_t bytes) const {
  constexpr std::uint64_t block = block_bytes;
  constexpr std::uint64_t along = block / 4;  // so much of a block is read along at an edge
  const std::uint64_t end = std::min(bytes_, offset + bytes);
  const std::uint64_t first = (offset + block - 1 - along) / block * block;
  const std::uint64_t last = std::min(end + along, bytes_) / block * block;
  if (first >= last) return prefetch(offset, bytes);
  if (offset < first) prefetch(offset, first - offset);
  if (last < end) prefetch(last, end - last);
  for (std::uint64_t at = first; at < last; at += block) {
    // The last page: where the system has no huge pages, the first ones may be there already.
    if (!resident(at + block - 1))
      static_cast<void>(*static_cast<volatile const std::byte*>(begin_ + at));
  }
}

bool MappedFile::damaged() const {
  return table[static_cast<std::size_t>(slot_)].damaged.load(std::memory_order_acquire);
}

}  // namespace trawl
