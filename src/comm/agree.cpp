// One rank's error becomes everybody's.
#include <exception>
#include <optional>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/comm/comm.hpp>

#include "comm/group.hpp"

namespace trawl::comm {

namespace {

struct Failure {
  std::string text;
  std::uint64_t code;
};

std::optional<Failure> run(const std::function<void()>& step) {
  try {
    step();
    return std::nullopt;
  } catch (const std::exception& error) {
    return Failure{error.what(), static_cast<std::uint64_t>(exit_code_of(error))};
  } catch (...) {
    return Failure{"an error without a text (not a std::exception)",
                   static_cast<std::uint64_t>(ExitCode::internal_error)};
  }
}

}  // namespace

void Comm::agree(std::string_view phase, const std::function<void()>& step) const {
  const std::optional<Failure> mine = run(step);
  // The rank counted from the end: its maximum is the lowest failing rank, 0 means that all went
  // well.
  const auto ranks = static_cast<std::uint64_t>(size());
  const std::uint64_t from_end = max(mine ? ranks - static_cast<std::uint64_t>(rank()) : 0);
  if (from_end == 0) return;

  const auto lowest = static_cast<int>(ranks - from_end);
  Failure first = mine.value_or(Failure{"", 0});
  broadcast(first.text, lowest);
  broadcast_into(std::as_writable_bytes(std::span(&first.code, 1)), lowest);
  const std::uint64_t failed = sum(mine ? 1 : 0);
  const bool all_the_same = sum(mine && mine->text == first.text ? 1 : 0) == ranks;
  throw CollectiveError(static_cast<ExitCode>(first.code),
                        all_the_same ? first.text
                                     : fmt::format("{} failed on {} of {} ranks; rank {}: {}",
                                                   phase, failed, ranks, lowest, first.text));
}

}  // namespace trawl::comm
