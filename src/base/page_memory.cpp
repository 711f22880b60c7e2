#include <new>

#include <sys/mman.h>

#include <trawl/base/page_memory.hpp>

namespace trawl {

PageMemory::PageMemory(std::size_t bytes) {
  if (bytes == 0) return;
  void* found = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (found == MAP_FAILED) throw std::bad_alloc();
  madvise(found, bytes, MADV_HUGEPAGE);  // advice: a system without huge pages refuses, and serves
  begin_ = static_cast<std::byte*>(found);
  size_ = bytes;
}

PageMemory::~PageMemory() {
  if (begin_ != nullptr) munmap(begin_, size_);
}

}  // namespace trawl
