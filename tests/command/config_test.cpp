#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command/config_text.hpp"
#include "command/demo.hpp"

namespace trawl::command {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

struct Read {
  PeekParams params;
  Problems problems;
  std::string dump;
};

Read read(const std::string& config, const Arguments& args = {}) {
  Read read;
  Options options;
  describe(read.params, options);
  apply(options, parse_command_line(options, args), ConfigFile{"dir/peek.cfg", config},
        read.problems);
  read.dump = canonical_config(options);
  return read;
}

TEST(Config, ReadsKeysListsAndComments) {
  const Read r = read(
      "# trawl peek --config this\n\n  # indented comment\nwhere = a = '#1' # not a comment\r\n"
      "input = x.h5\ninput=y z.h5\ncount=true\nprogress = false\nnull =\nfpr =  0.25  \nlimit = 5");
  EXPECT_THAT(r.problems, ElementsAre());
  EXPECT_EQ(r.params.where, "a = '#1' # not a comment");
  EXPECT_THAT(r.params.inputs, ElementsAre("x.h5", "y z.h5"));
  EXPECT_THAT(r.params.null_texts, ElementsAre(""));
  EXPECT_TRUE(r.params.count);
  EXPECT_FALSE(r.params.progress);
  EXPECT_EQ(r.params.fpr, 0.25);
  EXPECT_EQ(r.params.limit, 5u);
}

TEST(Config, NamesFileLineAndNearestKey) {
  const Read r = read(
      "input = x\nwhere = a\nfprr = 0.1\nnonsense\nrows = -1\nmesh = $'fin\\q'\ncount = yes\n= "
      "3\n");
  EXPECT_THAT(r.problems, ElementsAre("dir/peek.cfg:4: 'nonsense' is not of the form key = value",
                                      "dir/peek.cfg:6: $'fin\\q' is not a well-formed $'...' text",
                                      "dir/peek.cfg:8: '= 3' is not of the form key = value",
                                      "dir/peek.cfg:3: no such key 'fprr'; the nearest is 'fpr'",
                                      "dir/peek.cfg:5: rows: -1 is outside 1 .. 1000000",
                                      "dir/peek.cfg:7: count: 'yes' is neither true nor false"));
}

TEST(Config, RefusesAScalarGivenTwice) {
  EXPECT_THAT(read("input = x\nwhere = a\nwhere = b\n").problems,
              ElementsAre("dir/peek.cfg:2: where: given 2 times"));
}

TEST(Config, CommonOptionsAreNoKeys) {
  EXPECT_THAT(read("input = x\nwhere = a\ndry-run = true\n").problems,
              ElementsAre(StartsWith("dir/peek.cfg:3: no such key 'dry-run'")));
}

TEST(Config, TheCommandLineWins) {
  const Read r = read("input = x\ninput = y\nwhere = a\nrows = 5\ncount = true\nnull = NA\n",
                      {"z", "--rows", "6", "--no-count"});
  EXPECT_THAT(r.problems, ElementsAre());
  EXPECT_THAT(r.params.inputs, ElementsAre("z"));
  EXPECT_EQ(r.params.rows, 6u);
  EXPECT_FALSE(r.params.count);
  EXPECT_THAT(r.params.null_texts, ElementsAre("NA"));
}

TEST(Config, DumpIsCanonical) {
  const Read r =
      read("", {"--where", "a = 1", "x", "--null", "", "--null", " b\t", "--limit", "9"});
  EXPECT_EQ(r.dump,
            "input = x\nwhere = a = 1\nnull =\nnull = $' b\\t'\nlimit = 9\nrows = 1000\nshift = "
            "-3\nfpr = 0.001\n"
            "rate = 0.5\nthreads = 0\nmesh = fine\ncount = false\nprogress = true\n");
}

// dump -> parse -> dump is a fixed point, whatever bytes the texts hold.
TEST(Config, DumpIsAFixedPoint) {
  const unsigned seed = 20261121;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::string alphabet("ab =#$'\"\\\t\n\r\x01\x7f\xc3\xa4\xff[]", 20);
  const auto text = [&] {
    std::string out;
    for (auto n = random() % 8; n > 0; --n) out += alphabet[random() % alphabet.size()];
    return out;
  };
  for (int round = 0; round < 2000; ++round) {
    PeekParams params;
    Options options;
    describe(params, options);
    params.where = text() + "x";
    params.inputs = {text() + "h", "5" + text()};
    params.null_texts = {text(), text(), text()};
    params.fpr = 1e-6 + 1e-10 * static_cast<double>(random());
    params.shift = static_cast<std::int64_t>(random()) - (1ll << 31);
    params.count = random() % 2 == 0;
    const std::string dump = canonical_config(options);
    const Read again = read(dump);
    ASSERT_THAT(again.problems, ElementsAre()) << dump;
    ASSERT_EQ(again.dump, dump);
    ASSERT_EQ(again.params.inputs, params.inputs);
    ASSERT_EQ(again.params.null_texts, params.null_texts);
    ASSERT_EQ(again.params.fpr, params.fpr);
  }
}

}  // namespace
}  // namespace trawl::command
