#include "fold/evidence/report.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/base/text.hpp>

#include "fold/evidence/lines.hpp"
#include "fold/stats/entity_key.hpp"
#include "fold/stats/sorted_lines.hpp"

namespace trawl::fold {
namespace {

using evidence::Key;
using evidence::Standing;

// What lines of entities are counted by; the rest is known of the population.
constexpr std::uint64_t EvidenceCounts::*counted_by_line[] = {&EvidenceCounts::entities,
                                                              &EvidenceCounts::statements,
                                                              &EvidenceCounts::records,
                                                              &EvidenceCounts::clamped,
                                                              &EvidenceCounts::capped_groups,
                                                              &EvidenceCounts::duplicates,
                                                              &EvidenceCounts::withheld,
                                                              &EvidenceCounts::distrusted,
                                                              &EvidenceCounts::unregistered,
                                                              &EvidenceCounts::holds,
                                                              &EvidenceCounts::holds_if_independent,
                                                              &EvidenceCounts::too_few_sources};

class EvidenceReporter {
 public:
  EvidenceReporter(const EvidenceRequest& request, const EvidencePopulation& population)
      : request_(request),
        population_(population),
        combiner_(rules_of(request)),
        prior_log_odds_(evidence::prior_log_odds(request.prior)) {}

  // Local. The lines of this rank's entities, part by part on all threads, and their counts. In
  // order, before those of equivocations.
  SortedLines entity_lines(EvidenceCounts& counts) const {
    struct Part {
      SortedLines lines;
      EvidenceCounts counts;
    };
    std::array<Part, EvidenceTable::parts> parts;
    parallel_for(parts.size(), request_.search.threads, [&](std::size_t part) {
      population_.table.each_of(part, [&](const Key& key, const EntityState& state) {
        if (state.notes.accepted == 0) return;
        const EntityLine line = entity_line(key, state);
        count(line, parts[part].counts);
        parts[part].lines.emplace_back('\0' + EntityKey{key, {}}.sort_bytes(), line_of(line));
      });
    });
    SortedLines lines;
    for (Part& part : parts) {
      std::ranges::move(part.lines, std::back_inserter(lines));
      part.lines = {};
      merge(counts, part.counts);
    }
    std::ranges::sort(lines);
    return lines;
  }

 private:
  static evidence::Rules rules_of(const EvidenceRequest& request) {
    evidence::Rules rules = request.rules;
    rules.registered_only = request.registered.has_value();
    return rules;
  }

  // Who equivocates loses his votes whether he has any or not, so that both are counted the same.
  Standing standing_of(const Key& source, const SourceState& state) const {
    const auto policy = request_.rules.equivocation;
    if (policy == evidence::Equivocation::distrust &&
        std::ranges::binary_search(population_.distrusted, source))
      return Standing::distrusted;
    if (policy == evidence::Equivocation::distrust_on_entity && state.equivocations > 0)
      return Standing::distrusted;
    if (request_.registered && find(*request_.registered, source) == nullptr)
      return Standing::unregistered;
    return Standing::votes;
  }

  std::uint32_t votes_of(const Key& source) const {
    const RegisteredSource* registered =
        request_.registered ? find(*request_.registered, source) : nullptr;
    return registered == nullptr ? 1 : registered->votes;
  }

  double prior_of(const Key& key, const EntityNotes& notes) const {
    if (request_.columns.prior.empty()) return prior_log_odds_;
    if (notes.least_prior != notes.greatest_prior) {
      throw InputError(
          fmt::format("entity {} has the priors {} and {} in column '{}'. An entity has one prior "
                      "probability: give all its rows the same",
                      stats::text_of(key), to_text(notes.least_prior),
                      to_text(notes.greatest_prior), request_.columns.prior));
    }
    return evidence::prior_log_odds(notes.least_prior);
  }

  EntityLine entity_line(const Key& key, const EntityState& state) const {
    EntityLine line{key, prior_of(key, state.notes), state.notes.refused, {}, {}};
    std::vector<evidence::Statement> statements;
    for (const auto& [number, source] : state.sources) {
      const Key& name = population_.table.source(number);
      statements.push_back({name, &source.sums, standing_of(name, source), votes_of(name)});
    }
    // Who only said two things says nothing, and that is no opinion of 0.
    std::vector<evidence::Statement> speaking;
    std::ranges::copy_if(statements, std::back_inserter(speaking),
                         [](const evidence::Statement& s) {
                           return !s.sums->is_zero() || s.standing != Standing::votes;
                         });
    line.assessment = evidence::assess(speaking, line.prior_log_odds, combiner_);
    add_silent(state, line);
    return line;
  }

