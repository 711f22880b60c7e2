// trawl generate keys: a file of distinct keys, for watch lists of any length.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/key_bijection.hpp"
#include "command/text_file.hpp"

namespace trawl::command {

namespace {

constexpr std::int64_t key_end = std::int64_t{1}
                                 << 39;  // keys lie in [-2^39, 2^39), as user_id does
constexpr std::uint64_t key_space = std::uint64_t{1} << 40;

struct GenerateKeysParams {
  std::uint64_t count = 0;
  std::uint64_t seed = 42;
  std::vector<std::int64_t> include;
  fs::path out;
  bool overwrite = false;
};

void describe(GenerateKeysParams& p, Options& visit) {
  visit.section("Keys");
  visit.required("count", p.count, Range{std::uint64_t{1}, key_space}, "N",
                 "how many keys, the included ones counted");
  visit.option("seed", p.seed, "SEED", "equal seeds give equal keys");
  visit.option("include", p.include, Range{-key_end, key_end - 1}, "KEY",
               "keys that must be among them");
  visit.section("Output");
  visit.required("out", p.out, "FILE",
                 "one key a line; a FILE that ends in .csv begins with the header line `key`");
  visit.flag("overwrite", p.overwrite, "replace FILE");
}

void check(const GenerateKeysParams& p, Problems& problems) {
  if (p.include.size() > p.count) {
    problems.push_back(
        fmt::format("--include: {} keys do not fit among --count {}", p.include.size(), p.count));
  }
  auto sorted = p.include;
  std::ranges::sort(sorted);
  const auto twice = std::ranges::adjacent_find(sorted);
  if (twice != sorted.end())
    problems.push_back(fmt::format("--include: {} is given twice", *twice));
}

// The bijection's keys without the included ones, which stand at even distances among the others.
class KeySequence {
 public:
  explicit KeySequence(const GenerateKeysParams& p)
      : params_(p), included_(p.include.begin(), p.include.end()), bijection_(p.seed) {}

  std::int64_t next() {
    const std::uint64_t line = line_++;
    if (placed_ < params_.include.size() && line == place_of(placed_)) {
      return params_.include[placed_++];
    }
    for (;;) {
      const auto key = static_cast<std::int64_t>(bijection_(counter_++)) - key_end;
      if (included_.empty() || !included_.contains(key)) return key;
    }
  }

 private:
  // Strictly ascending, because there are no more included keys than lines.
  std::uint64_t place_of(std::size_t i) const {
    __extension__ typedef unsigned __int128 uint128;
    return static_cast<std::uint64_t>(uint128{2 * i + 1} * params_.count /
                                      (2 * params_.include.size()));
  }

  const GenerateKeysParams& params_;
  std::unordered_set<std::int64_t> included_;
  KeyBijection bijection_;
  std::uint64_t line_ = 0;
  std::uint64_t counter_ = 0;
  std::size_t placed_ = 0;
};

void write_keys(const GenerateKeysParams& p) {
  TextFile file(p.out);
  if (p.out.extension() == ".csv") file.append("key\n");
  KeySequence keys(p);
  char line[24];
  for (std::uint64_t i = 0; i < p.count; ++i) {
    char* const end = std::to_chars(line, line + sizeof line - 1, keys.next()).ptr;
    *end = '\n';
    file.append({line, static_cast<std::size_t>(end - line) + 1});
  }
  file.publish(p.overwrite);
}

ExitCode run(const GenerateKeysParams& p, const Context& context) {
  // One file is written faster by one rank than by many that wait for each other.
  on_root(context.world, [&] {
    check_output(p.out, p.overwrite);
    write_keys(p);
  });
  log::story(fmt::format("{} keys written to {}", with_thousands(p.count), p.out.string()));
  return ExitCode::complete;
}

}  // namespace

Command generate_keys_command() {
  return make_command<GenerateKeysParams>(
      {.name = "generate keys",
       .summary = "write a file of distinct int64 keys",
       .details =
           "Keys lie in [-2^39, 2^39), as user_id of `trawl generate transactions` does. "
           "They are a function of seed and count alone. One rank writes; more make it no faster.",
       .example = "trawl generate keys --count 10000000 --seed 7 --include 12345 --out keys.txt",
       .exit_codes = {ExitCode::incomplete}},
      run, check);
}

}  // namespace trawl::command
