#include <hdf5.h>
#include <mpi.h>

#include <trawl/store/allowed.hpp>
