#include "command/command.hpp"

#include <fmt/format.h>

#include <trawl/base/log.hpp>

#include "command/collective.hpp"

namespace trawl::command {

namespace {

// Collective. The config file as root sees it.
std::optional<ConfigFile> read_config(const CommandLine& line, const comm::Comm& world) {
  if (!line.common.config) return std::nullopt;
  const std::string& name = *line.common.config;
  return ConfigFile{name, file_from_root(world, name)};
}

std::string dump(const About& about, const Options& options) {
  return fmt::format("# trawl {} --config this\n{}", about.name, canonical_config(options));
}

std::optional<std::string> help_asked(const About& about, const Options& options,
                                      const CommonOptions& common) {
  if (common.help) return help_text(about, options);
  if (common.help_markdown) return help_markdown(about, options);
  return std::nullopt;
}

void throw_problems(const About& about, const Problems& problems) {
  if (!problems.empty()) throw InputError(message_of(about.name, problems));
}

}  // namespace

std::optional<std::string> resolve(const About& about, const Options& options,
                                   const Arguments& args, const comm::Session& session,
                                   const std::function<void(Problems&)>& check) {
  const comm::Comm& world = session.world();
  const CommandLine line = parse_command_line(options, args);
  log::set_quiet(line.common.quiet);
  if (const auto text = help_asked(about, options, line.common)) {
    print_from_root(world, *text);
    return std::nullopt;
  }
  const std::optional<ConfigFile> config = read_config(line, world);
  world.agree("checking the options", [&] {
    Problems problems;
    apply(options, line, config, problems);
    if (problems.empty()) check(problems);
    throw_problems(about, problems);
  });
  if (line.common.dump_config || line.common.dry_run) {
    print_from_root(world, dump(about, options));
    return std::nullopt;
  }
  return canonical_config(options);
}

void resolve_config(const About& about, const Options& options, std::string_view text,
                    std::string_view where, const std::function<void(Problems&)>& check) {
  Problems problems;
  apply(options, CommandLine{}, ConfigFile{std::string(where), std::string(text)}, problems);
  if (problems.empty() && check) check(problems);
  throw_problems(about, problems);
}

}  // namespace trawl::command
