// Config files: `key = value` lines. Written by --dump-config and into run directories, read by
// --config and replay.
//
//   # a comment is a line that begins with '#'; empty lines mean nothing
//   where = origin = 'JFK' AND delay > 300
//   input = data/a.h5
//   input = data/b.h5
//
// The key ends at the first '='; the value is the rest of the line without blanks at its ends, '#'
// and quotes included. A list is its key repeated. A value that this cannot hold (blanks at its
// ends, control bytes) is written as in bash:
// $'\tline\n', with \\ \' \n \r \t and \xHH.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "command/options.hpp"

namespace trawl::command {

struct ConfigEntry {
  std::size_t line = 0;  // from 1
  std::string key;
  std::string value;
};

// `where` names the file in complaints, which are appended to `problems`: "<where>:3: ...".
std::vector<ConfigEntry> parse_config(std::string_view text, std::string_view where,
                                      std::vector<std::string>& problems);

// All options and arguments that are set, in table order: canonical, so equal params give equal
// text.
std::string canonical_config(const Options& options);

}  // namespace trawl::command
