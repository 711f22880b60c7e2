// A parameter sweep: a config file in which options have lists of values, and the points that they
// span.
//
//   command = search
//   input = data/
//   where = amount > 10000
//   sweep fpr = 0.1 | 0.01 | 0.001
//   sweep threads = 1 | 2
//
// is six points. Values are separated by " | "; everything else is as in any config file of the
// command.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command/command.hpp"

namespace trawl::command {

struct SweepPoint {
  std::vector<std::pair<std::string, std::string>>
      swept;           // option and value, in the order of the file
  std::string config;  // of the command, in canonical form
};

struct SweepPlan {
  const Command* command = nullptr;
  std::vector<std::string> swept;  // options
  std::vector<SweepPoint> points;  // the last swept option varies fastest
};

// Local. InputError with all complaints: no or an unknown command, a swept option without values, a
// point that the command does not accept.
SweepPlan plan_sweep(std::string_view text, std::string_view where);

}  // namespace trawl::command
