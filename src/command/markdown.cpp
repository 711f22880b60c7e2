// --help-markdown: docs/reference/<command>.md, from the same table as --help.
#include <cctype>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "command/command.hpp"
#include "command/help_parts.hpp"

namespace trawl::command {

namespace {

// A '|' would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string code_cell(std::string_view text) {
  return text.empty() ? "" : fmt::format("`{}`", cell(text));
}

std::string row(const Option& option) {
  std::string help = option.help;
  if (option.repeated && option.kind == Option::Kind::value) help += "; may be repeated";
  const std::string standard = option.required                     ? "required"
                               : option.kind == Option::Kind::flag ? ""
                                                                   : code_cell(option.default_text);
  return fmt::format("| {} | {} | {} | {} |\n", code_cell(spelling(option)), cell(help), standard,
                     cell(option.limits));
}

std::string sentence(std::string_view phrase) {
  std::string text(phrase);
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + '.';
}

std::string tables(const Options& options) {
  std::string out;
  std::string section;
  for (const Option& option : options.all()) {
    if (option.section != section) {
      out +=
          fmt::format("\n## {}\n\n| option | what it does | default | range |\n|---|---|---|---|\n",
                      option.section);
    }
    section = option.section;
    out += row(option);
  }
  return out;
}

std::string common_table() {
  std::string out = "\n## Every command\n\n| option | what it does |\n|---|---|\n";
  for (const CommonOption& option : common_options) {
    out += fmt::format("| `--{}{}{}` | {} |\n", option.name, option.label.empty() ? "" : " ",
                       option.label, option.help);
  }
  return out;
}

}  // namespace

std::string help_markdown(const About& about, const Options& options) {
  std::string text = fmt::format("# trawl {}\n\n{}\n\n```\n{}\n```\n", about.name,
                                 sentence(about.summary), usage(about, options));
  if (!about.details.empty()) text += fmt::format("\n{}\n", about.details);
  text += tables(options) + common_table();
  text +=
      "\nEvery option and argument is also a key of the config file, without the dashes: `key = "
      "value`.\n";
  if (!about.example.empty())
    text += fmt::format("\n## Example\n\n```sh\n{}\n```\n", about.example);
  text += "\n## Exit codes\n\n| code | meaning |\n|---|---|\n";
  for (const ExitCode code : exit_codes(about)) {
    text += fmt::format("| {} | {} |\n", static_cast<int>(code), meaning(code));
  }
  return text;
}

}  // namespace trawl::command
