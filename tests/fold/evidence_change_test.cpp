// Data that changes between the passes over it: a proof of uniqueness would not hold for it.
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/fold/evidence.hpp>
#include <trawl/store/writer.hpp>

#include "base/temp_folder.hpp"

namespace trawl::fold {
namespace {

using ::testing::HasSubstr;

// Rows of one entity and source, with these ids.
void write(const fs::path& path, const std::vector<std::int64_t>& ids) {
  std::vector<ColumnSchema> columns;
  for (const char* name : {"entity", "source", "id"})
    columns.push_back({name, Type::int64, Lane::i64, false, nullptr});
  columns.push_back({"log_odds", Type::float64, Lane::f64, false, nullptr});
  std::vector<ColumnBuilder> builders(columns.begin(), columns.end());
  for (const std::int64_t id : ids) {
    builders[0].append(std::int64_t{1});
    builders[1].append(std::int64_t{2});
    builders[2].append(id);
    builders[3].append(static_cast<double>(id));
  }
  std::vector<ColumnView> views;
  for (const ColumnBuilder& builder : builders) views.push_back(builder.view());
  const fs::path fresh = path.string() + ".new";
  store::DatasetWriter writer(fresh, Schema(columns), {.codec = store::Codec::none});
  writer.append(views);
  writer.finish();
  fs::rename(fresh, path);
}

// What is said about the data in `path`, which `change` alters when the first pass has opened it.
EvidenceResult run(const fs::path& path, const std::function<void()>& change) {
  EvidenceRequest request;
  request.search.inputs = {path.string()};
  request.columns = {"entity", "log_odds", "", "source", "id", "", "", ""};
  request.search = search_of(request);
  SearchHooks hooks;
  hooks.on_plan = [&](const Opened&, const std::vector<KeyListFacts>&, const std::vector<Work>&) {
    change();
  };
  PhaseTimer timer;
  return evidence(request, comm::Comm::solo(), hooks, timer);
}

std::string error_of(const fs::path& path, const std::function<void()>& change) {
  try {
    run(path, change);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(EvidenceChange, DataThatStaysIsSummed) {
  const test::TempFolder folder;
  write(folder / "a.h5", {1, 2, 2, 3});
  const EvidenceResult result = run(folder / "a.h5", [] {});
  EXPECT_EQ(result.counts.records, 3u);
  EXPECT_EQ(result.counts.duplicates, 1u);
}

TEST(EvidenceChange, DataThatChangesBetweenThePassesEndsTheRun) {
  const test::TempFolder folder;
  const fs::path path = folder / "a.h5";
  for (const std::vector<std::int64_t>& later :
       {std::vector<std::int64_t>{1, 2, 3, 3}, {1, 2, 3}, {1, 2, 3, 4, 4}}) {
    write(path, {1, 2, 3, 4});
    EXPECT_THAT(error_of(path, [&] { write(path, later); }), HasSubstr("data changed"));
  }
}

TEST(EvidenceChange, DataThatCanBeReadOnlyLaterEndsTheRun) {
  const test::TempFolder folder;
  write(folder / "a.h5", {1, 2});
  write(folder / "b.h5", {1, 3});
  const std::string honest = read_file(folder / "b.h5");
  write_file_atomically(folder / "b.h5", "not yet", true);
  EXPECT_THAT(
      error_of(folder.path(), [&] { write_file_atomically(folder / "b.h5", honest, true); }),
      HasSubstr("data changed"));
}

constexpr std::uint64_t smallest_screen = 8;  // one word, so that there are two windows

// Another's data, or none at all, in pass number `odd` alone: `honest` before and after. How often
// the data was read; nothing when the run ended with an error that says why.
std::optional<int> passes_with(int odd, const fs::path& path, const std::string& honest,
                               const std::string& other) {
  EvidenceRequest request;
  request.search.inputs = {path.string()};
  request.columns = {"entity", "log_odds", "", "source", "id", "", "", ""};
  request.screen_bytes = smallest_screen;
  request.search = search_of(request);
  int passes = 0;
  SearchHooks hooks;
  hooks.on_pass = [&] { write_file_atomically(path, passes++ == odd ? other : honest, true); };
  PhaseTimer timer;
  try {
    const EvidenceResult result = evidence(request, comm::Comm::solo(), hooks, timer);
    if (result.search.status == Status::complete) {
      EXPECT_EQ(result.counts.records, 6u);
      EXPECT_EQ(result.counts.duplicates, 6u);
    }
    return passes;
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("data changed"));
    return std::nullopt;
  }
}

// The windows of a screen are made one after the other, each from the data as they are then.
TEST(EvidenceChange, DataThatChangesBetweenWindowsAndBackEndsTheRun) {
  const test::TempFolder folder;
  const fs::path path = folder / "a.h5";
  std::vector<std::int64_t> ids, others;
  for (std::int64_t i = 0; i < 12; ++i) {
    ids.push_back(i % 6);
    others.push_back(100 + i);
  }
  write(path, others);
  const std::string other = read_file(path);
  write(path, ids);
  const std::string honest = read_file(path);
  const std::optional<int> passes = passes_with(-1, path, honest, other);
  ASSERT_EQ(passes, 2 + 1);  // mark for each of two windows, then sum
  for (int odd = 0; odd < *passes; ++odd) {
    EXPECT_EQ(passes_with(odd, path, honest, other), std::nullopt) << odd;
    // What cannot be read in the last one is a failed dataset.
    if (odd < *passes - 1) {
      EXPECT_EQ(passes_with(odd, path, honest, "gone"), std::nullopt) << odd;
    }
  }
}

// What was screened and is not summed makes others candidates, no more.
TEST(EvidenceChange, DataThatIsGoneLaterIsAFailedDataset) {
  const test::TempFolder folder;
  write(folder / "a.h5", {1, 2});
  write(folder / "b.h5", {1, 3});
  const EvidenceResult result =
      run(folder.path(), [&] { write_file_atomically(folder / "b.h5", "gone", true); });
  EXPECT_EQ(result.search.status, Status::incomplete);
  EXPECT_EQ(result.counts.records, 2u);
  EXPECT_EQ(result.counts.duplicates, 0u);
}

}  // namespace
}  // namespace trawl::fold
