#include "fold/evidence/population.hpp"

#include <algorithm>
#include <bit>
#include <set>

#include <trawl/base/parallel.hpp>
#include <trawl/core/evidence/normalise.hpp>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

// Runs of equal `part`s of sorted records: calls function(records of the run).
template <class Part, class Function>
void for_each_run(std::span<const std::string_view> records, const Part& part,
                  const Function& function) {
  for (std::size_t begin = 0; begin < records.size();) {
    std::size_t end = begin + 1;
    while (end < records.size() && part(records[end]) == part(records[begin])) ++end;
    function(records.subspan(begin, end - begin));
    begin = end;
  }
}

std::string_view identity_of(std::string_view record) {
  return split_candidate(record).identity;
}

std::string_view content_of(std::string_view record) {
  return split_candidate(record).content;
}

}  // namespace

EvidencePopulation::EvidencePopulation(const evidence::Rules& rules)
    : table(std::isfinite(rules.max_group_weight)), rules_(rules) {}

void EvidencePopulation::add(const EvidencePiece& piece) {
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
            contribution_of(record.content));
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

evidence::Contribution EvidencePopulation::contribution_of(const RecordContent& content) const {
  return evidence::normalise(std::bit_cast<double>(content.log_odds),
                             std::bit_cast<double>(content.weight), rules_.max_log_odds);
}

EvidencePopulation::Rows EvidencePopulation::take_rows() {
  const std::lock_guard lock(rows_mutex_);
  if (spare_rows_.empty()) return {};
  Rows rows = std::move(spare_rows_.back());
  spare_rows_.pop_back();
  return rows;
}

void EvidencePopulation::give_back(Rows&& rows) {
  for (auto& of_part : rows) of_part.clear();
  const std::lock_guard lock(rows_mutex_);
  spare_rows_.push_back(std::move(rows));
}

void EvidencePopulation::resolve(const comm::Comm& comm, int threads) {
  spare_rows_ = {};
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
  const std::size_t at_once = comm.max(static_cast<std::uint64_t>(std::max(threads, 1)));
  for (std::size_t first = 0; first < EvidenceTable::parts; first += at_once) {
    const std::size_t count = std::min(at_once, EvidenceTable::parts - first);
    std::vector<std::vector<std::vector<char>>> received;
    for (std::size_t part = first; part < first + count; ++part) {
      std::vector<std::vector<char>> mine;
      comm.agree("sharing records that may come twice",
                 [&] { mine = pending_.take_part(part, static_cast<std::size_t>(comm.size())); });
      received.push_back(comm.exchange(mine));
    }
    comm.agree("removing duplicates", [&] {
      parallel_for(count, threads, [&](std::size_t i) {
        for_each_run(sorted_records(received[i]), identity_of,
                     [&](std::span<const std::string_view> run) { resolve_identity(run); });
      });
    });
  }
}

// Sorted records of one identity: by content, then place. Several entities of different parts at
// once.
void EvidencePopulation::resolve_identity(std::span<const std::string_view> records) {
  std::vector<std::string_view> contents;  // each at its least place
  for_each_run(records, content_of,
               [&](std::span<const std::string_view> run) { contents.push_back(run[0]); });
  Candidate first = read_candidate(split_candidate(contents[0]));
  SourceState& source = table.at(first.entity, first.source);
  source.duplicates += static_cast<std::int64_t>(records.size() - contents.size());
  if (contents.size() == 1) {
    table.add(source, first.content.type, contribution_of(first.content));
    return;
  }
  source.withheld += static_cast<std::int64_t>(contents.size());
  ++source.equivocations;
  EquivocationRecords both{std::move(first), read_candidate(split_candidate(contents[1]))};
  const std::lock_guard lock(mutex_);
  equivocations.push_back(std::move(both));
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
