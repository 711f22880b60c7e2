// trawl generate evidence: statements of sources about entities, a pure function of the options.
#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <trawl/base/json.hpp>
#include <trawl/store/evidence_source.hpp>

#include "command/commands.hpp"
#include "command/generated_output.hpp"
#include "command/shares.hpp"

namespace trawl::command {

namespace {

using store::EvidenceSource;

struct GenerateEvidenceParams {
  store::EvidenceParams source;
  GeneratedOutput output;
};

void describe(GenerateEvidenceParams& p, Options& visit) {
  describe_size(p.source, visit);
  visit.option("entities", p.source.entities, Range{1}, "N", "entities that evidence is about");
  visit.option("sources", p.source.sources, Range{1}, "N", "sources that state it");
  visit.option("case-rate", p.source.case_rate, Range{0.0, 1.0}, "RATE",
               "share of entities that are cases");
  visit.option("lying-sources", p.source.lying_sources, Range{0.0, 1.0}, "SHARE",
               "share of sources that say the contrary of what is true, of all entities");
  visit.option("duplicates", p.source.duplicates, Range{0.0, 1.0, true}, "SHARE",
               "share of rows that repeat an earlier one: same id, same values");
  visit.option("equivocations", p.source.equivocations, Range{0.0, 1.0, true}, "SHARE",
               "share of rows that contradict an earlier one: same id, other log_odds");
  visit.option("equivocating-sources", p.source.equivocating_sources, Range{0.0, 1.0}, "SHARE",
               "share of sources that equivocate: lying ones first, others when these are too few");
  describe(p.output, visit);
}

void check(const GenerateEvidenceParams& p, Problems& problems) {
  check_source<EvidenceSource>(p.source, p.output, problems);
}

// What was done to the rows of all datasets.
struct Done {
  std::uint64_t duplicates = 0, equivocations = 0, contradicted = 0;
  std::set<std::uint64_t> equivocating;
};

// Collective. The copies among the rows of this rank's datasets.
EvidenceSource::Copies copies_here(const EvidenceSource& source, int threads,
                                   const comm::Comm& world) {
  const EvidenceSource::Shape shape = source.shape();
  const std::vector<std::uint64_t> weights(shape.datasets, shape.rows);
  const auto mine = share_of(weights, world.size(), world.rank());
  std::vector<EvidenceSource::Copies> counts(mine.size());
  for_each_parallel(mine.size(), thread_count(threads, world), [&](std::size_t i) {
    counts[i] = source.count_copies(mine[i], 0, shape.rows);
  });
  EvidenceSource::Copies total;
  for (const EvidenceSource::Copies& count : counts) {
    total.duplicates += count.duplicates;
    total.equivocations += count.equivocations;
    total.contradicted.insert(total.contradicted.end(), count.contradicted.begin(),
                              count.contradicted.end());
  }
  return total;
}

// Collective. 8 bytes for each equivocation. Several may contradict one row, from several ranks:
// each row is counted by one.
Done count_done(const EvidenceSource& source, int threads, const comm::Comm& world) {
  const EvidenceSource::Copies here = copies_here(source, threads, world);
  const auto ranks = static_cast<std::uint64_t>(world.size());
  std::vector<std::vector<std::uint64_t>> parts(ranks);
  for (const std::uint64_t row : here.contradicted) parts[row % ranks].push_back(row);
  std::vector<std::uint64_t> rows;
  for (const auto& part : world.exchange(parts)) rows.insert(rows.end(), part.begin(), part.end());
  std::ranges::sort(rows);
  const auto again = std::ranges::unique(rows);
  rows.erase(again.begin(), again.end());
  Done done{world.sum(here.duplicates),
            world.sum(here.equivocations),
            world.sum(static_cast<std::uint64_t>(rows.size())),
            {}};
  for (const std::uint64_t row : rows) done.equivocating.insert(source.source_of(row));
  const std::vector<std::uint64_t> mine(done.equivocating.begin(), done.equivocating.end());
  const auto all = world.all_gather(std::span<const std::uint64_t>(mine));
  done.equivocating.insert(all.begin(), all.end());
  return done;
}

std::string truth_text(const EvidenceSource& source, const Done& done) {
  const store::EvidenceParams& params = source.params();
  Json truth;
  truth["source"] = source.canonical();
  truth["rows"] = params.datasets * params.rows;
  truth["duplicates"] = done.duplicates;
  truth["equivocations"] = done.equivocations;
  truth["contradicted"] = done.contradicted;
  truth["equivocating_sources"] = done.equivocating;
  truth["lying_sources"] = Json::array();
  for (std::uint64_t s = 0; s < params.sources; ++s)
    if (source.is_liar(s)) truth["lying_sources"].push_back(s);
  truth["cases"] = Json::array();
  for (std::uint64_t e = 0; e < params.entities; ++e)
    if (source.is_case(e)) truth["cases"].push_back(e);
  return truth.dump() + "\n";
}

ExitCode run(const GenerateEvidenceParams& p, const Context& context) {
  const EvidenceSource source(source_params(p.source, p.output));
  const Done done = count_done(source, p.output.threads, context.world);
  write_generated(
      source, p.output, "truth.json", [&] { return truth_text(source, done); },
      "cases, liars and copies", context.world);
  return ExitCode::complete;
}

}  // namespace

Command generate_evidence_command() {
  return make_command<GenerateEvidenceParams>(
      {.name = "generate evidence",
       .summary = "write datasets of evidence whose truth is known",
       .details =
           "Writes DIR/evidence-00000.h5 and so on, with the columns id, entity, source, type, "
           "time, log_odds and weight: what a source states about an entity. Honest sources "
           "scatter about the truth, lying ones about twice its contrary. Row i of dataset d is a "
           "function of the parameters, d and i alone, so the files are the same for any number of "
           "ranks and threads.\n\n"
           "DIR/truth.json says what was done: cases (the entities that are), lying_sources, "
           "duplicates and equivocations (rows), contradicted (pieces of evidence that "
           "equivocations contradict) and equivocating_sources (those that do).\n\n"
           "The same data can be used without being stored: "
           "`gen:evidence?datasets=8&rows=1000000&seed=42&lying_sources=0.33`.",
       .example =
           "mpirun -n 4 trawl generate evidence --datasets 8 --rows 1000000 --seed 42 --out data",
       .exit_codes = {ExitCode::incomplete}},
      run, check);
}

}  // namespace trawl::command
