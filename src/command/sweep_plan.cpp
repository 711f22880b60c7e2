#include "command/sweep_plan.hpp"

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "command/config_text.hpp"
#include "command/registry.hpp"

namespace trawl::command {
namespace {

constexpr std::string_view sweep_prefix = "sweep ";
constexpr std::size_t most_points = 100'000;  // beyond that, somebody made a mistake

struct Axis {
  std::string option;
  std::vector<std::string> values;
};

std::vector<std::string> values_of(std::string_view text) {
  std::vector<std::string> values;
  for (std::size_t at = 0;;) {
    const std::size_t bar = text.find(" | ", at);
    values.emplace_back(trim(text.substr(at, bar == std::string_view::npos ? bar : bar - at)));
    if (bar == std::string_view::npos) return values;
    at = bar + 3;
  }
}

const Command& command_of(const std::vector<ConfigEntry>& entries, std::string_view where) {
  for (const ConfigEntry& entry : entries) {
    if (entry.key != "command") continue;
    if (const Command* command = find_command(entry.value)) return *command;
    throw InputError(fmt::format("{}:{}: there is no command '{}'. See `trawl --help`", where,
                                 entry.line, entry.value));
  }
  throw InputError(
      fmt::format("{}: no line says which command to sweep. Add one: command = search", where));
}

}  // namespace

SweepPlan plan_sweep(std::string_view text, std::string_view where) {
  Problems problems;
  const std::vector<ConfigEntry> entries = parse_config(text, where, problems);
  if (!problems.empty()) throw InputError(message_of("sweep", problems));

  SweepPlan plan;
  plan.command = &command_of(entries, where);
  std::vector<Axis> axes;
  std::string fixed;
  std::size_t count = 1;
  for (const ConfigEntry& entry : entries) {
    if (entry.key == "command") continue;
    if (!entry.key.starts_with(sweep_prefix)) {
      fixed += fmt::format("{} = {}\n", entry.key, entry.value);
      continue;
    }
    axes.push_back(
        {std::string(trim(entry.key.substr(sweep_prefix.size()))), values_of(entry.value)});
    plan.swept.push_back(axes.back().option);
    count *= axes.back().values.size();
    if (count > most_points)
      throw InputError(fmt::format("{}: more than {} points", where, with_thousands(most_points)));
  }
  for (std::size_t number = 0; number < count; ++number) {
    SweepPoint point;
    std::string config = fixed;
    std::size_t stride = count;
    for (const Axis& axis : axes) {
      stride /= axis.values.size();
      const std::string& value = axis.values[number / stride % axis.values.size()];
      point.swept.emplace_back(axis.option, value);
      config += fmt::format("{} = {}\n", axis.option, value);
    }
    point.config = plan.command->canonical(config, fmt::format("{}, point {}", where, number + 1));
    plan.points.push_back(std::move(point));
  }
  return plan;
}

}  // namespace trawl::command
