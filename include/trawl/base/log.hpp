// The story of a run, for people, on standard error. Results go to standard output and never
// through here.
#pragma once

#include <string_view>

namespace trawl::log {

// Only the root of a run tells the story; other ranks call `any_rank` for what only they know.
void set_rank(int rank);
void set_quiet(bool quiet);
void story(std::string_view line);     // root only
void warning(std::string_view line);   // root only, shown even when quiet
void any_rank(std::string_view line);  // prefixed with the rank

}  // namespace trawl::log
