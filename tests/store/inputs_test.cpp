// From INPUT arguments to datasets, in an order and with names that do not depend on where they
// lie.
#include <map>
#include <set>

#include <gmock/gmock.h>

#include <trawl/base/error.hpp>
#include <trawl/store/generator.hpp>
#include <trawl/store/sidecar.hpp>

#include "store/table_support.hpp"

namespace trawl::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Inputs : public testing::Test {
 protected:
  void touch(const std::string& name) {
    fs::create_directories((folder / name).parent_path());
    write_file_atomically(folder / name, name, true);
  }
  std::string at(const std::string& name) const { return (folder / name).string(); }
  static std::vector<std::string> names(const std::vector<std::string>& inputs) {
    std::vector<std::string> result;
    for (const DatasetRef& ref : list_inputs(inputs)) result.push_back(ref.name);
    return result;
  }
  static std::string refusal(const std::vector<std::string>& inputs) {
    try {
      list_inputs(inputs);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  TempFolder folder;
};

TEST_F(Inputs, FoldersAreSearchedForDatasetsOnly) {
  for (const char* name : {"d/b.h5", "d/a.hdf5", "d/sub/c.h5", "d/needles.json",
                           "d/quarantine/x.jsonl", "d/e.h5.partial", "d/B.h5"}) {
    touch(name);
  }
  EXPECT_THAT(names({at("d")}), ElementsAre("B", "a", "b", "sub/c"));
  EXPECT_THAT(names({at("d/")}), ElementsAre("B", "a", "b", "sub/c"));
  const auto refs = list_inputs(std::vector{at("d")}, "/t");
  EXPECT_EQ(refs[1].location, at("d/a.hdf5"));
  EXPECT_EQ(refs[1].table, "/t");
  EXPECT_EQ(refs[1].bytes, fs::file_size(at("d/a.hdf5")));
}

TEST_F(Inputs, NamesBeginBelowTheDeepestCommonFolder) {
  for (const char* name : {"x/1/a.h5", "x/1/b.h5", "x/2/a.h5"}) touch(name);
  EXPECT_THAT(names({at("x/1/a.h5")}), ElementsAre("a"));
  EXPECT_THAT(names({at("x/1/b.h5"), at("x/1/a.h5")}), ElementsAre("a", "b"));
  EXPECT_THAT(names({at("x/2/a.h5"), at("x/1/a.h5")}), ElementsAre("1/a", "2/a"));
  EXPECT_THAT(names({folder.path().string()}), ElementsAre("1/a", "1/b", "2/a"));
}

TEST_F(Inputs, OneFileNamedTwiceIsOneDataset) {
  touch("a.h5");
  touch("b.h5");
  fs::create_symlink(at("a.h5"), at("link.h5"));
  EXPECT_THAT(names({at("a.h5"), at("a.h5"), at("./a.h5"), at("b.h5")}), ElementsAre("a", "b"));
  EXPECT_THAT(names({folder.path().string()}), ElementsAre("a", "b"));
  // Staged inputs keep the name they are staged under.
  EXPECT_THAT(names({at("link.h5")}), ElementsAre("link"));
}

TEST_F(Inputs, PatternsAreExpanded) {
  for (const char* name : {"p1.h5", "p2.h5", "q.h5", "p3.txt", "pd/z.h5"}) touch(name);
  EXPECT_THAT(names({at("p*.h5")}), ElementsAre("p1", "p2"));
  EXPECT_THAT(names({at("p*")}), ElementsAre("p1", "p2", "pd/z"));
  EXPECT_THAT(names({at("[pq]?.h5"), at("q.h5")}), ElementsAre("p1", "p2", "q"));
  EXPECT_THAT(refusal({at("r*.h5")}), HasSubstr("matches nothing"));
  EXPECT_THAT(refusal({at("p3*")}), HasSubstr("matches no dataset"));
  touch("[odd].h5");
  EXPECT_THAT(names({at("[odd].h5")}), ElementsAre("[odd]"));
}

TEST_F(Inputs, MistakesAreErrorsButMissingFilesAreDatasets) {
  touch("a.h5");
  touch("a.hdf5");
  fs::create_directories(folder / "empty");
  EXPECT_THAT(refusal({}), HasSubstr("no inputs"));
  EXPECT_THAT(refusal({""}), HasSubstr("empty"));
  EXPECT_THAT(refusal({at("empty")}), HasSubstr("no datasets in folder"));
  EXPECT_THAT(refusal({at("a.h5"), at("a.hdf5")}), HasSubstr("the same name: 'a'"));
  EXPECT_THAT(refusal({"gen:nothing?x=1"}), HasSubstr("nothing"));
  const auto refs = list_inputs(std::vector{at("missing.h5")});
  ASSERT_EQ(refs.size(), 1u);
  EXPECT_EQ(refs[0].name, "missing");
  EXPECT_EQ(refs[0].bytes, 0u);
  EXPECT_THROW(open_dataset(refs[0]), DataError);
}

// Name and location of the datasets among `inputs` (files and folders), one system call and one
// path at a time.
std::set<std::pair<std::string, std::string>> slow_listing(const std::vector<std::string>& inputs) {
  std::set<fs::path> files;
  for (const std::string& input : inputs) {
    if (!fs::is_directory(input)) files.insert(input);
    if (!fs::is_directory(input)) continue;
    for (const auto& entry :
         fs::recursive_directory_iterator(input, fs::directory_options::follow_directory_symlink)) {
      const fs::path ending = entry.path().extension();
      if ((ending == ".h5" || ending == ".hdf5") && !fs::is_directory(entry.path()))
        files.insert(entry.path());
    }
  }
  std::map<fs::path, fs::path> first;
  for (const fs::path& file : files) first.emplace(fs::weakly_canonical(file), file);
  fs::path common;
  for (const auto& [_, file] : first) {
    const fs::path folder = fs::absolute(file).lexically_normal().parent_path();
    if (common.empty()) common = folder;
    while (*folder.lexically_relative(common).begin() == "..") common = common.parent_path();
  }
  std::set<std::pair<std::string, std::string>> listing;
  for (const auto& [_, file] : first) {
    fs::path name = fs::absolute(file).lexically_normal().lexically_relative(common);
    if (name.extension() == ".h5" || name.extension() == ".hdf5") name.replace_extension();
    listing.emplace(name.string(), file.string());
  }
  return listing;
}

TEST_F(Inputs, AreListedAsTheSlowWayListsThem) {
  const std::vector<std::string> parts = {"a", "b.c", ".d", "e f", "..g"};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const std::string top = std::to_string(seed);
    std::vector<std::string> made;
    for (std::uint64_t i = 0; i < 2 + random() % 12; ++i) {
      std::string path = top;
      for (std::uint64_t depth = random() % 3; depth > 0; --depth)
        path += "/" + parts[random() % parts.size()];
      path += "/" + std::to_string(i) + parts[random() % parts.size()] +
              (random() % 4 == 0   ? ".hdf5"
               : random() % 5 == 0 ? ".txt"
                                   : ".h5");
      if (!made.empty() && random() % 4 == 0) {
        fs::create_directories((folder / path).parent_path());
        fs::create_symlink(at(made[random() % made.size()]), folder / path);
      } else {
        touch(path);
      }
      made.push_back(path);
    }
    touch(top + "/x/one.h5");  // so that no folder is empty
    if (random() % 2 == 0) fs::create_directory_symlink(at(top + "/x"), folder / (top + "/y"));
    const std::vector<std::string> spellings = {
        at(top),        at(top) + "/",          at(top + "/x/.."),       at(top + "/x"),
        at(made[0]),    at(top + "//x/one.h5"), at(top + "/./x/one.h5"), at(top + "/x/../x/one.h5"),
        at(made.back())};
    std::vector<std::string> inputs;
    for (std::uint64_t i = 0; i < 1 + random() % 3; ++i)
      inputs.push_back(spellings[random() % spellings.size()]);
    std::set<std::pair<std::string, std::string>> listing;
    for (const DatasetRef& ref : list_inputs(inputs)) {
      listing.emplace(ref.name, ref.location);
      EXPECT_EQ(ref.bytes, fs::file_size(ref.location));
    }
    EXPECT_EQ(listing, slow_listing(inputs)) << testing::PrintToString(inputs);
  }
}

TEST_F(Inputs, ListingSaysWhereNoIndexLies) {
  for (const char* name : {"d/a.h5", "d/b.h5", "d/b.h5.trawl-index", "d/sub/a.h5"}) touch(name);
  std::vector<bool> without;
  for (const DatasetRef& ref : list_inputs(std::vector{at("d")})) {
    without.push_back(ref.no_index);
    EXPECT_EQ(has_sidecar(ref), ref.name == "b");
  }
  EXPECT_THAT(without, ElementsAre(true, false, true));
  // Of a file that was named by itself nobody looked at the folder.
  EXPECT_FALSE(list_inputs(std::vector{at("d/a.h5")})[0].no_index);
  EXPECT_EQ(list_inputs(std::vector{at("d")}, "", false)[0].bytes, 0u);
}

TEST_F(Inputs, GeneratedSourcesAreManyDatasets) {
  const std::string source = "gen:transactions?datasets=3&rows=1000&seed=1&needles=2";
  const auto refs = list_inputs(std::vector{source});
  ASSERT_EQ(refs.size(), 3u);
  for (std::uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(refs[i].name, Transactions::parse(source).name_of(i));
    EXPECT_EQ(refs[i].location, Transactions::parse(source).canonical());
    EXPECT_EQ(refs[i].index, i);
    EXPECT_GT(refs[i].bytes, 1000u);
    EXPECT_EQ(open_dataset(refs[i])->info().rows, 1000u);
  }
  EXPECT_EQ(list_inputs(std::vector{source, source}), refs);
  EXPECT_THAT(refusal({source, "gen:transactions?datasets=3&rows=1000&seed=2&needles=2"}),
              HasSubstr("the same name"));
}

TEST(Refs, ReadBackFromText) {
  const std::vector<DatasetRef> refs = {
      {"a", "/x/a.h5", "", 0, 12},
      {"b\tc\\n", "/x/\n\\.h5", "/t a", 7, UINT64_MAX / 2, "c", true},
      {"", "", "", 0, 0}};
  EXPECT_EQ(parse_refs(format_refs(refs)), refs);
  EXPECT_TRUE(parse_refs("").empty());
  EXPECT_THROW(parse_refs("a\tb\n"), InputError);
  EXPECT_THROW(parse_refs("a\tb\tc\t-1\t0\n"), InputError);
}

}  // namespace
}  // namespace trawl::store
