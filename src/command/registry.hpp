// All commands, and the way from argv to one of them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "command/command.hpp"

namespace trawl::command {

// In the order in which the overview lists them.
std::span<const Command> commands();
// The command with exactly this name, or null.
const Command* find_command(std::string_view name);

std::string overview();           // trawl --help
std::string overview_markdown();  // trawl --help-markdown: docs/reference/README.md

// Collective. Runs `trawl args...`. Throws CollectiveError for what the user got wrong.
ExitCode dispatch(const Arguments& args, const comm::Session& session);

}  // namespace trawl::command
