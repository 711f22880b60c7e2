// Whether a list that is checked late deserves a filter in front.
#pragma once

#include <cstdint>
#include <span>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/open.hpp>

namespace trawl::fold {

// Collective. The same on all ranks, and for any number of them: whether the conditions beside the
// list, by a sample of at most 16 row groups of `work`, leave fewer rows than a quarter of its
// `keys`. Building filters of the keys takes longer then than keeping those rows. The pool's
// programs must screen without a filter.
bool leaves_few(const Opened& opened, std::span<const Work> work, std::uint64_t keys, int threads,
                const comm::Comm& comm);

}  // namespace trawl::fold
