// trawl: the session, the way to the command, and the last word on errors.
#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/log.hpp>
#include <trawl/comm/session.hpp>

#include "command/registry.hpp"

namespace {

using trawl::comm::Session;

// Known to all ranks: root says it once and the job ends in order.
int end_in_order(const Session& session, const trawl::CollectiveError& error) {
  if (session.world().is_root()) fmt::print(stderr, "trawl: {}\n", error.what());
  return static_cast<int>(error.code());
}

// Known to this rank only: the others may be waiting for it, and a crash is better than a hang.
int end_at_once(const Session& session, const std::exception& error) {
  const int code = static_cast<int>(trawl::exit_code_of(error));
  if (session.world().size() == 1) {
    fmt::print(stderr, "trawl: {}\n", error.what());
    return code;
  }
  fmt::print(stderr, "trawl: rank {}: {}\n", session.world().rank(), error.what());
  session.abort(code);
}

}  // namespace

int main(int argc, char** argv) {
  const Session session(argc, argv);
  trawl::log::set_rank(session.world().rank());
  try {
    const std::vector<std::string> args(argv + 1, argv + argc);
    return static_cast<int>(trawl::command::dispatch(args, session));
  } catch (const trawl::CollectiveError& error) {
    return end_in_order(session, error);
  } catch (const std::exception& error) {
    return end_at_once(session, error);
  }
}
