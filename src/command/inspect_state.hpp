// What a state file holds, from its header: kind, configuration, coverage, root.
#pragma once

#include <filesystem>
#include <string>

#include <trawl/base/json.hpp>

namespace trawl::command {

// Local. Whether a file begins as state files do.
bool is_state_file(const std::filesystem::path& path);

// Local. One JSON object: state, kind, configuration, covered, bytes, digest, sections, and where
// the state names them, leaves and root. DataError when it cannot be read, or is damaged in what is
// shown; with `scan` anywhere.
Json inspect_state(const std::filesystem::path& path, bool scan);

// The same for people.
std::string state_text(const Json& inspection);

}  // namespace trawl::command
