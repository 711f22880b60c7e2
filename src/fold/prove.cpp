// Making proofs: one walk through the leaves of a state.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <trawl/base/error.hpp>
#include <trawl/fold/state_proof.hpp>

#include "fold/state_check.hpp"

namespace trawl::fold {
namespace {

constexpr std::size_t most_named = 10;

struct KeptLeaf {
  std::vector<std::byte> key, sum;
};

// Builds the tree, and watches what is needed: the first leaf whose key begins with the one that is
// sought; where there is none, the two between which it would be. A leaf is added when the next one
// is known.
class Walk {
 public:
  Walk(const Provable& state, const std::string& sought)
      : state_(state),
        sought_(bytes_of(sought).begin(), bytes_of(sought).end()),
        range_(state.sums()) {}

  void next(Bytes key, Bytes sum) {
    KeptLeaf leaf{{key.begin(), key.end()}, {sum.begin(), sum.end()}};
    const bool found = is_sought(leaf.key);
    const bool passed = !found && !passed_ && sought_ < leaf.key;
    add_kept(passed && found_ == 0);
    watch_next_ = (found && found_ == 0) || (passed && found_ == 0);
    passed_ = passed_ || passed;
    if (found) {
      if (++found_ <= most_named) names_.push_back(text_of(state_.name_of(leaf.key)));
    }
    kept_ = std::move(leaf);
  }

  core::SumTree finish() {
    add_kept(found_ == 0 && !passed_);
    return std::move(range_).finish();
  }

  std::uint64_t found() const { return found_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::byte>& sought() const { return sought_; }

 private:
  bool is_sought(const std::vector<std::byte>& key) const {
    return key.size() >= sought_.size() && std::equal(sought_.begin(), sought_.end(), key.begin());
  }
  void add_kept(bool watch) {
    if (!kept_) return;
    if (watch || watch_next_) range_.watch(range_.end());
    range_.add(kept_->key, kept_->sum);
  }

  const Provable& state_;
  std::vector<std::byte> sought_;
  core::SumTreeRange range_;
  std::optional<KeptLeaf> kept_;  // not added yet
  bool watch_next_ = false;       // when it is added
  bool passed_ = false;           // there was a key behind all that begin with the one sought
  std::uint64_t found_ = 0;
  std::vector<std::string> names_;
};

[[noreturn]] void refuse(const Walk& walk, const LeafName& name, const std::string& file,
                         bool absent) {
  if (walk.found() == 0) {
    std::string text = fmt::format("{} is not in {}: --absent proves that", text_of(name), file);
    if (name.entity && std::holds_alternative<std::int64_t>(*name.entity))
      text += "; --text says that it is a text, not a number";
    throw InputError(text);
  }
  if (absent) {
    throw InputError(fmt::format("{} is in {}, so its absence cannot be proved: leave out --absent",
                                 walk.names()[0], file));
  }
  throw InputError(fmt::format("{} is in {} places of {}: name one with --path: {}{}",
                               text_of(name), walk.found(), file, fmt::join(walk.names(), ", "),
                               walk.found() > most_named ? ", ..." : ""));
}

std::vector<std::byte> absence_of(const core::SumTree& tree, const Provable& state,
                                  const std::vector<std::byte>& sought) {
  core::AbsenceProof proof;
  proof.kind = state.sums().name;
  for (const core::SumProof& leaf : tree.proofs)
    (leaf.key < sought ? proof.before : proof.after) = leaf;
  return to_bytes(proof);
}

}  // namespace

MadeProof prove(const std::filesystem::path& path, const LeafName& name, bool absent) {
  if (!std::filesystem::exists(path))
    throw InputError(fmt::format("no such file: {} (needed as a state)", path.string()));
  const store::StateReader file(path);
  const auto state = make_provable(file.kind(), file.configuration());
  Walk walk(*state, state->key_of(name));
  state->each_leaf(file, path.string(), [&](Bytes key, Bytes sum) { walk.next(key, sum); });
  const core::SumTree tree = walk.finish();
  require_root(tree, file, path.string());
  if (walk.found() != (absent ? 0 : 1)) refuse(walk, name, path.string(), absent);
  MadeProof made;
  made.bytes = absent ? absence_of(tree, *state, walk.sought()) : to_bytes(tree.proofs.at(0));
  made.proved = check_state_proof(made.bytes, tree.root, name);
  return made;
}

}  // namespace trawl::fold