  // Sources of which all records are withheld are listed too, with no votes, so that counts close.
  void add_silent(const EntityState& state, EntityLine& line) const {
    std::vector<std::pair<Key, SourceCounts>> counts;
    for (const auto& [number, source] : state.sources) {
      const Key& name = population_.table.source(number);
      counts.emplace_back(name, SourceCounts{source.duplicates, source.withheld});
      if (source.sums.is_zero() && standing_of(name, source) == Standing::votes)
        line.assessment.sources.push_back({name, Standing::votes, 0, 0, 0, 0, 0});
    }
    std::ranges::sort(line.assessment.sources, {}, &evidence::SourceView::source);
    std::ranges::sort(counts, {}, [](const auto& entry) -> const Key& { return entry.first; });
    for (const auto& [name, of_source] : counts) line.counts.push_back(of_source);
  }

  static void count(const EntityLine& line, EvidenceCounts& counts) {
    const evidence::Assessment& a = line.assessment;
    ++counts.entities;
    counts.statements += line.counts.size();
    counts.records += static_cast<std::uint64_t>(a.records);
    counts.clamped += static_cast<std::uint64_t>(a.clamped);
    counts.capped_groups += static_cast<std::uint64_t>(a.capped_groups);
    counts.distrusted += static_cast<std::uint64_t>(a.distrusted);
    counts.unregistered += static_cast<std::uint64_t>(a.unregistered);
    switch (a.combination.guarantee) {
      case evidence::Guarantee::holds:
        ++counts.holds;
        break;
      case evidence::Guarantee::holds_if_independent:
        ++counts.holds_if_independent;
        break;
      case evidence::Guarantee::too_few_sources:
        ++counts.too_few_sources;
        break;
    }
    for (const SourceCounts& source : line.counts) {
      counts.duplicates += static_cast<std::uint64_t>(source.duplicates);
      counts.withheld += static_cast<std::uint64_t>(source.withheld);
    }
  }

  static void merge(EvidenceCounts& into, const EvidenceCounts& from) {
    for (const auto count : counted_by_line) into.*count += from.*count;
  }

  const EvidenceRequest& request_;
  const EvidencePopulation& population_;
  const evidence::Combiner combiner_;
  const double prior_log_odds_;
};

// Local. In order, behind those of entities.
void append_equivocation_lines(SortedLines& lines, const EvidencePopulation& population,
                               const std::vector<std::string>& names, int threads) {
  const std::size_t before = lines.size();
  lines.resize(before + population.equivocations.size());
  parallel_blocks(population.equivocations.size(), threads, [&](std::size_t i) {
    const EquivocationRecords& e = population.equivocations[i];
    std::string order(1, '\1');
    append_candidate(order, e.first);
    lines[before + i] = {std::move(order), line_of(e, names)};
  });
}

}  // namespace

void check_registered(const EvidenceRequest& request) {
  if (!request.registered || !request.columns.source.empty()) return;
  throw InputError(
      "sources are registered, but there is no column of sources: everything is said by one "
      "that is not in the list. Name the column by --source, or leave out --sources");
}

void report(const EvidenceRequest& request, const EvidencePopulation& population,
            const std::vector<std::string>& names, const comm::Comm& comm, EvidenceResult& result) {
  EvidenceCounts counts;
  SortedLines lines;
  comm.agree("weighing the evidence", [&] {
    lines = EvidenceReporter(request, population).entity_lines(counts);
    append_equivocation_lines(lines, population, names, request.search.threads);
  });
  result.lines = lines_in_order(lines, comm);
  counts.equivocations = population.equivocations.size();
  for (const auto count : counted_by_line) counts.*count = comm.sum(counts.*count);
  counts.equivocations = comm.sum(counts.equivocations);
  counts.equivocating_sources = population.distrusted.size();
  counts.refused = population.refusals;
  result.counts = counts;
  result.candidates = population.candidates;
  result.compared = population.compared;
}

}  // namespace trawl::fold
