#include <fmt/format.h>

#include <trawl/base/file.hpp>
#include <trawl/base/json.hpp>
#include <trawl/base/log.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/csv_text.hpp"
#include "command/sweep_plan.hpp"

namespace trawl::command {
namespace {

struct SweepParams {
  fs::path file;
  std::optional<std::uint64_t> point;
  fs::path out = "sweep";
  bool count = false;
  bool collect = false;
};

void describe(SweepParams& p, Options& visit) {
  visit.argument("file", p.file, "FILE",
                 "the sweep: a config file in which `sweep option = a | b | c` lists values");
  visit.section("What to do (default: list the points)");
  visit.flag("count", p.count, "print the number of points, for the size of a job array");
  visit.option("point", p.point, Range{1, 100'000}, "N",
               "run point N; one that is done already is left alone");
  visit.flag("collect", p.collect, "gather the records of all points into OUT/sweep.csv");
  visit.option("out", p.out, "DIR", "where the points are recorded, as DIR/point-00001 and so on");
}

void check(const SweepParams& p, Problems& problems) {
  if (int{p.count} + int{p.collect} + int{p.point.has_value()} > 1) {
    problems.push_back("--count, --point and --collect are three things to do: choose one");
  }
}

fs::path place_of(const SweepParams& params, std::uint64_t number) {
  return params.out / fmt::format("point-{:05}", number);
}

std::string list_points(const SweepPlan& plan) {
  std::string text =
      fmt::format("{} points of trawl {}\n", plan.points.size(), plan.command->about.name);
  for (std::size_t i = 0; i < plan.points.size(); ++i) {
    text += fmt::format("{:>6}", i + 1);
    for (const auto& [option, value] : plan.points[i].swept)
      text += fmt::format("  {} = {}", option, value);
    text += '\n';
  }
  return text;
}

ExitCode run_point(const SweepParams& params, const SweepPlan& plan, std::uint64_t number,
                   const Context& context) {
  const fs::path place = place_of(params, number), config = place.string() + ".cfg";
  std::string done;
  on_root(context.world, [&] {
    if (number > plan.points.size()) {
      throw InputError(
          fmt::format("there is no point {}: the sweep has {}", number, plan.points.size()));
    }
    done = fs::exists(place) ? "yes" : "";
    if (!done.empty()) return;
    fs::create_directories(params.out);
    write_file_atomically(config, plan.points[number - 1].config, true);
  });
  context.world.broadcast(done);
  if (!done.empty()) {
    log::story(fmt::format("point {} is done already: '{}'", number, place.string()));
    return ExitCode::complete;
  }
  return plan.command->run({"--config", config.string(), "--run-dir", place.string()},
                           context.session);
}

constexpr const char* coverage_columns[] = {"rows",       "scanned",         "pruned", "failed",
                                            "candidates", "false_positives", "matches"};
constexpr const char* performance_columns[] = {"seconds", "rows_per_second", "ranks",
                                               "threads", "bytes_read",      "load_balance"};

std::string csv_header(const SweepPlan& plan) {
  std::string text = "point";
  for (const std::string& option : plan.swept) text += "," + csv_field(option);
  text += ",status";
  for (const char* column : coverage_columns) text += fmt::format(",{}", column);
  for (const char* column : performance_columns)
    text += fmt::format(",run_{}", column);  // `threads` may be swept, too
  return text + ",result_digest,certificate\r\n";
}

// What a record does not have stays empty; a point that was not run has the status "missing".
std::string csv_line(const SweepPlan& plan, std::uint64_t number, const Json& record) {
  const auto value = [](const Json& object, const char* key) {
    return object.contains(key) ? object[key].dump() : "";
  };
  std::string text = std::to_string(number);
  for (const auto& [option, setting] : plan.points[number - 1].swept)
    text += "," + csv_field(setting);
  text += "," + record.value("status", "missing");
  const Json coverage = record.value("coverage", Json::object()),
             performance = record.value("performance", Json::object());
  for (const char* column : coverage_columns) text += "," + value(coverage, column);
  for (const char* column : performance_columns) text += "," + value(performance, column);
  return text + "," + record.value("result_digest", "") + "," + record.value("certificate", "") +
         "\r\n";
}

struct Collected {
  fs::path path;
  std::size_t missing = 0;
};

Collected collect(const SweepParams& params, const SweepPlan& plan) {
  Collected collected{params.out / "sweep.csv", 0};
  std::string text = csv_header(plan);
  for (std::uint64_t number = 1; number <= plan.points.size(); ++number) {
    const fs::path file = place_of(params, number) / "run_record.json";
    const bool there = fs::exists(file);
    collected.missing += there ? 0 : 1;
    text +=
        csv_line(plan, number, there ? parse_json(read_file(file), file.string()) : Json::object());
  }
  write_file_atomically(collected.path, text, true);
  return collected;
}

ExitCode run_sweep(const SweepParams& params, const Context& context) {
  const std::string text = file_from_root(context.world, params.file);
  SweepPlan plan;
  context.world.agree("reading the sweep", [&] { plan = plan_sweep(text, params.file.string()); });
  if (params.point) return run_point(params, plan, *params.point, context);
  if (!params.collect) {
    print_from_root(context.world,
                    params.count ? fmt::format("{}\n", plan.points.size()) : list_points(plan));
    return ExitCode::complete;
  }
  std::string missing;
  on_root(context.world, [&] {
    const Collected collected = collect(params, plan);
    log::story(fmt::format("{} points, {} missing: '{}'", plan.points.size(), collected.missing,
                           collected.path.string()));
    missing = collected.missing > 0 ? "yes" : "";
  });
  context.world.broadcast(missing);
  return missing.empty() ? ExitCode::complete : ExitCode::incomplete;
}

}  // namespace

Command sweep_command() {
  return make_command<SweepParams>(
      {.name = "sweep",
       .summary = "run one point of a parameter sweep, list the points, or collect their results",
       .details =
           "FILE is a config file with a line `command = search`, in which any option may have a "
           "list of values: `sweep fpr = 0.1 | 0.01 | 0.001`. The points are all combinations; "
           "the last option varies fastest. One point is one task of a job array "
           "(jobs/sweep.sbatch); --collect makes one CSV of all records.",
       .example = "trawl sweep configs/sweep.cfg\nmpirun -n 4 trawl sweep configs/sweep.cfg "
                  "--point 3 --out results\n"
                  "trawl sweep configs/sweep.cfg --collect --out results",
       .exit_codes = {ExitCode::incomplete}},
      run_sweep, check);
}

}  // namespace trawl::command
