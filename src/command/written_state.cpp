#include "command/written_state.hpp"

#include <fmt/format.h>

#include <trawl/base/log.hpp>

namespace trawl::command {

Json to_json(const store::WrittenState& state) {
  return {{"bytes", state.bytes}, {"digest", state.digest}};
}

void tell_state(bool wanted, const std::optional<store::WrittenState>& state, const Json& counts) {
  if (state) log::story(fmt::format("state       {}", state->path.string()));
  if (counts.contains("entities_root"))
    log::story(fmt::format("root        {}", counts.at("entities_root").get<std::string>()));
  if (wanted && !state)
    log::warning("no state was written: the sums may lack rows that were pruned wrongly");
}

}  // namespace trawl::command
