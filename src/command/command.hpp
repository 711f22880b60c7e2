// A command: what dispatch, help and tests need to know of it. How to write one: options.hpp.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <trawl/base/error.hpp>
#include <trawl/comm/session.hpp>

#include "command/config_text.hpp"
#include "command/options.hpp"
#include "command/parse.hpp"

namespace trawl::command {

// What people are told about a command, besides its options. All texts are literals.
struct About {
  std::string_view name;                  // one or two words: "search", "generate keys"
  std::string_view summary;               // one line, no full stop
  std::string_view details = {};          // paragraphs, separated by empty lines
  std::string_view example = {};          // command lines, one a line
  std::vector<ExitCode> exit_codes = {};  // besides complete, internal_error and bad_input
};

// What a command gets besides its params.
struct Context {
  const comm::Session& session;
  const comm::Comm& world;  // of the session
  std::string config;       // the params in canonical form, for run records and replay
};

struct Command {
  About about;
  // Collective. Parses, checks, runs. Throws CollectiveError when the user asked for something that
  // cannot be.
  std::function<ExitCode(const Arguments& args, const comm::Session& session)> run;
  std::function<std::string()> help;
  std::function<std::string()> markdown;
  // Local. Config text -> canonical config text; InputError when it is wrong. `where` names it in
  // errors.
  std::function<std::string(std::string_view text, std::string_view where)> canonical;
};

// Collective. Handles --help, --config, --dump-config, --dry-run, and fills the params behind
// `options`. Returns the canonical config, or nothing when the command has been served already.
// `check` appends complaints that the table cannot know of; it is called only when there are none
// yet. Throws CollectiveError.
std::optional<std::string> resolve(const About& about, const Options& options,
                                   const Arguments& args, const comm::Session& session,
                                   const std::function<void(Problems&)>& check);

// Local. Fills the params behind `options` from a config text alone. InputError with all
// complaints.
void resolve_config(const About& about, const Options& options, std::string_view text,
                    std::string_view where, const std::function<void(Problems&)>& check = {});

std::string help_text(const About& about, const Options& options);
std::string help_markdown(const About& about, const Options& options);

// `check(params, problems)` may be empty: complaints about options that only make sense together.
// Needs no data.
template <class Params>
Command make_command(About about, std::function<ExitCode(const Params&, const Context&)> run,
                     std::function<void(const Params&, Problems&)> check = {}) {
  const auto described = [](Params& params) {
    Options options;
    describe(params, options);
    return options;
  };
  const auto checked = [check](const Params& params) {
    return [&params, check](Problems& problems) {
      if (check) check(params, problems);
    };
  };
  Command command;
  command.about = about;
  command.run = [=](const Arguments& args, const comm::Session& session) {
    Params params;
    const Options options = described(params);
    std::optional<std::string> config = resolve(about, options, args, session, checked(params));
    if (!config) return ExitCode::complete;
    return run(params, Context{session, session.world(), *std::move(config)});
  };
  command.help = [=] {
    Params params;
    return help_text(about, described(params));
  };
  command.markdown = [=] {
    Params params;
    return help_markdown(about, described(params));
  };
  command.canonical = [=](std::string_view text, std::string_view where) {
    Params params;
    const Options options = described(params);
    resolve_config(about, options, text, where, checked(params));
    return canonical_config(options);
  };
  return command;
}

// Local. The params that a config text describes, as replay needs them. InputError with all
// complaints.
template <class Params>
Params params_of(const About& about, std::string_view text, std::string_view where) {
  Params params;
  Options options;
  describe(params, options);
  resolve_config(about, options, text, where);
  return params;
}

}  // namespace trawl::command
