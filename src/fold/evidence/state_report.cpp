#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <tuple>

#include <trawl/base/error.hpp>
#include <trawl/fold/evidence_state.hpp>

#include "fold/evidence/population.hpp"
#include "fold/evidence/report.hpp"
#include "fold/evidence/state_combine.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

bool is_mine(std::uint64_t hash, const Comm& comm) {
  return owner_of(hash, static_cast<std::size_t>(comm.size())) ==
         static_cast<std::size_t>(comm.rank());
}

// Local. Equivocations of this rank's entities, and all sources that equivocated.
void add_records(EvidenceCombination& all, const Comm& comm, EvidencePopulation& population) {
  std::set<evidence::Key> distrusted;
  all.records([&](const IdentityRecord& record) {
    if (record.contents.size() < 2) return;
    const Identity identity = read_identity(record.identity);
    distrusted.insert(identity.source);
    if (!is_mine(stats::hash_of(identity.entity), comm)) return;
    const auto candidate = [&](std::size_t i) {
      return Candidate{
          identity.entity, identity.source, identity.id, read_content(record.contents[i]), {}};
    };
    population.equivocations.push_back({candidate(0), candidate(1)});
  });
  population.distrusted.assign(distrusted.begin(), distrusted.end());
  std::ranges::sort(population.equivocations, {}, [](const EquivocationRecords& e) {
    return std::tie(e.first.entity, e.first.source, e.first.id);
  });
}

// Local. This rank's entities.
void add_entities(EvidenceCombination& all, const Comm& comm, EvidencePopulation& population) {
  all.entities([&](const EvidenceCombination::Leaf& leaf) {
    if (!is_mine(leaf.at.hash(), comm)) return;
    population.table.at(leaf.at.key()).notes = leaf.entity.notes;
    for (const auto& [key, source] : leaf.entity.sources)
      population.table.at(leaf.at.key(), key) = source;
  });
}

}  // namespace

EvidenceStatesReport report_evidence_states(EvidenceRequest request,
                                            std::span<const std::filesystem::path> states,
                                            const Comm& comm) {
  std::optional<EvidenceStateFiles> files;
  EvidenceStateCounts counts;
  comm.agree("opening the states", [&] {
    request.rules.check();
    evidence::prior_log_odds(request.prior);
    files.emplace(std::move(request), states, store::Overlap::refuse, false);
    if (std::isfinite(files->request.rules.max_group_weight) && !files->form.by_type) {
      throw InputError(
          "--max-group-weight caps each type by itself, and the states do not keep types apart: "
          "make them with --max-group-weight too, of any weight");
    }
    check_registered(files->request);
    files->check(files->request.search.threads, comm.rank(), comm.size());
    counts = files->counts();
  });
  EvidenceStatesReport out{files->inputs, files->plan, files->request, {}, counts.retracted};
  EvidencePopulation population(files->request.rules);
  comm.agree("reading the states", [&] {
    EvidenceCombination all(*files, {});
    add_records(all, comm, population);
    add_entities(all, comm, population);
    out.retracted += all.retracted_rows();
  });
  population.refusals = counts.refusals;  // those of all ranks, on all ranks
  out.evidence.search.total.rows = counts.rows;
  out.evidence.search.total.matches = counts.matches;
  report(files->request, population, {}, comm, out.evidence);
  return out;
}

StateSources sources_in_state(const std::filesystem::path& state) {
  const EvidenceStateFiles files({}, std::vector{state}, store::Overlap::refuse, false);
  StateSources out{files.request.columns.source, false};
  EvidenceEntityReader reader(files.readers[0], files.inputs[0].name, files.priors());
  while (reader.next()) {
    const EvidenceEntity entity = reader.entity();
    if (entity.sources.empty()) continue;
    out.whole_numbers = std::holds_alternative<std::int64_t>(entity.sources.begin()->first);
    break;
  }
  return out;
}

}  // namespace trawl::fold
