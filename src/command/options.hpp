// The options of a command: declared once, in one table, and used for everything.
//
// How to write a command, in src/command/peek.cpp:
//   struct PeekParams {                        // defaults are the member initialisers
//     std::vector<std::string> inputs;
//     double fpr = 0.001;
//     std::optional<std::uint64_t> limit;      // optional: no value unless given
//     bool count = false;
//   };
//   void describe(PeekParams& p, Options& visit) {
//     visit.argument("input", p.inputs, "INPUT...", "files, folders, globs or gen: sources");
//     visit.section("Screens");
//     visit.option("fpr", p.fpr, Range{1e-6, 0.5}, "RATE", "false-positive rate of filters");
//     visit.flag("count", p.count, "print only the number of matches");
//   }
//   ExitCode run_peek(const PeekParams& p, const Context& context);  // params checked, on all
//   ranks Command peek_command() { return make_command<PeekParams>({.name = "peek", ...},
//   run_peek); }
// and name peek_command in commands.hpp and registry.cpp. Parsing, config files, range checks,
// --dump-config, --dry-run,
// --help and docs/reference/peek.md follow from the table.
//
// Values: bool, integers, double, std::string, fs::path; std::optional of them (not set unless
// given); std::vector of them (repeated; empty unless given). Config keys are the names of options
// and arguments.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "command/values.hpp"

namespace trawl::command {

// What every command understands besides its own table; not part of params, dumps and run records.
// Names are literals.
struct CommonOption {
  std::string_view name;
  std::string_view label;  // "" for a flag
  std::string_view help;
};
inline constexpr CommonOption common_options[] = {
    {"config", "FILE", "read options from FILE, one `key = value` a line; the command line wins"},
    {"dump-config", "", "print the options as they stand, as a config file, and stop"},
    {"dry-run", "",
     "check all that can be checked without reading data, print the options, and stop"},
    {"quiet", "", "tell nothing but warnings and errors on standard error"},
    {"help", "", "print this help and stop"},
    {"help-markdown", "", "print this help as the page in docs/reference and stop"},
};

// One row of the table. Holds no value: `set` and `get` reach into the params, which must outlive
// it.
struct Option {
  enum class Kind { argument, value, flag };

  Kind kind = Kind::value;
  std::string section;  // heading in the help
  std::string name;     // --name and config key
  std::string label;    // what stands for the value in the help: "RATE", "table|csv"
  std::string help;
  std::string limits;        // "1e-06 .. 0.5"; "" when every value of the type is allowed
  std::string default_text;  // "" when not set
  bool repeated = false;     // std::vector
  bool required = false;
  std::function<std::string(std::string_view)> set;  // returns what is wrong with the text, or ""
  std::function<std::vector<std::string>()> get;     // the values now, one text each
};

class Options {
 public:
  // Options that follow stand under this heading.
  void section(std::string_view title) { section_ = title; }

  // A word without dashes; required unless std::optional. Only the last may be a std::vector (one
  // or more words).
  template <class T>
  void argument(std::string_view name, T& value, std::string_view label, std::string_view help) {
    Option& option = add(Option::Kind::argument, name, value, Anything{}, label, help);
    option.required = !is_optional<T>;
  }

  // A word, or words, that other options can stand for: `check` says when they are missing.
  template <class T>
  void optional_argument(std::string_view name, T& value, std::string_view label,
                         std::string_view help) {
    add(Option::Kind::argument, name, value, Anything{}, label, help);
  }

  template <class T>
  void option(std::string_view name, T& value, std::string_view label, std::string_view help) {
    add(Option::Kind::value, name, value, Anything{}, label, help);
  }
  template <class T, class U>
  void option(std::string_view name, T& value, Range<U> range, std::string_view label,
              std::string_view help) {
    add(Option::Kind::value, name, value, range, label, help);
  }

  // An option that must be given.
  template <class T>
  void required(std::string_view name, T& value, std::string_view label, std::string_view help) {
    require(add(Option::Kind::value, name, value, Anything{}, label, help));
  }
  template <class T, class U>
  void required(std::string_view name, T& value, Range<U> range, std::string_view label,
                std::string_view help) {
    require(add(Option::Kind::value, name, value, range, label, help));
  }

  // One word of a list: `visit.choice("format", p.format, {{"table", Format::table}, {"csv",
  // Format::csv}}, "...")`.
  template <class T>
  void choice(std::string_view name, T& value,
              std::initializer_list<std::pair<std::string_view, std::type_identity_t<T>>> words,
              std::string_view help) {
    const Choices<T> choices{{words.begin(), words.end()}};
    add(Option::Kind::value, name, value, choices, choices.joined("|"), help).limits.clear();
  }

  // --name sets it, --no-name clears it; in a config file `name = true` or `name = false`. The help
  // shows the one that changes the default.
  void flag(std::string_view name, bool& value, std::string_view help) {
    add(Option::Kind::flag, name, value, Anything{}, "", help);
  }

  const std::vector<Option>& all() const { return options_; }
  const Option* find(std::string_view name) const;
  // The name closest to `name`, for error messages.
  std::string nearest(std::string_view name) const;
  bool has_arguments() const;

 private:
  template <class T, class Limits>
  Option& add(Option::Kind kind, std::string_view name, T& value, const Limits& limits,
              std::string_view label, std::string_view help) {
    Option option;
    option.kind = kind;
    option.section = kind == Option::Kind::argument ? "Arguments" : section_;
    option.name = name;
    option.label = label;
    option.help = help;
    option.limits = limits.text();
    option.repeated = is_vector<T>;
    option.set = [&value, limits](std::string_view text) { return set_value(value, text, limits); };
    option.get = [&value, limits] { return value_texts(value, limits); };
    return add(std::move(option));
  }
  Option& add(Option option);
  static void require(Option& option);

  std::string section_ = "Options";
  std::vector<Option> options_;
};

}  // namespace trawl::command
