// One function per command; registry.cpp lists them.
#pragma once

#include "command/command.hpp"

namespace trawl::command {

Command generate_keys_command();

}  // namespace trawl::command
