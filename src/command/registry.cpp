#include "command/registry.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/schema.hpp>
#include <trawl/base/version.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"

namespace trawl::command {

namespace {

// The command that the first one or two words name, and how many words that took.
struct Found {
  const Command* command = nullptr;
  std::size_t words = 0;
};

Found find_in(const Arguments& args) {
  if (args.size() >= 2) {
    if (const Command* command = find_command(args[0] + " " + args[1])) return {command, 2};
  }
  if (args.empty()) return {};
  return {find_command(args[0]), 1};
}

// The names of the commands whose first word is `word`.
std::vector<std::string_view> family(std::string_view word) {
  std::vector<std::string_view> names;
  for (const Command& command : commands()) {
    const std::string_view name = command.about.name;
    if (name.size() > word.size() && name.starts_with(word) && name[word.size()] == ' ') {
      names.push_back(name);
    }
  }
  return names;
}

std::string unknown_command(const Arguments& args) {
  if (const auto names = family(args[0]); !names.empty()) {
    std::string list;
    for (const auto name : names)
      list += fmt::format("{}`trawl {}`", list.empty() ? "" : " or ", name);
    return fmt::format("{}: which one? {}.", args[0], list);
  }
  const std::string typed = args.size() < 2 ? args[0] : args[0] + " " + args[1];
  const auto distance = [&](const Command& command) {
    return std::min(edit_distance(command.about.name, typed),
                    edit_distance(command.about.name, args[0]));
  };
  const auto nearest = std::ranges::min_element(commands(), {}, distance);
  return fmt::format("{}: no such command; the nearest is `trawl {}`. See `trawl --help`.", args[0],
                     nearest->about.name);
}

std::string version_text() {
  return fmt::format("trawl {} (commit {})\n", version(), commit());
}

ExitCode print(const comm::Session& session, std::string_view text) {
  print_from_root(session.world(), text);
  return ExitCode::complete;
}

ExitCode help(const Arguments& names, const comm::Session& session) {
  if (names.empty()) return print(session, overview());
  const Found found = find_in(names);
  if (found.command == nullptr || found.words != names.size()) {
    throw CollectiveError(ExitCode::bad_input, unknown_command(names));
  }
  return print(session, found.command->help());
}

}  // namespace

std::span<const Command> commands() {
  static const std::vector<Command> all = {
      generate_transactions_command(),
      generate_evidence_command(),
      generate_keys_command(),
      ingest_command(),
      index_command(),
      inspect_command(),
      search_command(),
      stats_command(),
      evidence_command(),
      merge_command(),
      prove_command(),
      check_proof_command(),
      verify_command(),
      replay_command(),
      sweep_command(),
  };
  return all;
}

const Command* find_command(std::string_view name) {
  const auto all = commands();
  const auto found =
      std::ranges::find_if(all, [&](const Command& c) { return c.about.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string overview() {
  std::string text =
      "trawl finds the few records that matter among very many, and proves that it looked "
      "everywhere.\n\n"
      "Usage: trawl COMMAND ...\n"
      "       mpirun -n RANKS trawl COMMAND ...\n\nCommands:\n";
  for (const Command& command : commands()) {
    text += fmt::format("  {:22} {}\n", command.about.name, command.about.summary);
  }
  return text +
         "\n`trawl help COMMAND` or `trawl COMMAND --help` explains one; `trawl --version` names "
         "the program.\n";
}

std::string overview_markdown() {
  std::string text =
      "# Commands\n\nPrinted by `trawl --help-markdown`; each page by `trawl COMMAND "
      "--help-markdown`.\n\n"
      "| command | what it does |\n|---|---|\n";
  for (const Command& command : commands()) {
    std::string page(command.about.name);
    std::ranges::replace(page, ' ', '-');
    text += fmt::format("| [`trawl {}`]({}.md) | {} |\n", command.about.name, page,
                        command.about.summary);
  }
  return text;
}

ExitCode dispatch(const Arguments& args, const comm::Session& session) {
  if (!session.world().same_everywhere(fmt::format("{}", fmt::join(args, "\n")))) {
    throw CollectiveError(ExitCode::bad_input,
                          "the ranks were started with different options; give all the same");
  }
  if (args.empty()) throw CollectiveError(ExitCode::bad_input, "which command?\n\n" + overview());
  if (args[0] == "--help" || args[0] == "-h") return print(session, overview());
  if (args[0] == "--help-markdown") return print(session, overview_markdown());
  if (args[0] == "--version") return print(session, version_text());
  if (args[0] == "help") return help({args.begin() + 1, args.end()}, session);
  const Found found = find_in(args);
  if (found.command == nullptr) throw CollectiveError(ExitCode::bad_input, unknown_command(args));
  const auto rest = args.begin() + static_cast<std::ptrdiff_t>(found.words);
  return found.command->run({rest, args.end()}, session);
}

}  // namespace trawl::command
