// Whom a proof is about, and what it proves, in words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <trawl/base/json.hpp>
#include <trawl/fold/state_proof.hpp>

#include "command/options.hpp"

namespace trawl::command {

struct NameParams {
  std::optional<std::string> entity;
  bool text = false;
  std::vector<std::string> path;
};
void describe(NameParams& p, Options& visit);  // with a title
// An entity that reads as a whole number is one, unless it is said to be a text.
fold::LeafName name_of(const NameParams& p);

// "entity 7 at US is counted, once, in the published totals"
std::string sentence_of(const fold::Proved& proved);
// The sentence, and a table of the entity's own numbers and the totals'.
std::string text_of(const fold::Proved& proved);
Json json_of(const fold::Proved& proved);

}  // namespace trawl::command
