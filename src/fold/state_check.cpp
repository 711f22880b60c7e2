#include "fold/state_check.hpp"

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/fold/state_proof.hpp>

namespace trawl::fold {
namespace {

core::SumTree tree_of(const store::StateReader& file, const std::string& name) {
  const auto state = make_provable(file.kind(), file.configuration());
  core::SumTreeRange range(state->sums());
  try {
    state->each_leaf(file, name, [&](Bytes key, Bytes sum) { range.add(key, sum); });
  } catch (const DataError& error) {
    if (std::string_view(error.what()).find(name) != std::string_view::npos) throw;
    throw DataError(fmt::format("damaged state: {} ({}). Make it again", name, error.what()));
  }
  return std::move(range).finish();
}

}  // namespace

void require_root(const core::SumTree& tree, const store::StateReader& file,
                  const std::string& name) {
  const auto named = named_root(file);
  if (!named) {
    throw InputError(fmt::format(
        "{} names no root: it was written by an older version. Make it again, or `trawl merge` it",
        name));
  }
  if (named->root == tree.root && named->leaves == tree.leaves) return;
  throw DataError(
      fmt::format("damaged or forged state: {} (its {} entities have the root {}, but it says {}, "
                  "of {}). Take it from where it was written",
                  name, tree.leaves, hex(tree.root), hex(named->root), named->leaves));
}

void check_state(const store::StateReader& file, const std::string& name) {
  file.check_intact();
  if (named_root(file)) require_root(tree_of(file, name), file, name);
}

}  // namespace trawl::fold
