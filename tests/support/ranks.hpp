// Tests that run on several ranks: `world()` is all of them, or a solo group without a launcher.
//
// Habit: talk first, assert after. A fatal assertion on one rank before a collective leaves the
// others waiting in it until the timeout.
#pragma once

#include <trawl/comm/comm.hpp>

namespace trawl::test {

const comm::Comm& world();

}  // namespace trawl::test
