#include "command/parse.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command/config_text.hpp"
#include "command/demo.hpp"

namespace trawl::command {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Parsed {
  PeekParams params;
  Problems problems;
  CommonOptions common;
  std::string dump;
};

Parsed parse(const Arguments& args, const std::string& config = "") {
  Parsed parsed;
  Options options;
  describe(parsed.params, options);
  const CommandLine line = parse_command_line(options, args);
  apply(options, line, ConfigFile{"peek.cfg", config}, parsed.problems);
  parsed.common = line.common;
  parsed.dump = canonical_config(options);
  return parsed;
}

TEST(CommandLine, TakesDefaultsFromTheStruct) {
  const Parsed p = parse({"--where", "a = 1", "x.h5"});
  EXPECT_THAT(p.problems, ElementsAre());
  EXPECT_EQ(p.params.where, "a = 1");
  EXPECT_THAT(p.params.inputs, ElementsAre("x.h5"));
  EXPECT_EQ(p.params.rows, 1000u);
  EXPECT_EQ(p.params.limit, std::nullopt);
  EXPECT_TRUE(p.params.progress);
}

TEST(CommandLine, TakesEveryKindOfOption) {
  const Parsed p = parse({"a", "--where=b = 'c'", "--limit", "7", "--shift", "-9", "--fpr=0.25",
                          "--mesh", "coarse", "--count", "--no-progress", "--null", "NA", "--null",
                          "-", "b", "--null", ""});
  EXPECT_THAT(p.problems, ElementsAre());
  EXPECT_EQ(p.params.where, "b = 'c'");
  EXPECT_EQ(p.params.limit, 7u);
  EXPECT_EQ(p.params.shift, -9);
  EXPECT_EQ(p.params.fpr, 0.25);
  EXPECT_EQ(p.params.mesh, Mesh::coarse);
  EXPECT_TRUE(p.params.count);
  EXPECT_FALSE(p.params.progress);
  EXPECT_THAT(p.params.null_texts, ElementsAre("NA", "-", ""));
  EXPECT_THAT(p.params.inputs, ElementsAre("a", "b"));
}

TEST(CommandLine, WordsAfterTwoDashesAreArguments) {
  const Parsed p = parse({"--where", "a", "--", "--count", "b"});
  EXPECT_THAT(p.params.inputs, ElementsAre("--count", "b"));
  EXPECT_FALSE(p.params.count);
}

TEST(CommandLine, KnowsNoAbbreviations) {
  const Parsed p = parse({"--wher", "a", "--where", "b", "x"});
  EXPECT_THAT(p.problems, ElementsAre("--wher: no such option; the nearest is --where"));
}

TEST(CommandLine, KnowsNoOneLetterOptions) {
  const Parsed p = parse({"-n", "--where", "b", "x"});
  EXPECT_THAT(p.problems, ElementsAre(HasSubstr("-n: no such option")));
}

TEST(CommandLine, CollectsAllComplaints) {
  const Parsed p =
      parse({"--rows", "0", "--fpr", "0.9", "--limit", "-3", "--threads", "two", "--nul", "x"});
  EXPECT_THAT(
      p.problems,
      ElementsAre("--nul: no such option; the nearest is --null", "--limit: -3 is outside >= 1",
                  "--rows: 0 is outside 1 .. 1000000", "--fpr: 0.9 is outside 1e-06 .. 0.5",
                  "--threads: 'two' is not a whole number"));
  const std::string message = message_of("peek", p.problems);
  EXPECT_THAT(message, HasSubstr("peek: 5 problems\n"));
  EXPECT_THAT(message, HasSubstr("See `trawl peek --help`."));
}

TEST(CommandLine, NamesWhatIsMissing) {
  const Parsed p = parse({});
  EXPECT_THAT(p.problems, ElementsAre("INPUT... is missing (files, folders, globs or gen: sources)",
                                      "--where is required"));
  EXPECT_THAT(parse({"x", "--where"}).problems, ElementsAre(HasSubstr("'--where'")));
  EXPECT_THAT(parse({"x", "--where", ""}).problems, ElementsAre("--where: is empty"));
}

TEST(CommandLine, NeverWrapsOrCutsNumbers) {
  const auto problem = [](const std::string& option, const std::string& value) {
    const Parsed p = parse({"--where", "a", "x", option, value});
    return p.problems.size() == 1 ? p.problems[0] : "none, or several";
  };
  EXPECT_EQ(problem("--rows", "-3"), "--rows: -3 is outside 1 .. 1000000");
  EXPECT_EQ(problem("--rows", "18446744073709551617"),
            "--rows: 18446744073709551617 is outside 0 .. 18446744073709551615");
  EXPECT_EQ(problem("--threads", "4294967297"),
            "--threads: 4294967297 is outside -2147483648 .. 2147483647");
  EXPECT_EQ(problem("--rows", "12.5"), "--rows: '12.5' is not a whole number");
  EXPECT_EQ(problem("--rows", "1e3"), "--rows: '1e3' is not a whole number");
  EXPECT_EQ(problem("--rows", " 1"), "--rows: ' 1' is not a whole number");
  EXPECT_EQ(problem("--rows", ""), "--rows: '' is not a whole number");
  EXPECT_EQ(problem("--shift", "-"), "--shift: '-' is not a whole number");
  EXPECT_EQ(problem("--shift", "-9223372036854775809"),
            "--shift: -9223372036854775809 is outside -9223372036854775808 .. 9223372036854775807");
  EXPECT_EQ(problem("--fpr", "nan"), "--fpr: 'nan' is not a number");
  EXPECT_EQ(problem("--rate", "1"), "--rate: 1 is outside 0 .. below 1");
  EXPECT_EQ(problem("--mesh", "Fine"), "--mesh: 'Fine' is not one of fine, coarse");
}

TEST(CommandLine, RefusesAScalarGivenTwice) {
  EXPECT_THAT(parse({"--where", "a", "--where", "b", "x"}).problems,
              ElementsAre("--where: given 2 times"));
  EXPECT_THAT(parse({"--where", "a", "--count", "--no-count", "x"}).problems,
              ElementsAre("--count: given 2 times"));
}

TEST(CommandLine, FlagsTakeNoValue) {
  EXPECT_THAT(parse({"--where", "a", "--count=true", "x"}).problems,
              ElementsAre(HasSubstr("count")));
  const Parsed p = parse({"--where", "a", "--count", "x"});
  EXPECT_THAT(p.params.inputs, ElementsAre("x"));
}

TEST(CommandLine, KnowsTheCommonOptions) {
  const Parsed p = parse({"--config", "a.cfg", "--dry-run", "--dump-config", "--quiet", "--help"});
  EXPECT_EQ(p.common.config, "a.cfg");
  EXPECT_TRUE(p.common.dry_run && p.common.dump_config && p.common.quiet && p.common.help);
  EXPECT_THAT(parse({"--where", "a", "x", "--config", "b", "--config", "c"}).problems,
              ElementsAre("--config: given more than once"));
}

// A command without arguments takes several values after a list option.
struct KeyParams {
  std::vector<std::int64_t> include;
  std::string out;
};
void describe(KeyParams& p, Options& visit) {
  visit.option("include", p.include, Range{-10, 20000}, "KEY", "keys that must be there");
  visit.required("out", p.out, "FILE", "where to");
}

TEST(CommandLine, ListsTakeSeveralWordsWhereThereAreNoArguments) {
  KeyParams params;
  Options options;
  describe(params, options);
  Problems problems;
  apply(options,
        parse_command_line(options, {"--include", "12345", "-7", "--out", "o", "--include", "3"}),
        {}, problems);
  EXPECT_THAT(problems, ElementsAre());
  EXPECT_THAT(params.include, ElementsAre(12345, -7, 3));
  apply(options, parse_command_line(options, {"--out", "o", "stray"}), {}, problems);
  EXPECT_THAT(problems, ElementsAre("stray: unexpected argument"));
}

TEST(Options, RefusesWhatCannotWork) {
  bool flag = false;
  std::vector<int> list{1};
  Options options;
  options.flag("count", flag, "");
  EXPECT_THROW(options.flag("count", flag, ""), std::logic_error);
  EXPECT_THROW(options.flag("dry-run", flag, ""), std::logic_error);
  EXPECT_THROW(options.flag("no-count", flag, ""), std::logic_error);
  EXPECT_THROW(options.option("list", list, "N", ""), std::logic_error);
}

}  // namespace
}  // namespace trawl::command
