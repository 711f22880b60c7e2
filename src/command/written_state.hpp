// What is said of a state that a run wrote.
#pragma once

#include <optional>

#include <trawl/base/json.hpp>
#include <trawl/store/state_file.hpp>

namespace trawl::command {

// For --json.
Json to_json(const store::WrittenState& state);
// Root. For people: where it is, the root that `counts` name, and why there is none though wanted.
void tell_state(bool wanted, const std::optional<store::WrittenState>& state, const Json& counts);

}  // namespace trawl::command
