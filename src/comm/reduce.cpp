// Element-wise reductions on 64-bit integers: exact, so that the result does not depend on the
// order of ranks.
#include <bit>

#include <trawl/comm/comm.hpp>

#include "comm/group.hpp"
#include "comm/limits.hpp"

namespace trawl::comm {

namespace {

void all_reduce(const Comm::Impl& group, std::span<std::uint64_t> items, MPI_Op op) {
  if (group.size == 1) return;
  const auto bytes = std::as_writable_bytes(items);
  for_pieces(bytes.size(), [&](std::size_t begin, int length) {
    check(MPI_Allreduce(MPI_IN_PLACE, bytes.data() + begin,
                        length / static_cast<int>(sizeof(std::uint64_t)), MPI_UINT64_T, op,
                        group.comm),
          "MPI_Allreduce");
  });
}

std::uint64_t reduced(const Comm::Impl& group, std::uint64_t mine, MPI_Op op) {
  all_reduce(group, {&mine, 1}, op);
  return mine;
}

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;

// Maps doubles to integers in the same order (totalOrder of IEEE 754-2019, 5.10): negative numbers
// have all bits flipped, the others only the sign.
std::uint64_t ordered_bits(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits & sign_bit) != 0 ? ~bits : bits | sign_bit;
}

double from_ordered_bits(std::uint64_t ordered) {
  return std::bit_cast<double>((ordered & sign_bit) != 0 ? ordered ^ sign_bit : ~ordered);
}

}  // namespace

void Comm::all_sum(std::span<std::uint64_t> items) const {
  all_reduce(*impl_, items, MPI_SUM);
}
void Comm::all_max(std::span<std::uint64_t> items) const {
  all_reduce(*impl_, items, MPI_MAX);
}
void Comm::all_or(std::span<std::uint64_t> items) const {
  all_reduce(*impl_, items, MPI_BOR);
}

std::uint64_t Comm::sum(std::uint64_t mine) const {
  return reduced(*impl_, mine, MPI_SUM);
}
std::uint64_t Comm::max(std::uint64_t mine) const {
  return reduced(*impl_, mine, MPI_MAX);
}
double Comm::max(double mine) const {
  return from_ordered_bits(max(ordered_bits(mine)));
}

}  // namespace trawl::comm
