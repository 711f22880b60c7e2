#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command/demo.hpp"
#include "command/registry.hpp"

namespace trawl::command {
namespace {

using ::testing::HasSubstr;

const std::string golden_help = R"(trawl peek: look at some rows

Usage: trawl peek --where PREDICATE [OPTION]... INPUT...

Looks at rows, and prints what it sees.

Nothing is changed.

Arguments:
  INPUT...                files, folders, globs or gen: sources

What to look for:
  --where PREDICATE       rows to find. Required.
  --null TEXT             text that means NULL. May be repeated.
  --limit ROWS            stop after this many matches. Range: >= 1.
  --rows ROWS             rows of a row group. Range: 1 .. 1000000. Default:
                          1000.
  --shift DAYS            days to add. Default: -3.

Speed:
  --fpr RATE              false-positive rate of membership filters, as
                          measured, not as promised. Range: 1e-06 .. 0.5.
                          Default: 0.001.
  --rate RATE             share of rows. Range: 0 .. below 1. Default: 0.5.
  --threads N             threads of a rank; 0: as many as cores. Range: 0 ..
                          1024. Default: 0.
  --mesh fine|coarse      how tight the net is. Default: fine.
  --count                 print only the number of matches
  --no-progress           no progress line

Every command:
  --config FILE           read options from FILE, one `key = value` a line; the
                          command line wins
  --dump-config           print the options as they stand, as a config file, and
                          stop
  --dry-run               check all that can be checked without reading data,
                          print the options, and stop
  --quiet                 tell nothing but warnings and errors on standard error
  --help                  print this help and stop
  --help-markdown         print this help as the page in docs/reference and stop

Example:
  trawl peek --where 'a = 1' data

Exit codes:
   0  done, and nothing is missing
   1  a defect of the program
   2  wrong use or wrong input; nothing was done
   4  something could not be read or written; it is named
)";

const std::string golden_markdown = R"(# trawl peek

Look at some rows.

```
trawl peek --where PREDICATE [OPTION]... INPUT...
```

Looks at rows, and prints what it sees.

Nothing is changed.

## Arguments

| option | what it does | default | range |
|---|---|---|---|
| `INPUT...` | files, folders, globs or gen: sources | required |  |

## What to look for

| option | what it does | default | range |
|---|---|---|---|
| `--where PREDICATE` | rows to find | required |  |
| `--null TEXT` | text that means NULL; may be repeated |  |  |
| `--limit ROWS` | stop after this many matches |  | >= 1 |
| `--rows ROWS` | rows of a row group | `1000` | 1 .. 1000000 |
| `--shift DAYS` | days to add | `-3` |  |

## Speed

| option | what it does | default | range |
|---|---|---|---|
| `--fpr RATE` | false-positive rate of membership filters, as measured, not as promised | `0.001` | 1e-06 .. 0.5 |
| `--rate RATE` | share of rows | `0.5` | 0 .. below 1 |
| `--threads N` | threads of a rank; 0: as many as cores | `0` | 0 .. 1024 |
| `--mesh fine\|coarse` | how tight the net is | `fine` |  |
| `--count` | print only the number of matches |  |  |
| `--no-progress` | no progress line |  |  |

## Every command

| option | what it does |
|---|---|
| `--config FILE` | read options from FILE, one `key = value` a line; the command line wins |
| `--dump-config` | print the options as they stand, as a config file, and stop |
| `--dry-run` | check all that can be checked without reading data, print the options, and stop |
| `--quiet` | tell nothing but warnings and errors on standard error |
| `--help` | print this help and stop |
| `--help-markdown` | print this help as the page in docs/reference and stop |

Every option and argument is also a key of the config file, without the dashes: `key = value`.

## Example

```sh
trawl peek --where 'a = 1' data
```

## Exit codes

| code | meaning |
|---|---|
| 0 | done, and nothing is missing |
| 1 | a defect of the program |
| 2 | wrong use or wrong input; nothing was done |
| 4 | something could not be read or written; it is named |
)";

TEST(Help, SaysAllTheTableKnows) {
  PeekParams params;
  Options options;
  describe(params, options);
  EXPECT_EQ(help_text(peek_about, options), golden_help);
}

TEST(Help, IsTheSamePageInMarkdown) {
  PeekParams params;
  Options options;
  describe(params, options);
  EXPECT_EQ(help_markdown(peek_about, options), golden_markdown);
}

TEST(Help, FitsATerminal) {
  for (const Command& command : commands()) {
    std::size_t width = 0;
    for (const char c : command.help()) {
      width = c == '\n' ? 0 : width + 1;
      ASSERT_LE(width, 100u) << command.help();
    }
  }
}

TEST(Registry, FindsEveryCommandByItsName) {
  ASSERT_FALSE(commands().empty());
  for (const Command& command : commands()) {
    EXPECT_EQ(find_command(command.about.name), &command);
    EXPECT_THAT(overview(), HasSubstr(std::string(command.about.name) + " "));
    EXPECT_THAT(command.help(), HasSubstr("Example:\n  ")) << command.about.name;
  }
  EXPECT_EQ(find_command("generate"), nullptr);
  EXPECT_EQ(find_command(""), nullptr);
}

}  // namespace
}  // namespace trawl::command
