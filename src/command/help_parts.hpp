// Pieces that the help for terminals and the help for docs/reference share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/error.hpp>

#include "command/command.hpp"

namespace trawl::command {

// "trawl search --where PREDICATE [OPTION]... INPUT..."
std::string usage(const About& about, const Options& options);

// How the option is typed: "--fpr RATE", "--no-progress", "INPUT...".
std::string spelling(const Option& option);

// What the table knows besides the help text: " Range: 1e-06 .. 0.5. Default: 0.001." or "".
std::string facts_sentence(const Option& option);

std::vector<ExitCode> exit_codes(const About& about);  // ascending
std::string_view meaning(ExitCode code);

}  // namespace trawl::command
