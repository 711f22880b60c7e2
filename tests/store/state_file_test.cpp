// State files: round trips, damage, and merges that come out the same in any order.
#include <fstream>
#include <map>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/moments.hpp>
#include <trawl/store/dataset.hpp>
#include <trawl/store/state_file.hpp>

#include "store/python_support.hpp"
#include "store/seal.hpp"

namespace trawl::store {
namespace {

using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* configuration = R"({"features":["amount","duration"],"levels":[]})";

std::string dataset(std::uint64_t number) {
  return fmt::format("{:032x}", number);
}

std::vector<std::byte> random_bytes(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::byte> out(size);
  for (std::byte& byte : out) byte = static_cast<std::byte>(random());
  return out;
}

void write_small(const fs::path& path) {
  StateWriter writer(path, "stats", configuration);
  writer.add_section("entities");
  writer.append(random_bytes(300, 1));
  writer.add_section("nothing");
  writer.add_section("more");
  writer.append(random_bytes(50, 2));
  writer.add_column("entity", std::vector<std::string>{"a", "bcd"});
  writer.add_column("n", std::vector<std::int64_t>{3, 4});
  writer.add_column("mean_amount", std::vector<double>{0.5, -2});
  Coverage coverage;
  coverage.add({dataset(7), 0, 3});
  coverage.add({dataset(5), 2, 4});
  writer.set_coverage(coverage);
  writer.finish();
}

TEST(StateFile, GivesBackWhatWasWritten) {
  const TempFolder folder;
  write_small(folder / "a.h5");
  const StateReader reader(folder / "a.h5");
  EXPECT_EQ(reader.kind(), "stats");
  EXPECT_EQ(reader.configuration(), configuration);
  EXPECT_EQ(reader.coverage().row_groups(), 5u);
  EXPECT_THAT(reader.sections(), ElementsAre("entities", "nothing", "more"));
  EXPECT_EQ(reader.read_section("entities"), random_bytes(300, 1));
  EXPECT_TRUE(reader.read_section("nothing").empty());
  EXPECT_EQ(reader.read_section("more"), random_bytes(50, 2));
  EXPECT_EQ(reader.section_bytes("more"), 50u);
  EXPECT_THROW(reader.read_section("less"), InputError);
  reader.check_intact();
}

TEST(StateFile, IsTheSameHoweverBytesCome) {
  const TempFolder folder;
  const std::vector<std::byte> bytes = random_bytes(3 * state_chunk_bytes + 17, 3);
  std::mt19937_64 random(4);
  const auto write = [&](const fs::path& path, std::size_t most) {
    StateWriter writer(path, "stats", configuration);
    writer.add_section("all");
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = std::min<std::size_t>(bytes.size() - at, 1 + random() % most);
      writer.append(Bytes(bytes).subspan(at, size));
      at += size;
    }
    return writer.finish().digest;
  };
  const std::string digest = write(folder / "a.h5", 100000);
  EXPECT_EQ(write(folder / "b.h5", 5000000), digest);
  EXPECT_EQ(read_file(folder / "a.h5"), read_file(folder / "b.h5"));
  const StateReader reader(folder / "a.h5");
  EXPECT_EQ(reader.content_digest(), digest);
  std::vector<std::size_t> sizes;
  reader.read_section("all", [&](Bytes chunk) { sizes.push_back(chunk.size()); });
  EXPECT_THAT(sizes, ElementsAre(state_chunk_bytes, state_chunk_bytes, state_chunk_bytes, 17));
  EXPECT_EQ(reader.read_section("all"), bytes);
  std::vector<std::byte> joined, chunk;
  for (std::uint64_t number = 0; reader.read_chunk("all", number, chunk); ++number)
    joined.insert(joined.end(), chunk.begin(), chunk.end());
  EXPECT_EQ(joined, bytes);
  EXPECT_EQ(chunk.size(), 17u);
  EXPECT_THROW(reader.read_chunk("some", 0, chunk), InputError);
}

TEST(StateFile, OverwritesNothingUnlessTold) {
  const TempFolder folder;
  write_small(folder / "a.h5");
  EXPECT_THROW(StateWriter(folder / "a.h5", "stats", configuration), InputError);
  { const StateWriter unfinished(folder / "b.h5", "stats", configuration); }
  EXPECT_FALSE(fs::exists(folder / "b.h5"));
  EXPECT_FALSE(fs::exists(temporary_name(folder / "b.h5")));
  StateWriter(folder / "a.h5", "evidence", "{}", true).finish();
  const StateReader reader(folder / "a.h5");
  EXPECT_EQ(reader.kind(), "evidence");
  EXPECT_TRUE(reader.coverage().empty());
}

TEST(StateFile, RefusesWrongUse) {
  const TempFolder folder;
  EXPECT_THROW(StateWriter(folder / "a.h5", "stats", R"({"b":1,"a":2})"), InputError);
  EXPECT_THROW(StateWriter(folder / "a.h5", "stats", R"({"a": 2})"), InputError);
  EXPECT_THROW(StateWriter(folder / "a.h5", "stats", "{"), DataError);
  EXPECT_EQ(canonical_configuration(R"( {"b":1, "a":[2.50]} )"), R"({"a":[2.5],"b":1})");
  StateWriter writer(folder / "a.h5", "stats", "{}");
  EXPECT_THROW(writer.append(random_bytes(1, 1)), InputError);
  writer.add_section("one");
  for (const char* name : {"one", "", "a/b", ".", "..", "a b"})
    EXPECT_THROW(writer.add_section(name), InputError) << name;
}

std::string open_error(const fs::path& path) {
  try {
    const StateReader reader(path);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(StateFile, SaysWhatIsNone) {
  const TempFolder folder;
  write_file_atomically(folder / "a.h5", "something else");
  EXPECT_THAT(open_error(folder / "a.h5"), HasSubstr("not a state file"));
  write_file_atomically(folder / "b.h5", "");
  EXPECT_THAT(open_error(folder / "b.h5"), HasSubstr("not a state file"));
  write_small(folder / "c.h5");
  std::string bytes = read_file(folder / "c.h5");
  write_file_atomically(folder / "d.h5", bytes.substr(0, bytes.size() - 1));
  EXPECT_THAT(open_error(folder / "d.h5"), HasSubstr("when written"));
  bytes[12] = '2';
  write_file_atomically(folder / "e.h5", bytes);
  EXPECT_THAT(open_error(folder / "e.h5"), HasSubstr("another version"));
}

TEST(StateFile, IsNoDataset) {
  const TempFolder folder;
  write_small(folder / "a.h5");
  try {
    open_dataset({"a", folder / "a.h5", {}, 0, 0});
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("a state file, not a dataset"));
  }
}

// All that a merge takes from a file.
std::string delivered(const StateReader& reader) {
  std::string out = reader.kind() + reader.configuration() + hex(reader.coverage().to_bytes());
  for (const std::string& name : reader.sections()) out += name + hex(reader.read_section(name));
  return out;
}

// The seal and all that it leads to is checked before it is believed, so a change there is an
// error when the file is opened or read. A change elsewhere is never read by a merge, which gets
// the same as before, and is found by check_intact.
TEST(StateFile, NoChangedByteStaysUnnoticed) {
  const TempFolder folder;
  const fs::path path = folder / "a.h5";
  write_small(path);
  const std::string good = read_file(path);
  const std::string expected = delivered(StateReader(path));
  std::mt19937_64 random(5);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto put = [&](std::size_t at, char byte) {
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte).flush();
  };
  std::size_t at_once = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    put(at, static_cast<char>(good[at] ^ static_cast<char>(1u << (random() % 8))));
    try {
      const StateReader reader(path);
      ASSERT_EQ(delivered(reader), expected) << at;
      ASSERT_GE(at, seal_bytes);
      ASSERT_THROW(reader.check_intact(), DataError) << at;
    } catch (const DataError&) {
      ++at_once;
    }
    put(at, good[at]);
  }
  EXPECT_GT(at_once, seal_bytes + 350);
  StateReader(path).check_intact();
}

