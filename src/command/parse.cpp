#include "command/parse.hpp"

#include <algorithm>

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command/config_text.hpp"

namespace trawl::command {

namespace po = boost::program_options;

namespace {

constexpr const char* surplus = "surplus argument";

bool is_argument(const Option& option) {
  return option.kind == Option::Kind::argument;
}

// The table in Boost's words. All values are texts here; set() knows their types.
void add_to(po::options_description& boost, const Options& options) {
  const bool several = !options.has_arguments();
  for (const Option& option : options.all()) {
    if (option.kind == Option::Kind::flag) {
      boost.add_options()(option.name.c_str(), "")(("no-" + option.name).c_str(), "");
      continue;
    }
    auto* const value = po::value<Arguments>();
    if (option.repeated && several) value->multitoken();
    boost.add_options()(option.name.c_str(), value, "");
  }
}

po::options_description boost_options(const Options& options) {
  po::options_description boost;
  add_to(boost, options);
  for (const CommonOption& option : common_options) {
    if (option.label.empty()) {
      boost.add_options()(option.name.data(), "");
    } else {
      boost.add_options()(option.name.data(), po::value<Arguments>(), "");
    }
  }
  boost.add_options()(surplus, po::value<Arguments>(), "");
  return boost;
}

po::positional_options_description boost_arguments(const Options& options) {
  po::positional_options_description positions;
  bool open = false;
  for (const Option& option : options.all()) {
    if (!is_argument(option)) continue;
    positions.add(option.name.c_str(), option.repeated ? -1 : 1);
    open = option.repeated;
  }
  if (!open) positions.add(surplus, -1);
  return positions;
}

void take_config(CommandLine& line, const Arguments& values) {
  if (line.common.config) line.problems.push_back("--config: given more than once");
  line.common.config = values.empty() ? "" : values.back();
}

// True when `name` is an option that every command has.
bool take_common(CommandLine& line, const std::string& name, const Arguments& values) {
  CommonOptions& c = line.common;
  if (name == "help") return c.help = true;
  if (name == "help-markdown") return c.help_markdown = true;
  if (name == "dump-config") return c.dump_config = true;
  if (name == "dry-run") return c.dry_run = true;
  if (name == "quiet") return c.quiet = true;
  if (name != "config") return false;
  take_config(line, values);
  return true;
}

std::string no_such_option(const Options& options, const std::string& token) {
  const std::string name = token.substr(0, token.find('='));
  const std::string near =
      options.nearest(name.substr(std::min(name.find_first_not_of('-'), name.size())));
  return near.empty() ? fmt::format("{}: no such option", name)
                      : fmt::format("{}: no such option; the nearest is --{}", name, near);
}

void take_flag(CommandLine& line, const Options& options, const std::string& name) {
  const bool negated = options.find(name) == nullptr;
  line.given[negated ? name.substr(3) : name].push_back(negated ? "false" : "true");
}

// How many words follow "--", which makes all of them arguments.
int words_after_dashes(const Arguments& args) {
  const auto dashes = std::ranges::find(args, "--");
  return dashes == args.end() ? 0 : static_cast<int>(args.end() - dashes) - 1;
}

// A word like -x is a mistyped option; -3 is a value and ./-x a file.
bool looks_like_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9') && word[1] != '.';
}

// `arguments_from`: words from this position on are arguments whatever they look like.
void take(CommandLine& line, const Options& options, const po::basic_option<char>& parsed,
          int arguments_from) {
  if (parsed.unregistered) {
    line.problems.push_back(no_such_option(options, parsed.original_tokens.at(0)));
    return;
  }
  if (take_common(line, parsed.string_key, parsed.value)) return;
  const Option* const option = options.find(parsed.string_key);
  const bool typed_as_option = parsed.position_key >= 0 && parsed.position_key < arguments_from &&
                               looks_like_option(parsed.value.at(0));
  if (typed_as_option) {
    line.problems.push_back(no_such_option(options, parsed.value[0]));
  } else if (parsed.string_key == surplus) {
    line.problems.push_back(fmt::format("{}: unexpected argument", fmt::join(parsed.value, " ")));
  } else if (option == nullptr || option->kind == Option::Kind::flag) {
    take_flag(line, options, parsed.string_key);
  } else {
    Arguments& given = line.given[parsed.string_key];
    given.insert(given.end(), parsed.value.begin(), parsed.value.end());
  }
}

// Where a value was given, for complaints.
struct Source {
  std::string place;
  Arguments values;
};

Source from_line(const Option& option, const Arguments& values) {
  return {is_argument(option) ? option.label : "--" + option.name, values};
}

using ConfigValues = std::map<std::string, Source>;

ConfigValues config_values(const Options& options, const ConfigFile& config, Problems& problems) {
  ConfigValues values;
  for (const ConfigEntry& entry : parse_config(config.text, config.name, problems)) {
    const std::string place = fmt::format("{}:{}", config.name, entry.line);
    const Option* const option = options.find(entry.key);
    if (option == nullptr) {
      const std::string near = options.nearest(entry.key);
      problems.push_back(fmt::format("{}: no such key '{}'{}", place, entry.key,
                                     near.empty() ? "" : "; the nearest is '" + near + "'"));
      continue;
    }
    Source& source = values[entry.key];
    if (source.place.empty()) source.place = fmt::format("{}: {}", place, entry.key);
    source.values.push_back(entry.value);
  }
  return values;
}

void set_option(const Option& option, const Source& source, Problems& problems) {
  if (!option.repeated && source.values.size() > 1) {
    problems.push_back(fmt::format("{}: given {} times", source.place, source.values.size()));
    return;
  }
  for (const std::string& value : source.values) {
    const std::string problem = option.required && value.empty() ? "is empty" : option.set(value);
    if (!problem.empty()) problems.push_back(fmt::format("{}: {}", source.place, problem));
  }
}

}  // namespace

