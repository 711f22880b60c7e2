// Whether a state file is as it was written: looked at before it is added to others or reported.
#pragma once

#include <string>

#include <trawl/core/integrity/sum_tree.hpp>
#include <trawl/store/state_file.hpp>

namespace trawl::fold {

// Local. `tree` is of the entities in `file`, which `name` names for people. DataError: the file
// says that it is another one. InputError: it says nothing; older ones do not.
void require_root(const core::SumTree& tree, const store::StateReader& file,
                  const std::string& name);

// Local. Reads every byte, and all entities. DataError: a byte is not as written, an entity is
// none, they are not in order, or lead to another root than the state names. Memory: a chunk, a
// leaf, and O(log leaves) nodes.
void check_state(const store::StateReader& file, const std::string& name);

}  // namespace trawl::fold
