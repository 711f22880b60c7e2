// main of rank tests: one story on root, failures of all ranks, one exit code.
#include <cstdio>
#include <ctime>
#include <exception>
#include <string>

#include <gtest/gtest.h>

#include <trawl/comm/session.hpp>

#include "support/ranks.hpp"

namespace trawl::test {

namespace {

const comm::Comm* the_world = nullptr;
bool hearsay = false;  // the failure being reported is another rank's

// Takes the place of the default printer on ranks other than root: says nothing but failures.
class FailurePrinter : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (!part.failed() || hearsay) return;
    std::string text = "rank " + std::to_string(world().rank()) + ": ";
    text += part.file_name() == nullptr ? "unknown file" : part.file_name();
    text += ":" + std::to_string(part.line_number()) + ": Failure\n";
    text += std::string(part.message()) + "\n";
    std::fputs(text.c_str(), stderr);  // one call, so that ranks do not tear each other's lines
  }
};

// A test that failed on one rank failed on all. Listeners hear the end in reverse order, so that
// the printer of root, which was there first, already sees the reduced result.
class FailureReducer : public testing::EmptyTestEventListener {
  void OnTestEnd(const testing::TestInfo& test) override {
    const bool here = test.result()->Failed();
    const auto failed = world().sum(here ? 1 : 0);
    if (failed == 0 || here) return;
    hearsay = true;
    ADD_FAILURE() << "failed on " << failed << " other rank(s)";
    hearsay = false;
  }
};

void install_listeners() {
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  if (!world().is_root()) {
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailurePrinter);
  }
  listeners.Append(new FailureReducer);
}

// Shuffling must give the same order everywhere; by default each rank asks its own clock.
void agree_on_seed() {
  auto seed = static_cast<std::uint64_t>(testing::GTEST_FLAG(random_seed));
  if (seed == 0) seed = static_cast<std::uint64_t>(std::time(nullptr)) % 99'999 + 1;
  testing::GTEST_FLAG(random_seed) = static_cast<int>(world().max(seed));
}

int run_all() {
  agree_on_seed();
  install_listeners();
  const bool failed = RUN_ALL_TESTS() != 0;
  const auto& all = *testing::UnitTest::GetInstance();
  const bool none_ran = !testing::GTEST_FLAG(list_tests) &&
                        all.successful_test_count() + all.failed_test_count() == 0;
  if (none_ran && world().is_root()) std::fputs("no test ran: that is a failure\n", stderr);
  return static_cast<int>(world().max(std::uint64_t{failed || none_ran ? 1u : 0u}));
}

}  // namespace

const comm::Comm& world() {
  return *the_world;
}

}  // namespace trawl::test

int main(int argc, char** argv) {
  try {
    testing::InitGoogleTest(&argc, argv);
    trawl::comm::Session session(argc, argv);
    trawl::test::the_world = &session.world();
    return trawl::test::run_all();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
