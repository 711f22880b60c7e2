// Starts and ends MPI, once per process.
#pragma once

#include <memory>

#include <trawl/comm/comm.hpp>

namespace trawl::comm {

// Starts MPI (MPI_THREAD_FUNNELED, errors returned instead of aborting) when a launcher started
// this process, which is seen from its environment (Open MPI, PMIx, PMI, Slurm step); otherwise MPI
// is not touched and the world is Comm::solo(), so that one process starts in milliseconds. The
// destructor finalizes; it never communicates on its own while an exception is in flight.
class Session {
 public:
  Session(int& argc, char**& argv);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Comm& world() const;
  // Local. Ends the whole job at once: the last net for an unexpected error on one rank.
  [[noreturn]] void abort(int exit_code) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trawl::comm
