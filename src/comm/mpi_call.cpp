#include "comm/mpi_call.hpp"

#include <array>
#include <string>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

namespace trawl::comm {

void check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) length = 0;
  throw Error(fmt::format("communication between ranks failed: {} says \"{}\" (error {})", call,
                          std::string(text.data(), static_cast<std::size_t>(length)), code));
}

}  // namespace trawl::comm
