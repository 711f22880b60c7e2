#include "fold/evidence/state_combine.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

namespace trawl::fold {
namespace {

EvidenceName name_of(const IdentityOrder& order) {
  Identity identity = read_identity(order.identity);
  return {std::move(identity.entity), std::move(identity.source), std::move(identity.id)};
}

std::vector<IdentityOrder> orders_of(const std::vector<EvidenceName>& names) {
  std::vector<IdentityOrder> out;
  for (const EvidenceName& name : names) {
    std::string bytes;
    append_identity(bytes, {name.entity, name.source, name.id});
    out.emplace_back(std::move(bytes));
  }
  std::ranges::sort(out);
  return out;
}

std::string text_of_key(const evidence::Key& key) {
  if (std::holds_alternative<std::int64_t>(key)) return stats::text_of(key);
  return fmt::format("'{}'", stats::text_of(key));
}

}  // namespace

std::string text_of(const EvidenceName& name) {
  return fmt::format("entity {}, source {}, id {}", text_of_key(name.entity),
                     text_of_key(name.source), text_of_key(name.id));
}

EvidenceCombination::EvidenceCombination(const EvidenceStateFiles& files,
                                         const std::vector<EvidenceName>& retract)
    : files_(files), fresh_(orders_of(retract)), retractions_(files.plan.order.size()) {
  for (const std::size_t i : files.plan.order) {
    std::vector<IdentityOrder> all;
    std::ranges::set_union(retracted_, read_retracted(files.readers[i], files.inputs[i].name),
                           std::back_inserter(all));
    retracted_ = std::move(all);
  }
  if (fresh_.empty()) return;
  if (!files.form.ids) {
    throw InputError(fmt::format(
        "{} does not keep the ids of its evidence, so none can be retracted. Make it again from a "
        "column of ids, without --state-without-ids",
        files.inputs[files.plan.order[0]].name));
  }
  for (const IdentityOrder& one : fresh_) {
    if (std::ranges::binary_search(retracted_, one))
      throw InputError(fmt::format(
          "{}: was retracted before, and stays so in every merge: leave it out of the list",
          text_of(name_of(one))));
  }
  std::vector<IdentityOrder> all;
  std::ranges::set_union(retracted_, fresh_, std::back_inserter(all));
  retracted_ = std::move(all);
}

void EvidenceCombination::records(const OnRecord& on_record) {
  std::vector<IdentityRecordReader> readers;
  for (const std::size_t i : files_.plan.order)
    readers.emplace_back(files_.readers[i], files_.inputs[i].name, files_.form.ids);
  std::vector<bool> found(retracted_.size());
  RecordMerge merge(readers);
  while (!merge.done()) {
    merge.next([&](const std::vector<std::size_t>& group) {
      const auto at = std::ranges::lower_bound(retracted_, readers[group[0]].order());
      if (at == retracted_.end() || *at != readers[group[0]].order())
        return unite(readers, group, on_record);
      found[static_cast<std::size_t>(at - retracted_.begin())] = true;
      retract(readers, group);
    });
  }
  require_found(retracted_, found);
}

void EvidenceCombination::require_found(const std::vector<IdentityOrder>& all,
                                        const std::vector<bool>& found) const {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (found[i] || !std::ranges::binary_search(fresh_, all[i])) continue;
    throw InputError(fmt::format(
        "{}: there is no such evidence to retract. Names are numbers or texts as in the data: "
        "7 and \"7\" are two",
        text_of(name_of(all[i]))));
  }
}

void EvidenceCombination::unite(const std::vector<IdentityRecordReader>& readers,
                                const std::vector<std::size_t>& group, const OnRecord& on_record) {
  const IdentityRecord& first = readers[group[0]].record();
  if (group.size() == 1) return on_record(first);
  if (!files_.form.ids) {
    throw InputError(
        fmt::format("{}: several of the states hold this evidence, so their ids are not disjoint",
                    text_of(name_of(readers[group[0]].order()))));
  }
  const Identity identity = read_identity(first.identity);
  Change& change = united_[identity.entity][identity.source];
  IdentityRecord all = first;
  for (std::size_t i = 0; i < group.size(); ++i) {
    count_record(readers[group[i]].record(), files_.sum_rules(), change.removed);
    if (i > 0) all.merge(readers[group[i]].record());
  }
  count_record(all, files_.sum_rules(), change.added);
  on_record(all);
}

void EvidenceCombination::retract(const std::vector<IdentityRecordReader>& readers,
                                  const std::vector<std::size_t>& group) {
  for (const std::size_t i : group) {
    const IdentityRecord& record = readers[i].record();
    const Identity identity = read_identity(record.identity);
    count_record(record, files_.sum_rules(),
                 retractions_[i][identity.entity][identity.source].removed);
    retracted_rows_ += record.deliveries;
  }
}

void EvidenceCombination::apply(const Sources& sources, EvidenceEntity& entity,
                                const EvidenceEntityReader& reader) const {
  for (const auto& [key, change] : sources) {
    const auto at = entity.sources.find(key);
    if (at == entity.sources.end()) reader.damaged("the records of a source are not in its sums");
    try {
      entity.change(at, change.added, change.removed);
    } catch (const Error& error) {
      reader.damaged(error.what());
    }
  }
}

// The entity of one state, without what is retracted.
EvidenceEntity EvidenceCombination::one_of(EvidenceEntityReader& reader, std::size_t input) {
  EvidenceEntity entity = reader.entity();
  const auto found = retractions_[input].find(reader.key());
  if (found == retractions_[input].end()) return entity;
  apply(found->second, entity, reader);
  retractions_[input].erase(found);
  EntityNotes& notes = entity.notes;
  if (notes.accepted == 0) {
    notes.least_prior = EntityNotes().least_prior;
    notes.greatest_prior = EntityNotes().greatest_prior;
  } else if (files_.priors() && notes.least_prior != notes.greatest_prior) {
    throw InputError(fmt::format(
        "entity {} has several priors in column '{}', and the state does not say which of them its "
        "remaining rows have: its evidence cannot be retracted. Retract it in the states that this "
        "one was merged from, or make the state again without the rows",
        stats::text_of(reader.key()), files_.request.columns.prior));
  }
  return entity;
}

void EvidenceCombination::entities(const std::function<void(const Leaf&)>& on_entity) {
  std::vector<EvidenceEntityReader> readers;
  for (const std::size_t i : files_.plan.order)
    readers.emplace_back(files_.readers[i], files_.inputs[i].name, files_.priors());
  RecordMerge merge(readers);
  std::string bytes;
  while (!merge.done()) {
    merge.next([&](const std::vector<std::size_t>& group) {
      EvidenceEntityReader& first = readers[group[0]];
      EvidenceEntity all = one_of(first, group[0]);
      for (std::size_t i = 1; i < group.size(); ++i) all.merge(one_of(readers[group[i]], group[i]));
      const auto found = united_.find(first.key());
      if (found != united_.end()) {
        apply(found->second, all, first);
        united_.erase(found);
      }
      if (all.empty()) return;
      bytes.clear();
      all.append_bytes(bytes, files_.priors());
      on_entity({first, all, bytes});
    });
  }
  if (!readers.empty()) require_applied(readers[0]);
}

void EvidenceCombination::require_applied(const EvidenceEntityReader& any) const {
  bool all = united_.empty();
  for (const Changes& changes : retractions_) all = all && changes.empty();
  if (!all) any.damaged("the records of an entity are there, but not the entity");
}

}  // namespace trawl::fold
