// Which launcher started this process, as its environment tells.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace trawl::comm {

struct Launch {
  bool launched = false;  // MPI is to be started
  int ranks = 0;          // as many as the launcher says it started; 0 when it does not say
  std::string launcher;   // for messages: "mpirun (Open MPI)", ...
};

// Value of an environment variable, if it is set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

// Local. A shell inside a Slurm job (the script of sbatch, the prompt of salloc) is not a launch:
// starting MPI there would give one rank that took seconds to start, and on some sites none at all.
Launch launch_seen_in(const Environment& environment);

Environment process_environment();

}  // namespace trawl::comm
