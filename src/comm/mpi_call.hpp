// mpi.h, and the check every call of it goes through.
#pragma once

// The C++ bindings left the standard with MPI 3.0; without this they would be linked.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

namespace trawl::comm {

// Local. Throws Error with the text of MPI_Error_string when `code` is not MPI_SUCCESS.
void check(int code, const char* call);

}  // namespace trawl::comm
