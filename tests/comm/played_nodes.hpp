// Several nodes, played on one machine.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "comm/nodes.hpp"
#include "support/ranks.hpp"

namespace trawl::test {

// How ranks lie on nodes.
struct Layout {
  std::string name;
  comm::NodeOfRank node_of_rank;
  comm::Comm comm = comm::Comm::solo();
};

// Made once: groups live until the session ends.
inline const std::vector<Layout>& layouts() {
  static const std::vector<Layout> all = [] {
    std::vector<Layout> made = {
        {"one node", [](int) { return 0; }},
        {"two ranks per node", [](int rank) { return rank / 2; }},
        {"three ranks per node", [](int rank) { return rank / 3; }},
        {"round robin over two nodes", [](int rank) { return 1 - rank % 2; }},
        {"one rank per node", [](int rank) { return rank; }}};
    for (Layout& layout : made) layout.comm = with_nodes(world(), layout.node_of_rank);
    return made;
  }();
  return all;
}

template <class F>
void for_layouts(F&& check) {
  for (const Layout& layout : layouts()) {
    SCOPED_TRACE(layout.name);
    check(layout);
  }
}

}  // namespace trawl::test
