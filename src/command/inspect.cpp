// trawl inspect: what the inputs hold.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/json.hpp>
#include <trawl/base/text.hpp>
#include <trawl/store/dataset.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/inspect_dataset.hpp"
#include "command/inspect_state.hpp"
#include "command/shares.hpp"

namespace trawl::command {

namespace {

using store::DatasetRef;

struct InspectParams {
  std::vector<std::string> inputs;
  std::string table;
  bool scan = true;
  bool json = false;
};

void describe(InspectParams& p, Options& visit) {
  visit.argument("input", p.inputs, "INPUT...",
                 "files, folders, globs (in quotes) or gen: sources; or state files");
  visit.section("Reading");
  visit.option("table", p.table, "PATH", "the table inside HDF5 files that hold several");
  visit.flag(
      "scan", p.scan,
      "do not read the rows of datasets without index (min, max, nulls and distinct stay unknown)");
  visit.section("Output");
  visit.flag("json", p.json, "print one JSON object");
}

// One line per dataset: [index, inspection] or [index, {dataset, location, error}].
std::string inspection_line(const DatasetRef& ref, std::size_t index, bool scan) {
  Json inspection;
  try {
    inspection = inspect_dataset(ref, scan);
  } catch (const DataError& error) {
    inspection = {{"dataset", ref.name}, {"location", ref.location}, {"error", error.what()}};
  }
  const Json line = Json::array({index, std::move(inspection)});
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Collective. The inspections in dataset order, on all ranks.
std::vector<Json> inspect_all(const std::vector<DatasetRef>& refs, bool scan,
                              const comm::Comm& world) {
  std::vector<std::uint64_t> weights;
  for (const DatasetRef& ref : refs) weights.push_back(ref.bytes);
  std::string lines;
  world.agree("inspecting", [&] {
    for (const std::size_t i : share_of(weights, world.size(), world.rank())) {
      lines += inspection_line(refs[i], i, scan);
    }
  });
  std::vector<Json> all(refs.size());
  for (const std::string& text : world.all_gather_text(lines)) {
    for (const std::string& line : split(text, '\n')) {
      if (line.empty()) continue;
      Json json = parse_json(line, "inspection of a rank");
      all[json[0].get<std::size_t>()] = std::move(json[1]);
    }
  }
  return all;
}

// Root. Of those inputs that are state files.
std::vector<Json> inspect_states(const InspectParams& p) {
  std::vector<Json> states;
  for (const std::string& input : p.inputs) {
    if (!is_state_file(input)) continue;
    try {
      states.push_back(inspect_state(input, p.scan));
    } catch (const DataError& error) {
      states.push_back({{"dataset", input}, {"location", input}, {"error", error.what()}});
    }
  }
  return states;
}

// Root. Those that are not.
std::vector<DatasetRef> dataset_inputs(const InspectParams& p) {
  std::vector<std::string> inputs;
  for (const std::string& input : p.inputs)
    if (!is_state_file(input)) inputs.push_back(input);
  if (inputs.empty() && !p.inputs.empty()) return {};
  return store::list_inputs(inputs, p.table);
}

std::string people_text(const std::vector<Json>& inspections) {
  std::string text;
  std::uint64_t rows = 0;
  std::uint64_t failed = 0;
  std::uint64_t states = 0;
  for (const Json& inspection : inspections) {
    if (inspection.contains("error")) {
      ++failed;
      text += fmt::format("{}: failed: {}\n\n", inspection["dataset"].get<std::string>(),
                          inspection["error"].get<std::string>());
    } else if (inspection.contains("state")) {
      ++states;
      text += state_text(inspection) + "\n";
    } else {
      rows += inspection["rows"].get<std::uint64_t>();
      text += inspection_text(inspection) + "\n";
    }
  }
  if (states > 0) text += fmt::format("{} states, ", with_thousands(states));
  return text + fmt::format("{} datasets, {} rows, {} failed\n",
                            with_thousands(inspections.size() - states), with_thousands(rows),
                            failed);
}

std::string json_text(const std::vector<Json>& inspections, bool complete) {
  Json json;
  json["command"] = "inspect";
  json["status"] = complete ? "complete" : "incomplete";
  json["datasets"] = Json::array();
  json["failed"] = Json::array();
  for (const Json& inspection : inspections) {
    json[inspection.contains("error")   ? "failed"
         : inspection.contains("state") ? "states"
                                        : "datasets"]
        .push_back(inspection);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

ExitCode run(const InspectParams& p, const Context& context) {
  const comm::Comm& world = context.world;
  const auto refs =
      store::parse_refs(from_root(world, [&] { return store::format_refs(dataset_inputs(p)); }));
  std::vector<Json> inspections = inspect_all(refs, p.scan, world);
  const Json states = parse_json(
      from_root(
          world,
          [&] {
            return Json(inspect_states(p)).dump(-1, ' ', false, Json::error_handler_t::replace);
          }),
      "inspection of states");
  inspections.insert(inspections.end(), states.begin(), states.end());
  const bool complete = std::ranges::none_of(
      inspections, [](const Json& inspection) { return inspection.contains("error"); });
  print_from_root(world, p.json ? json_text(inspections, complete) : people_text(inspections));
  return complete ? ExitCode::complete : ExitCode::incomplete;
}

}  // namespace

Command inspect_command() {
  return make_command<InspectParams>(
      {.name = "inspect",
       .summary = "show what datasets hold: columns, types, row groups, ranges, digests",
       .details = "Datasets that trawl wrote are described by their index, without reading rows. "
                  "Other HDF5 files and gen: "
                  "sources are read whole for min, max, NULLs and distinct values, unless "
                  "--no-scan is given. Distinct values "
                  "are estimates (standard error 1.6 %); text bounds are cut to 32 bytes.\n\n"
                  "Of state files: what is summed, what they cover, and the root that proofs lead "
                  "to. Every byte of them is compared with its digest, unless --no-scan is given.",
       .example = "trawl inspect flights\ntrawl inspect --json 'data/*.h5'",
       .exit_codes = {ExitCode::incomplete}},
      run);
}

}  // namespace trawl::command
