#include "fold/evidence/population.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include <trawl/base/parallel.hpp>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
EvidencePopulation::EvidencePopulation(const evidence::Rules& rules)
    : table(std::isfinite(rules.max_group_weight)), rules_(rules) {}

void EvidencePopulation::add(EvidencePiece& piece) {
  table.add(piece);
  const std::lock_guard lock(mutex_);
  refusals.merge(piece.refusals);
  candidates += piece.candidate_ends.size();
  for (std::size_t i = 0; i < piece.candidate_ends.size(); ++i) {
    const std::uint64_t hash = piece.entities.hash(piece.candidate_entities[i]);
    pending_.add(hash, piece.candidate(i));
  }
}

// The counts are with the first part.
std::string EvidencePopulation::part_to_bytes(std::size_t part) const {
  std::string table_bytes, out;
  table.append_part(table_bytes, part);
  put(out, screened);
  put(out, part == 0 ? refusals : EvidenceRefusals());
  put(out, part == 0 ? candidates : std::uint64_t{0});
  put(out, static_cast<std::uint64_t>(table_bytes.size()));
  out += table_bytes;
  pending_.append_part(out, part);
  return out;
}

std::uint64_t EvidencePopulation::screened_of(std::string_view part) {
  return take<std::uint64_t>(part);
}

void EvidencePopulation::merge(std::string_view bytes) {
  take<std::uint64_t>(bytes);  // screened: for who resumes to compare
  refusals.merge(take<EvidenceRefusals>(bytes));
  candidates += take<std::uint64_t>(bytes);
  table.merge_bytes(take_bytes(bytes, take<std::uint64_t>(bytes)));
  pending_.merge(bytes);
}

void EvidencePopulation::add(const Candidate& candidate, double prior) {
  EvidencePiece piece;
  piece.entities.number(candidate.entity);
  piece.note(0) = {1, 0, prior, prior};
  append_candidate(piece.candidates, candidate);
  piece.candidate_ends = {piece.candidates.size()};
  piece.candidate_entities = {0};
  add(piece);
}

void EvidencePopulation::add_unique(const Candidate& record, double prior) {
  EvidencePiece piece;
  piece.entities.number(record.entity);
  piece.note(0) = {1, 0, prior, prior};
  add(piece);
  table.add(table.at(record.entity, record.source), record.content.type,
            contribution_of(record.content, rules_));
}

void EvidencePopulation::refuse(RowRefusal refusal, const evidence::Key* entity) {
  EvidencePiece piece;
  count(piece.refusals, refusal);
  if (entity != nullptr) {
    piece.entities.number(*entity);
    piece.note(0).refused = 1;
  }
  add(piece);
}

EvidencePiece EvidencePopulation::take_piece() {
  const std::lock_guard lock(spare_mutex_);
  if (spare_.empty()) return {};
  EvidencePiece piece = std::move(spare_.back());
  spare_.pop_back();
  return piece;
}

void EvidencePopulation::give_back(EvidencePiece&& piece) {
  piece.clear();
  const std::lock_guard lock(spare_mutex_);
  spare_.push_back(std::move(piece));
}

void EvidencePopulation::resolve(const comm::Comm& comm, int threads) {
  spare_ = {};
  table.exchange(comm, threads);
  resolve_pending(comm, threads);
  std::ranges::sort(equivocations, {}, [](const EquivocationRecords& e) {
    return std::tie(e.first.entity, e.first.source, e.first.id);
  });
  share_distrust(comm);
  for (std::uint64_t* count : {&refusals.null, &refusals.inexact, &refusals.nan_log_odds,
                               &refusals.bad_weight, &refusals.bad_prior, &candidates})
    *count = comm.sum(*count);
}

// Collective. Some parts at a time: what is on its way stays small beside what waits.
void EvidencePopulation::resolve_pending(const comm::Comm& comm, int threads) {
  const auto ranks = static_cast<std::size_t>(comm.size());
  const std::size_t at_once = comm.max(static_cast<std::uint64_t>(std::max(threads, 1)));
  for (std::size_t first = 0; first < EvidenceTable::parts; first += at_once) {
    const std::size_t count = std::min(at_once, EvidenceTable::parts - first);
    std::vector<std::vector<std::vector<char>>> records(count);
    comm.agree("sharing records that may come twice", [&] {
      parallel_for(count, threads,
                   [&](std::size_t i) { records[i] = pending_.take_part(first + i, ranks); });
    });
    for (auto& of_part : records) of_part = comm.exchange(of_part);
    comm.agree("removing duplicates", [&] {
      parallel_for(count, threads, [&](std::size_t i) {
        Resolver resolver(table, rules_);
        resolver.add(sorted_records(records[i]));
        const std::lock_guard lock(mutex_);
        std::ranges::move(resolver.equivocations, std::back_inserter(equivocations));
      });
    });
  }
}

// Collective.
void EvidencePopulation::share_distrust(const comm::Comm& comm) {
  std::set<evidence::Key> sources;
  for (const EquivocationRecords& e : equivocations) sources.insert(e.first.source);
  std::string mine;
  for (const evidence::Key& source : sources) put_key(mine, source);
  for (const std::string& text : comm.all_gather_text(mine)) {
    std::string_view rest = text;
    while (!rest.empty()) sources.insert(take_key(rest));
  }
  distrusted.assign(sources.begin(), sources.end());
}

}  // namespace trawl::fold