// ---- A simple summary: moments by entity.

using Summary = std::map<std::uint64_t, core::ExactMoments>;

Summary random_summary(std::mt19937_64& random) {
  Summary out;
  for (int i = 0; i < 40; ++i) {
    const double x = std::ldexp(static_cast<double>(random() % 1000) - 500,
                                static_cast<int>(random() % 200) - 100);
    const double y = static_cast<double>(random() % 100) / 3;
    out.try_emplace(random() % 9, std::size_t{2}).first->second.add(std::vector<double>{x, y});
  }
  return out;
}

void write_summary(const fs::path& path, const Summary& summary, const Coverage& coverage) {
  StateWriter writer(path, "test", configuration);
  std::vector<std::byte> ids, moments;
  std::vector<std::int64_t> n;
  for (const auto& [id, sums] : summary) {
    const Bytes bytes = std::as_bytes(std::span(&id, 1));
    ids.insert(ids.end(), bytes.begin(), bytes.end());
    sums.append_bytes(moments);
    n.push_back(sums.count());
  }
  writer.add_section("ids");
  writer.append(ids);
  writer.add_section("moments");
  writer.append(moments);
  writer.add_column("n", n);
  writer.set_coverage(coverage);
  writer.finish();
}

void merge_files(const std::vector<fs::path>& paths, const fs::path& out, Overlap overlap) {
  std::vector<MergeInput> inputs;
  for (const fs::path& path : paths) inputs.push_back(StateReader(path).merge_input());
  const MergePlan plan = plan_merge(inputs, overlap);
  Summary merged;
  for (const std::size_t i : plan.order) {
    const StateReader reader(paths[i]);
    const std::vector<std::byte> ids = reader.read_section("ids");
    const std::vector<std::byte> moments = reader.read_section("moments");
    Bytes rest = moments;
    for (std::size_t at = 0; at < ids.size(); at += 8) {
      std::uint64_t id = 0;
      std::memcpy(&id, ids.data() + at, 8);
      merged.try_emplace(id, std::size_t{2}).first->second.merge(core::ExactMoments::read(rest));
    }
  }
  write_summary(out, merged, plan.coverage);
}

