#include "comm/launcher.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <trawl/comm/comm.hpp>

namespace trawl::comm {
namespace {

using Variables = std::map<std::string, std::string>;

Launch seen_in(const Variables& variables) {
  return launch_seen_in([&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

void expect_launch(const Variables& variables, int ranks) {
  const Launch launch = seen_in(variables);
  EXPECT_TRUE(launch.launched);
  EXPECT_EQ(launch.ranks, ranks);
}

TEST(Launcher, IsNotAPlainShell) {
  EXPECT_FALSE(seen_in({}).launched);
}

TEST(Launcher, OfOpenMpiTellsItsSize) {
  expect_launch({{"OMPI_COMM_WORLD_SIZE", "8"}, {"PMIX_RANK", "3"}}, 8);
}

TEST(Launcher, OfPmiTellsItsSize) {
  expect_launch({{"PMI_RANK", "0"}, {"PMI_SIZE", "4"}}, 4);
  expect_launch({{"PMI_RANK", "1"}}, 0);
}

TEST(Launcher, OfPmixMayNotTellItsSize) {
  expect_launch({{"PMIX_RANK", "1"}}, 0);
}

TEST(Launcher, IsSrunEvenWithoutAnMpiPlugin) {
  Variables step = {{"SLURM_STEP_ID", "0"}, {"SLURM_PROCID", "2"}, {"SLURM_STEP_NUM_TASKS", "16"}};
  expect_launch(step, 16);
  step["PMIX_RANK"] = "2";
  expect_launch(step, 16);
}

TEST(Launcher, IsNotSrunOfOneTaskWithoutAnMpiPlugin) {
  Variables step = {{"SLURM_STEP_ID", "0"}, {"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}};
  EXPECT_FALSE(seen_in(step).launched);
  step["PMIX_RANK"] = "0";
  expect_launch(step, 1);
}

TEST(Launcher, IsNotTheScriptOfSbatch) {
  const Variables script = {{"SLURM_JOB_ID", "7"}, {"SLURM_NTASKS", "16"}, {"SLURM_PROCID", "0"}};
  EXPECT_FALSE(seen_in(script).launched);
  EXPECT_FALSE(seen_in({{"SLURM_STEP_ID", "4294967291"}, {"SLURM_PROCID", "0"}}).launched);
}

TEST(Launcher, IsNotThePromptOfSalloc) {
  EXPECT_FALSE(seen_in({{"SLURM_JOB_ID", "7"}, {"SLURM_NTASKS", "16"}}).launched);
  Variables prompt = {{"SLURM_STEP_ID", "4294967290"}, {"SLURM_PROCID", "0"}, {"PMIX_RANK", "0"}};
  EXPECT_FALSE(seen_in(prompt).launched);
  prompt["PMI_RANK"] = "0";
  prompt["PMI_SIZE"] = "1";
  EXPECT_FALSE(seen_in(prompt).launched);
}

TEST(Launcher, IsMpirunInAJobShell) {
  Variables shell = {{"SLURM_STEP_ID", "4294967291"}, {"SLURM_PROCID", "0"}};
  shell["PMI_SIZE"] = "2";
  expect_launch(shell, 2);
  shell["OMPI_COMM_WORLD_SIZE"] = "4";
  expect_launch(shell, 4);
}

TEST(Solo, NeedsNoMpi) {
  const Comm solo = Comm::solo();
  EXPECT_EQ(solo.rank(), 0);
  EXPECT_EQ(solo.size(), 1);
  EXPECT_EQ(solo.sum(3), 3u);
  EXPECT_EQ(solo.all_gather_text("a"), std::vector<std::string>{"a"});
  EXPECT_EQ(solo.node().size(), 1);
  EXPECT_EQ(solo.leaders().size(), 1);
  EXPECT_EQ(NodeMemory(solo, 5).bytes().size(), 5u);
}

}  // namespace
}  // namespace trawl::comm
