#include "fold/evidence/state_merge.hpp"

#include "fold/evidence/state_combine.hpp"
#include "fold/evidence/state_root.hpp"
#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

void merge_entities(EvidenceCombination& all, const EvidenceStateFiles& files,
                    store::StateWriter& writer, MergedStates& result) {
  writer.add_section(evidence_entities_section);
  core::SumTreeRange range(evidence_sums(files.inputs[0].configuration));
  std::string record;
  all.entities([&](const EvidenceCombination::Leaf& leaf) {
    record.clear();
    put_text(record, EntityKey{leaf.at.key(), {}}.to_bytes());
    put_text(record, leaf.bytes);
    writer.append(bytes_of(record));
    const std::string key = evidence_leaf_key(leaf.at.hash(), leaf.at.sort_bytes(), leaf.bytes);
    range.add(bytes_of(key), leaf.entity.total().to_bytes());
    result.entities += leaf.entity.notes.accepted > 0 ? 1 : 0;
  });
  const core::SumTree tree = std::move(range).finish();
  StateRoot{tree.leaves, tree.root}.write(writer);
  result.root = tree.root;
}

}  // namespace

MergedStates merge_evidence_states(std::span<const std::filesystem::path> states,
                                   const std::filesystem::path& out, const MergeOptions& options) {
  const EvidenceStateFiles files({}, states, options.overlap, options.disjoint_ids);
  files.check(options.threads);
  EvidenceCombination all(files, options.retract);
  EvidenceStateCounts counts = files.counts();
  const bool several = files.plan.order.size() > 1;
  if (several && options.disjoint_ids && !files.form.ids && !files.request.columns.id.empty())
    counts.disjoint_ids = 1;
  MergedStates result;
  store::StateWriter writer(out, files.inputs[0].kind, files.inputs[0].configuration,
                            options.overwrite);
  writer.set_coverage(files.plan.coverage);
  writer.add_section(records_section);
  std::string record;
  all.records([&](const IdentityRecord& one) {
    record.clear();
    one.append_bytes(record);
    writer.append(bytes_of(record));
  });
  counts.retracted += all.retracted_rows();
  counts.write(writer);
  write_retracted(all.retracted(), writer);
  merge_entities(all, files, writer, result);
  result.kind = files.inputs[0].kind;
  result.rows = counts.rows;
  result.matches = counts.matches;
  result.retracted = all.retracted().size();
  result.written = writer.finish();
  result.inputs = files.inputs;
  result.plan = files.plan;
  return result;
}

}  // namespace trawl::fold
