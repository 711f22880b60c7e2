#include <algorithm>
#include <queue>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/fold/stats_state.hpp>

#include "fold/stats/state.hpp"
#include "fold/stats/state_entities.hpp"
#include "fold/stats/state_files.hpp"
#include "fold/stats/state_root.hpp"

namespace trawl::fold {
namespace {

// Records of several states in their common order; those of one entity added up.
template <class Sums>
class EntityMerge {
 public:
  explicit EntityMerge(std::vector<EntityReader>& readers) : readers_(readers) {
    for (std::size_t i = 0; i < readers_.size(); ++i) advance(i);
  }

  bool done() const { return heap_.empty(); }

  // Appends the next record to `section`, as the next leaf of `tree`.
  void next(EntitySection<Sums>& section, core::SumTreeRange& tree) {
    group_.clear();
    do {
      group_.push_back(heap_.top());
      heap_.pop();
    } while (!heap_.empty() && readers_[heap_.top()].same(readers_[group_[0]]));
    const EntityReader& first = readers_[group_[0]];
    const std::string leaf = leaf_key(first.hash(), first.sort_bytes());
    core::Moments<Sums> sum = first.moments<Sums>();
    if (group_.size() == 1) {
      section.append(first.record(), first.key(), sum);
      tree.add(bytes_of(leaf), bytes_of(first.state()));
    } else {
      for (std::size_t i = 1; i < group_.size(); ++i)
        sum.merge(readers_[group_[i]].moments<Sums>());
      record_.clear();
      put_record(record_, first.key(), sum);
      section.append(record_, first.key(), sum);
      tree.add(bytes_of(leaf), sum.to_bytes());
    }
    for (const std::size_t i : group_) advance(i);
  }

 private:
  struct Behind {
    const std::vector<EntityReader>* readers;
    bool operator()(std::size_t a, std::size_t b) const {
      return (*readers)[b].before((*readers)[a]);
    }
  };
  void advance(std::size_t i) {
    if (readers_[i].next()) heap_.push(i);
  }

  std::vector<EntityReader>& readers_;
  std::priority_queue<std::size_t, std::vector<std::size_t>, Behind> heap_{Behind{&readers_}};
  std::vector<std::size_t> group_;
  std::string record_;
};

template <class Sums>
void merge_entities(const StateFiles& files, store::StateWriter& writer, MergedStates& result) {
  std::vector<EntityReader> readers;
  for (const std::size_t i : files.plan.order)
    readers.emplace_back(files.readers[i], files.inputs[i].name, files.request);
  EntitySection<Sums> section(writer, files.request);
  EntityMerge<Sums> merge(readers);
  core::SumTreeRange range(moments_kind<Sums>(files.request, files.inputs[0].configuration));
  while (!merge.done()) merge.next(section, range);
  section.finish();
  const core::SumTree tree = std::move(range).finish();
  StateRoot{tree.leaves, tree.root}.write(writer);
  result.root = tree.root;
  if (!files.request.group_by.empty()) result.entities = section.entities();
}

void merge_stats(const StateFiles& files, store::StateWriter& writer, MergedStates& result) {
  const StateCounts counts = files.counts();
  result.rows = counts.rows;
  result.matches = counts.matches;
  writer.add_section(counts_section);
  writer.append(bytes_of(counts.to_bytes()));
  if (files.request.unit_exponents.empty()) {
    merge_entities<core::ExactSums>(files, writer, result);
  } else {
    merge_entities<core::FixedSums>(files, writer, result);
  }
}

}  // namespace

MergedStates merge_states(std::span<const std::filesystem::path> states,
                          const std::filesystem::path& out, store::Overlap overlap,
                          bool overwrite) {
  const StateFiles files({}, states, overlap);
  MergedStates result;
  store::StateWriter writer(out, files.inputs[0].kind, files.inputs[0].configuration, overwrite);
  writer.set_coverage(files.plan.coverage);
  merge_stats(files, writer, result);
  result.kind = files.inputs[0].kind;
  result.written = writer.finish();
  result.inputs = files.inputs;
  result.plan = files.plan;
  return result;
}

}  // namespace trawl::fold
