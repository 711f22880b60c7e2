// `trawl evidence`: its options, and how its result is printed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/fold/evidence.hpp>

#include "command/command.hpp"
#include "command/search.hpp"

namespace trawl::command {

struct EvidenceParams {
  std::vector<std::string> inputs;
  // Columns. Not given: the one of this name, if there is one. "": none.
  std::optional<std::string> entity, log_odds, weight, source, id, time, type;
  std::optional<double> prior;  // 0.5
  std::string prior_column;
  std::optional<std::filesystem::path> sources;  // registered ones; all vote without
  std::string where = "TRUE";
  std::string table;
  double max_log_odds = 50;
  std::optional<double> max_group_weight;  // no cap
  double byzantine = 0.33;
  evidence::Equivocation equivocation = evidence::Equivocation::distrust;
  double confidence = 0.95;
  std::optional<std::uint64_t> top;
  MatchFormat format = MatchFormat::table;
  bool json = false;
  std::optional<std::filesystem::path> out;
  std::optional<std::filesystem::path> gold;
  std::optional<std::filesystem::path> html;
  std::optional<std::filesystem::path> state;
  bool state_without_ids = false;
  std::vector<std::filesystem::path> from_state;
  ScanParams scan;
  RunParams run;
  double checkpoint = 300;
  std::uint64_t screen_memory = 4096, compare_memory = 1024;  // MiB
};

void describe(EvidenceParams& p, Options& visit);
extern const About evidence_about;

// Collective. One whole run, as `trawl replay` repeats it; reporting is the caller's. No state is
// written; its root is certified.
Recorded run_evidence_job(const EvidenceParams& params, const Context& context);

// Collective. `trawl evidence --from-state`: the report of states instead of data.
ExitCode report_evidence_states(const EvidenceParams& params, const Context& context);
// What contradicts --from-state, which must be given.
void check_evidence_from_state(const EvidenceParams& params, Problems& problems);

// Local. How to weigh and to report, of data or of states; no registered sources.
fold::EvidenceRequest report_request(const EvidenceParams& params);

// Root. evidence.jsonl for people and programs: one row per entity, all in canonical order, or the
// `top` with the greatest log-odds, strongest first. As jsonl equivocations come too, unless `top`.
std::string format_evidence(std::string_view lines, MatchFormat format,
                            std::optional<std::uint64_t> top);

}  // namespace trawl::command
