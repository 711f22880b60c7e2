// trawl merge: state files of different jobs, days or clusters into one.
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/fold/merge_states.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/retractions.hpp"
#include "command/shares.hpp"
#include "command/state_text.hpp"

namespace trawl::command {

namespace {

struct MergeParams {
  std::vector<fs::path> states;
  fs::path out;
  bool overwrite = false;
  bool ignore_covered = false;
  bool disjoint_ids = false;
  std::optional<fs::path> retract;
  bool json = false;
};

void describe(MergeParams& p, Options& visit) {
  visit.argument("state", p.states, "STATE...", "state files of equal configuration");
  visit.section("What to do");
  visit.required("out", p.out, "FILE", "the state to write");
  visit.flag("overwrite", p.overwrite, "replace FILE if it exists");
  visit.flag("ignore-covered", p.ignore_covered,
             "leave out, and report, a state whose data others cover wholly, instead of refusing");
  visit.flag("disjoint-ids", p.disjoint_ids,
             "no evidence is in two of the states: needed where they do not keep its ids, and "
             "remembered in FILE");
  visit.option(
      "retract", p.retract, "LIST",
      "take back the evidence that LIST names by entity, source and id: CSV (.csv), or JSON "
      "lines (.jsonl), as equivocations stand in evidence.jsonl");
  visit.flag("json", p.json, "print one JSON object about the merge");
}

std::vector<std::string> names_of(const std::vector<std::size_t>& inputs,
                                  const fold::MergedStates& m) {
  std::vector<std::string> names;
  for (const std::size_t i : inputs) names.push_back(m.inputs[i].name);
  return names;
}

Json json_report(const fold::MergedStates& m) {
  Json merged = Json::array(), skipped = Json::array();
  for (const std::size_t i : m.plan.order) {
    merged.push_back({{"state", m.inputs[i].name},
                      {"digest", m.inputs[i].digest},
                      {"covered", json_of(m.inputs[i].coverage)}});
  }
  for (const store::MergePlan::Skipped& s : m.plan.skipped) {
    skipped.push_back(
        {{"state", m.inputs[s.input].name}, {"covered_by", names_of(s.covered_by, m)}});
  }
  return {{"command", "merge"},
          {"status", "complete"},
          {"kind", m.kind},
          {"out", m.written.path.string()},
          {"bytes", m.written.bytes},
          {"digest", m.written.digest},
          {"covered", json_of(m.plan.coverage)},
          {"rows", m.rows},
          {"matches", m.matches},
          {"entities", m.entities},
          {"retracted", m.retracted},
          {"entities_root", hex(m.root)},
          {"merged", std::move(merged)},
          {"skipped", std::move(skipped)}};
}

void tell_story(const fold::MergedStates& m) {
  for (const std::size_t i : m.plan.order) {
    log::story(fmt::format("merged      {}: {}", m.inputs[i].name, text_of(m.inputs[i].coverage)));
  }
  for (const store::MergePlan::Skipped& s : m.plan.skipped) {
    log::warning(fmt::format("left out    {}: covered by {}", m.inputs[s.input].name,
                             fmt::join(names_of(s.covered_by, m), ", ")));
  }
  log::story(fmt::format("state       {}: {}, {} entities, {} matching rows in {} rows",
                         m.written.path.string(), text_of(m.plan.coverage),
                         with_thousands(m.entities), with_thousands(m.matches),
                         with_thousands(m.rows)));
  if (m.retracted > 0)
    log::story(fmt::format("retracted   {} pieces of evidence", with_thousands(m.retracted)));
  log::story(fmt::format("root        {}", hex(m.root)));
}

ExitCode run(const MergeParams& p, const Context& context) {
  std::string printed;
  on_root(context.world, [&] {
    const auto overlap = p.ignore_covered ? store::Overlap::ignore : store::Overlap::refuse;
    fold::MergeOptions options{overlap, p.overwrite, thread_count(0, context.world),
                               p.disjoint_ids};
    if (p.retract) options.retract = read_retractions(*p.retract);
    const fold::MergedStates merged = fold::merge_states(p.states, p.out, options);
    if (p.json) printed = json_report(merged).dump(2) + "\n";
    tell_story(merged);
  });
  print_from_root(context.world, printed);
  return ExitCode::complete;
}

}  // namespace

Json json_of(const store::Coverage& coverage) {
  std::set<std::string> datasets;
  for (const store::CoveredRange& range : coverage.ranges()) datasets.insert(range.dataset);
  return {{"datasets", datasets.size()}, {"row_groups", coverage.row_groups()}};
}

std::string text_of(const store::Coverage& coverage) {
  const Json counts = json_of(coverage);
  return fmt::format("{} datasets ({} row groups)",
                     with_thousands(counts["datasets"].get<std::uint64_t>()),
                     with_thousands(counts["row_groups"].get<std::uint64_t>()));
}

Command merge_command() {
  return make_command<MergeParams>(
      {.name = "merge",
       .summary = "add up state files of different jobs, days or clusters",
       .details =
           "State files, as `trawl stats --state` and `trawl evidence --state` write them, hold "
           "exact sums and name the data they cover. Merged in any order and grouping they give "
           "the same bytes: those of one run over all their data. --from-state of these commands "
           "reports from them.\n\n"
           "Nothing counts twice: states that share a row group are refused, and the files, "
           "dataset and row groups named. Data are known by their content, whatever their files "
           "are called; but a copy that was written anew, with other row groups or another codec, "
           "is other data. States of different columns, predicates, watch lists or fixed-point "
           "units are refused.\n\n"
           "States of evidence keep its ids, so that what several of them hold counts once, and "
           "equivocation is found between them. With --retract the sums are as if that evidence "
           "had "
           "never come, to the byte; FILE remembers it, and it stays retracted when FILE is merged "
           "with states that still have it, or with later data under the same id.\n\n"
           "A state of which any byte is not as written, or whose entities do not lead to the root "
           "that it names, is refused.\n\n"
           "One rank does the work; memory does not depend on the number of entities.",
       .example = "trawl merge monday.h5 tuesday.h5 --out week.h5\n"
                  "trawl merge week.h5 wednesday.h5 --out week.h5 --overwrite",
       .exit_codes = {ExitCode::incomplete}},
      run);
}

}  // namespace trawl::command
