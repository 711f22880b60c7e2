// Command line and config file -> params. Collects every complaint; throws nothing and touches no
// file.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command/options.hpp"

namespace trawl::command {

using Arguments = std::vector<std::string>;
using Problems = std::vector<std::string>;

// What every command understands besides its own table. Not part of params, dumps and run records.
struct CommonOptions {
  bool help = false;
  bool help_markdown = false;
  bool dump_config = false;
  bool dry_run = false;
  bool quiet = false;
  std::optional<std::string> config;
};

struct CommandLine {
  CommonOptions common;
  std::map<std::string, Arguments> given;  // by name of option or argument, as typed
  Problems problems;
};

// Splits `args` by the table (Boost.Program_options, no abbreviations, no one-letter options). A
// list option takes several words at once where the command has no arguments; else it is repeated.
CommandLine parse_command_line(const Options& options, const Arguments& args);

struct ConfigFile {
  std::string name;
  std::string text;
};

// Sets params from the command line and, where that says nothing, from the config file; appends
// what is wrong.
void apply(const Options& options, const CommandLine& line, const std::optional<ConfigFile>& config,
           Problems& problems);

// One message for the user, all complaints in it. Requires at least one.
std::string message_of(std::string_view command, const Problems& problems);

}  // namespace trawl::command