TEST(StateMerge, AnyOrderAndGroupingGivesTheSameFile) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE(seed);
    const TempFolder folder;
    std::mt19937_64 random(seed);
    std::vector<fs::path> parts;
    const std::uint64_t files = 2 + random() % 5;
    for (std::uint64_t i = 0; i < files; ++i) {
      Coverage coverage;
      coverage.add({dataset(i % 2), i, i + 1});  // parts of two datasets
      parts.push_back(folder / fmt::format("part{}.h5", i));
      write_summary(parts.back(), random_summary(random), coverage);
    }
    merge_files(parts, folder / "all.h5", Overlap::refuse);
    const std::string expected = read_file(folder / "all.h5");
    for (int round = 0; round < 6; ++round) {
      std::vector<fs::path> left = parts;
      for (int step = 0; left.size() > 1; ++step) {  // some of them at a time
        std::ranges::shuffle(left, random);
        const auto some = static_cast<std::ptrdiff_t>(2 + random() % (left.size() - 1));
        const fs::path out = folder / fmt::format("{}-{}.h5", round, step);
        merge_files({left.begin(), left.begin() + some}, out, Overlap::refuse);
        left.erase(left.begin(), left.begin() + some);
        left.push_back(out);
      }
      ASSERT_EQ(read_file(left[0]), expected);
    }
    EXPECT_THROW(merge_files({parts[0], folder / "all.h5"}, folder / "x.h5", Overlap::refuse),
                 InputError);
    EXPECT_FALSE(fs::exists(folder / "x.h5"));
    merge_files({parts[0], folder / "all.h5", parts[1]}, folder / "x.h5", Overlap::ignore);
    EXPECT_EQ(read_file(folder / "x.h5"), expected);
  }
}

TEST(StatePage, PythonReadsCoverageAndColumns) {
  TRAWL_NEED_PYTHON("h5py, numpy");
  const std::string page = read_file(fs::path(TRAWL_SOURCE_DIR) / "docs/formats/state.md");
  const std::string fence = "```python\n";
  const std::size_t begin = page.find(fence) + fence.size();
  const std::string program = page.substr(begin, page.find("```", begin) - begin);
  const TempFolder folder;
  write_small(folder / "state.h5");
  EXPECT_EQ(test::run_python(folder.path(), program),
            fmt::format("stats ['amount', 'duration']\n{} 2 4\n{} 0 3\n"
                        "entity a bcd\nn 3 4\nmean_amount 0.5 -2.0\n"
                        "entities 300\nnothing 0\nmore 50\n",
                        dataset(5), dataset(7)));
}

}  // namespace
}  // namespace trawl::store
