#include "fold/stats/state_merge.hpp"

#include <trawl/base/error.hpp>

#include "fold/stats/state.hpp"
#include "fold/stats/state_entities.hpp"
#include "fold/stats/state_files.hpp"
#include "fold/stats/state_root.hpp"

namespace trawl::fold {
namespace {

std::vector<EntityReader> readers_of(const StateFiles& files, std::string_view section) {
  std::vector<EntityReader> readers;
  for (const std::size_t i : files.plan.order)
    readers.emplace_back(files.readers[i], files.inputs[i].name, files.request, section);
  return readers;
}

void merge_distributions(const StateFiles& files, store::StateWriter& writer) {
  std::vector<EntityReader> readers = readers_of(files, distributions_section);
  writer.add_section(distributions_section);
  RecordMerge merge(readers);
  while (!merge.done()) {
    merge.next([&](const std::vector<std::size_t>& group) {
      Distributions sum = readers[group[0]].distributions();
      for (std::size_t i = 1; i < group.size(); ++i) add_to(sum, readers[group[i]].distributions());
      std::string record;
      put_record(record, readers[group[0]].key(), sum);
      writer.append(bytes_of(record));
    });
  }
}

template <class Sums>
void merge_entities(const StateFiles& files, store::StateWriter& writer, MergedStates& result) {
  std::vector<EntityReader> readers = readers_of(files, entities_section);
  EntitySection<Sums> section(writer, files.request);
  core::SumTreeRange range(moments_kind<Sums>(files.request, files.inputs[0].configuration));
  RecordMerge merge(readers);
  std::string record;
  while (!merge.done()) {
    merge.next([&](const std::vector<std::size_t>& group) {
      const EntityReader& first = readers[group[0]];
      const std::string leaf = leaf_key(first.hash(), first.sort_bytes());
      core::Moments<Sums> sum = first.moments<Sums>();
      if (group.size() == 1) {
        section.append(first.record(), first.key(), sum);
        range.add(bytes_of(leaf), bytes_of(first.state()));
        return;
      }
      for (std::size_t i = 1; i < group.size(); ++i) sum.merge(readers[group[i]].moments<Sums>());
      record.clear();
      put_record(record, first.key(), sum);
      section.append(record, first.key(), sum);
      range.add(bytes_of(leaf), sum.to_bytes());
    });
  }
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
  if (files.request.distributions) merge_distributions(files, writer);
  if (files.request.unit_exponents.empty()) {
    merge_entities<core::ExactSums>(files, writer, result);
  } else {
    merge_entities<core::FixedSums>(files, writer, result);
  }
}

}  // namespace

MergedStates merge_stats_states(std::span<const std::filesystem::path> states,
                                const std::filesystem::path& out, const MergeOptions& options) {
  if (options.disjoint_ids || !options.retract.empty())
    throw InputError(
        "states of statistics keep no ids: nothing is retracted, or said to be disjoint");
  const StateFiles files({}, states, options.overlap);
  files.check(options.threads);
  MergedStates result;
  store::StateWriter writer(out, files.inputs[0].kind, files.inputs[0].configuration,
                            options.overwrite);
  writer.set_coverage(files.plan.coverage);
  merge_stats(files, writer, result);
  result.kind = files.inputs[0].kind;
  result.written = writer.finish();
  result.inputs = files.inputs;
  result.plan = files.plan;
  return result;
}

}  // namespace trawl::fold
