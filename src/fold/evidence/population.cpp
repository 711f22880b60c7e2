#include "fold/evidence/population.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

#include <trawl/base/parallel.hpp>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
EvidencePopulation::EvidencePopulation(const evidence::Rules& rules, PendingMemory pending)
    : table(std::isfinite(rules.max_group_weight)), rules_(rules), pending_(std::move(pending)) {}

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
                               &refusals.bad_weight, &refusals.bad_prior, &candidates, &compared})
    *count = comm.sum(*count);
}

// Collective. Some shares at a time, of all parts: what is on its way stays small.
void EvidencePopulation::resolve_pending(const comm::Comm& comm, int threads) {
  constexpr std::size_t parts = EvidenceTable::parts;
  constexpr std::uint64_t step_bytes = std::uint64_t{64} << 20;  // of a rank, about
  const auto ranks = static_cast<std::size_t>(comm.size());
  std::vector<std::uint64_t> bytes = pending_.share_bytes();
  comm.all_sum(bytes);
  for (std::size_t first = 0, last = 0; first < bytes.size(); first = last) {
    for (std::uint64_t sum = 0; last < bytes.size(); ++last) {
      sum += bytes[last];
      if (last > first && sum > ranks * step_bytes) break;
    }
    std::array<std::vector<std::vector<char>>, parts> of_part;
    comm.agree("sharing records that may come twice", [&] {
      parallel_for(parts, threads, [&](std::size_t part) {
        of_part[part] = pending_.take_shares(part, first, last, ranks);
      });
    });
    for (auto& records : of_part) records = comm.exchange(records);
    comm.agree("removing duplicates", [&] {
      parallel_for(parts, threads, [&](std::size_t part) {
        Resolver resolver(table, rules_);
        resolver.add(sorted_records(of_part[part]));
        const std::lock_guard lock(mutex_);
        compared += resolver.compared;
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
