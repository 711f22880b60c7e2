// What states cover, for people and programs.
#pragma once

#include <string>

#include <trawl/base/json.hpp>
#include <trawl/store/coverage.hpp>

namespace trawl::command {

// {"datasets":n,"row_groups":n}
Json json_of(const store::Coverage& coverage);
// "3 datasets (12 row groups)"
std::string text_of(const store::Coverage& coverage);

}  // namespace trawl::command
