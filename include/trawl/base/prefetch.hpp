// Asking for memory before it is needed.
#pragma once

namespace trawl {

// Local. Asks for the cache line at `at`, some tens of items before it is read or written. Into the
// second-level cache: the first has room for few lines that are on their way. A random access to
// 1.3 GB takes 8 ns so, and 13 ns with lines asked for into the first (AMD EPYC, two threads;
// bench_membership_filter). Any address, also one that cannot be read.
inline void prefetch(const void* at) {
  __builtin_prefetch(at, 0, 2);
}

}  // namespace trawl
