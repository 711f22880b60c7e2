// Data that changes between the passes over it: a proof of uniqueness would not hold for it.
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
EvidenceResult run(const fs::path& path, const std::function<void()>& change,
                   std::uint64_t screen_bytes = std::uint64_t{1} << 30) {
  EvidenceRequest request;
  request.search.inputs = {path.string()};
  request.columns = {"entity", "log_odds", "", "source", "id", "", "", ""};
  request.screen_bytes = screen_bytes;
  request.search = search_of(request);
  SearchHooks hooks;
  hooks.on_plan = [&](const Opened&, const std::vector<KeyListFacts>&, const std::vector<Work>&) {
    change();
  };
  PhaseTimer timer;
  return evidence(request, comm::Comm::solo(), hooks, timer);
}

std::string error_of(const fs::path& path, const std::function<void()>& change,
                     std::uint64_t screen_bytes = std::uint64_t{1} << 30) {
  try {
    run(path, change, screen_bytes);
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
    write(path, {1, 2, 3, 4});
    EXPECT_THAT(error_of(
                    path, [&] { write(path, later); }, 16),
                HasSubstr("data changed"));
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