CommandLine parse_command_line(const Options& options, const Arguments& args) {
  const auto boost = boost_options(options);
  const auto arguments = boost_arguments(options);
  namespace style = po::command_line_style;
  constexpr int long_only = style::allow_long | style::long_allow_adjacent | style::long_allow_next;
  CommandLine line;
  try {
    const auto parsed = po::command_line_parser(args)
                            .options(boost)
                            .positional(arguments)
                            .style(long_only)
                            .allow_unregistered()
                            .run();
    const auto positions = std::ranges::count_if(
        parsed.options, [](const auto& option) { return option.position_key >= 0; });
    const int arguments_from = static_cast<int>(positions) - words_after_dashes(args);
    for (const auto& option : parsed.options) take(line, options, option, arguments_from);
  } catch (const po::error& error) {
    line.problems.emplace_back(error.what());
  }
  return line;
}

void apply(const Options& options, const CommandLine& line, const std::optional<ConfigFile>& config,
           Problems& problems) {
  problems.insert(problems.end(), line.problems.begin(), line.problems.end());
  ConfigValues from_config;
  if (config) from_config = config_values(options, *config, problems);
  for (const Option& option : options.all()) {
    if (const auto typed = line.given.find(option.name); typed != line.given.end()) {
      set_option(option, from_line(option, typed->second), problems);
    } else if (const auto written = from_config.find(option.name); written != from_config.end()) {
      set_option(option, written->second, problems);
    } else if (option.required && line.problems.empty()) {
      problems.push_back(is_argument(option)
                             ? fmt::format("{} is missing ({})", option.label, option.help)
                             : fmt::format("--{} is required", option.name));
    }
  }
}

std::string message_of(std::string_view command, const Problems& problems) {
  const std::string hint = fmt::format("See `trawl {} --help`.", command);
  if (problems.size() == 1) return fmt::format("{}: {}. {}", command, problems[0], hint);
  return fmt::format("{}: {} problems\n  {}\n{}", command, problems.size(),
                     fmt::join(problems, "\n  "), hint);
}

}  // namespace trawl::command
