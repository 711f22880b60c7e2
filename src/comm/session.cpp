#include <cstdio>
#include <cstdlib>
#include <exception>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/comm/session.hpp>

#include "comm/group.hpp"
#include "comm/launcher.hpp"

namespace trawl::comm {

namespace {

void start_mpi(int& argc, char**& argv) {
  int started = 0;
  check(MPI_Initialized(&started), "MPI_Initialized");
  if (started != 0) throw Error("a second Session in one process: MPI can be started once only");
  int provided = MPI_THREAD_SINGLE;
  check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  if (provided < MPI_THREAD_FUNNELED) {
    throw Error(
        "this MPI library does not allow threads beside the one that communicates "
        "(MPI_THREAD_FUNNELED). Use a build of it with thread support");
  }
}

// The launcher of another MPI library starts ranks that do not find each other: each would do, and
// write, everything.
void expect_ranks_to_be_connected(const Launch& launch) {
  int size = 0;
  check(MPI_Comm_size(MPI_COMM_WORLD, &size), "MPI_Comm_size");
  if (size > 1 || launch.ranks <= 1) return;
  throw Error(
      fmt::format("{} started {} processes, but MPI connected none of them: the launcher does not "
                  "belong to the MPI library of "
                  "this program. Use the mpirun of that library, or `srun --mpi=pmix` (`srun "
                  "--mpi=list` shows what there is)",
                  launch.launcher, launch.ranks));
}

void free_windows(OpenWindows& open) {
  for (MPI_Win& window : open.windows) {
    MPI_Win_unlock_all(window);
    MPI_Win_free(&window);
  }
  open.windows.clear();
}

}  // namespace

struct Session::State {
  Comm world = Comm::solo();
  std::shared_ptr<OpenWindows> open = std::make_shared<OpenWindows>();
  bool mpi_runs = false;
  int exceptions_in_flight = std::uncaught_exceptions();
};

Session::Session(int& argc, char**& argv) : state_(std::make_unique<State>()) {
  const Launch launch = launch_seen_in(process_environment());
  if (!launch.launched) return;
  start_mpi(argc, argv);
  expect_ranks_to_be_connected(launch);
  state_->world = Comm(make_group(MPI_COMM_WORLD, state_->open));
  state_->mpi_runs = true;
}

// Without MPI_Finalize the launcher sees a rank that died and ends the others: while an exception
// unwinds on this rank, they may be waiting in any collective, and waiting for them here would hang
// the job.
Session::~Session() {
  if (!state_->mpi_runs || std::uncaught_exceptions() > state_->exceptions_in_flight) return;
  free_windows(*state_->open);
  MPI_Finalize();
}

const Comm& Session::world() const {
  return state_->world;
}

void Session::abort(int exit_code) const {
  std::fflush(nullptr);
  if (state_->mpi_runs) MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

}  // namespace trawl::comm
