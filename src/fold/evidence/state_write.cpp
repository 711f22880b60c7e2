#include "fold/evidence/state_write.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

#include "fold/evidence/spilled_records.hpp"
#include "fold/evidence/state.hpp"
#include "fold/evidence/state_record.hpp"
#include "fold/evidence/state_root.hpp"
#include "fold/state_plan.hpp"
#include "fold/stats/state.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

constexpr std::string_view phase = "writing the state";

// Where records can wait: beside the state, so that there is room, or where this node has files
// that do not last.
fs::path spill_folder(const fs::path& state) {
  const fs::path beside = fs::absolute(state).parent_path();
  return fs::is_directory(beside) ? beside : fs::temp_directory_path();
}

// All records, once more from the data.
class RecordPass {
 public:
  RecordPass(const EvidenceRequest& request, const Comm& comm, EvidencePopulation& population)
      : request_(request), columns_(request.columns), comm_(comm), population_(population) {}

  // Collective. False: interrupted.
  bool run(const SearchHooks& hooks, const EvidenceResult& result) {
    std::optional<IdentityScreen> every;
    comm_.agree(phase, [&] {
      every.emplace(Comm::solo(), 1);
      every->repeat_all();
      spill_.emplace(spill_folder(request_.state));
    });
    SearchRequest again = request_.search;
    again.audit = 0;
    SearchHooks reading;
    reading.on_tick = hooks.on_tick;
    reading.stop = hooks.stop;
    reading.bytes_wanted = false;
    reading.make_summary = [&] {
      return std::make_unique<RecordSpiller>(request_, columns_, *every, population_, *spill_);
    };
    PhaseTimer timer;
    const SearchResult search = fold::search(again, comm_, reading, timer);
    if (search.status == Status::interrupted) return false;
    comm_.agree(phase, [&] {
      if (comm_.is_root() && search.total.matches != result.search.total.matches) changed();
    });
    return true;
  }

  // Collective.
  void write(const EvidenceResult& result, store::StateWriter* writer) {
    const SpilledCounts found = collect_records(
        *spill_, comm_, [&](std::string_view records) { writer->append(bytes_of(records)); });
    comm_.agree(phase, [&] {
      if (!comm_.is_root()) return;
      const EvidenceCounts& c = result.counts;
      const SpilledCounts expected{c.records + c.duplicates + c.withheld,
                                   c.records + c.equivocations, c.equivocations};
      if (found != expected) changed();
    });
  }

 private:
  [[noreturn]] static void changed() {
    throw CheckError(
        "the pass over the data for the state saw other records than the one that added them up: "
        "something changed or damaged the data meanwhile. Run again");
  }

  const EvidenceRequest& request_;
  const EvidencePositions columns_;
  const Comm& comm_;
  EvidencePopulation& population_;
  std::optional<RecordSpill> spill_;
};

// Collective. Identities that equivocate, with the two records that prove it: on root, as bytes of
// the section.
std::string equivocating_records(const EvidencePopulation& population, const Comm& comm) {
  std::vector<std::vector<char>> parts(static_cast<std::size_t>(comm.size()));
  comm.agree(phase, [&] {
    for (const EquivocationRecords& e : population.equivocations) {
      IdentityRecord record;
      for (const Candidate* candidate : {&e.first, &e.second}) {
        std::string bytes;
        append_candidate(bytes, *candidate);
        const CandidateBytes split = split_candidate(bytes);
        record.identity = split.identity;
        record.contents.emplace_back(split.content);
      }
      std::string bytes;
      record.append_bytes(bytes);
      std::string sized;
      put_text(sized, record.identity);
      put_text(sized, bytes);
      parts[0].insert(parts[0].end(), sized.begin(), sized.end());
    }
  });
  const auto received = comm.exchange(parts);
  std::vector<std::pair<IdentityOrder, std::string_view>> all;
  std::string out;
  comm.agree(phase, [&] {
    for (const std::vector<char>& part : received) {
      for (std::string_view rest(part.data(), part.size()); !rest.empty();) {
        std::string identity(take_text(rest));
        all.emplace_back(IdentityOrder(std::move(identity)), take_text(rest));
      }
    }
    std::ranges::sort(all);
    for (const auto& [order, bytes] : all) out += bytes;
  });
  return out;
}

EvidenceStateCounts counts_of_state(const EvidenceResult& result) {
  EvidenceStateCounts counts;
  counts.rows = result.search.total.scanned + result.search.total.pruned;
  counts.matches = result.search.total.matches;
  counts.refusals = result.counts.refused;
  return counts;
}

}  // namespace

SearchHooks EvidenceStateJob::hooked(SearchHooks hooks) {
  if (!wanted()) return hooks;
  return planning_state(std::move(hooks), comm_, [this](const Opened& opened, const auto& lists) {
    if (!request_.state.empty()) check_distinct(opened);
    configuration_ = evidence_configuration(request_, opened, lists);
  });
}

void EvidenceStateJob::write(EvidencePopulation& population, const SearchHooks& hooks,
                             PhaseTimer& timer, EvidenceResult& result) {
  // Rows that were taken for pruned with a wrong proof are missing in the sums.
  if (!wanted() || result.search.audit.hits > 0) return;
  timer.begin("state");
  std::optional<SortedEvidence> entities;
  comm_.agree(phase, [&] { entities.emplace(population.table, !request_.columns.prior.empty()); });
  const auto root = root_of(*entities, configuration_, request_.search.threads, comm_);
  if (root) result.entities_root = root->root;
  if (request_.state.empty()) return timer.end();
  std::optional<RecordPass> pass;
  if (request_.state_ids && !request_.columns.id.empty()) {
    pass.emplace(request_, comm_, population);
    if (!pass->run(hooks, result)) {
      result.search.status = Status::interrupted;
      return timer.end();
    }
  }
  std::unique_ptr<store::StateWriter> writer;  // root only
  comm_.agree(phase, [&] {
    if (!comm_.is_root()) return;
    writer = std::make_unique<store::StateWriter>(request_.state, std::string(evidence_kind),
                                                  configuration_, request_.overwrite_state);
    writer->set_coverage(state_coverage(result.search));
    writer->add_section(records_section);
  });
  if (pass) {
    pass->write(result, writer.get());
  } else {
    const std::string records = equivocating_records(population, comm_);
    if (comm_.is_root()) writer->append(bytes_of(records));
  }
  comm_.agree(phase, [&] {
    if (!comm_.is_root()) return;
    counts_of_state(result).write(*writer);
    write_retracted({}, *writer);
    writer->add_section(evidence_entities_section);
  });
  const Pieces pieces{[&] { return entities->next_piece(Pieces::bytes); },
                      [&] { return entities->done(); }};
  collect_pieces(phase, pieces, comm_,
                 [&](std::string_view records) { writer->append(bytes_of(records)); });
  comm_.agree(phase, [&] {
    if (!comm_.is_root()) return;
    root.value().write(*writer);
    result.state = writer->finish();
  });
  timer.end();
}

}  // namespace trawl::fold
