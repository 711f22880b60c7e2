#include "comm/launcher.hpp"

#include <charconv>
#include <cstdint>
#include <cstdlib>

namespace trawl::comm {

namespace {

std::uint64_t number(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// Slurm numbers the steps in which a job's own shell runs from the end: interactive 0xfffffffa,
// batch 0xfffffffb (slurm.h, SLURM_INTERACTIVE_STEP and neighbours). Such a step has one task and
// may carry PMI or PMIx variables.
bool is_job_shell(std::uint64_t slurm_step) {
  return slurm_step >= 0xfffffff0u;
}

}  // namespace

Launch launch_seen_in(const Environment& environment) {
  const auto ranks_in = [&](const char* name) {
    return static_cast<int>(number(environment(name)));
  };
  if (environment("OMPI_COMM_WORLD_SIZE")) {
    return {true, ranks_in("OMPI_COMM_WORLD_SIZE"), "mpirun (Open MPI)"};
  }
  const bool pmi = environment("PMI_RANK") || environment("PMI_SIZE");
  const bool slurm_step = environment("SLURM_STEP_ID") && environment("SLURM_PROCID");
  if (slurm_step && is_job_shell(number(environment("SLURM_STEP_ID")))) {
    // Hydra (MPICH) started from such a shell tells its own size.
    const int ranks = ranks_in("PMI_SIZE");
    return ranks > 1 ? Launch{true, ranks, "mpiexec (PMI)"} : Launch{};
  }
  if (pmi) return {true, ranks_in("PMI_SIZE"), "a PMI launcher (mpiexec of MPICH, srun)"};
  if (environment("PMIX_RANK")) {
    return {true, ranks_in("SLURM_STEP_NUM_TASKS"), "a PMIx launcher (srun --mpi=pmix, prun)"};
  }
  // srun without an MPI plugin: alone there is nobody to find; with others MPI will say that it
  // cannot.
  const int tasks = ranks_in("SLURM_STEP_NUM_TASKS");
  if (slurm_step && tasks != 1) return {true, tasks, "srun"};
  return {};
}

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

}  // namespace trawl::comm
