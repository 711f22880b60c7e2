// --help: what the table says, for a terminal of 80 columns.
#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "command/command.hpp"
#include "command/help_parts.hpp"

namespace trawl::command {

namespace {

constexpr std::size_t width = 80;
constexpr std::size_t indent = 26;  // where the help of an option begins

std::string wrap(std::string_view text, std::size_t from, std::size_t at) {
  std::string out;
  std::size_t column = at;
  for (const std::string& word : split(text, ' ')) {
    if (column > from && column + 1 + word.size() > width) {
      out += '\n' + std::string(from, ' ');
      column = from;
    } else if (column > from) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

// "  --name LABEL       help", the help in its own column.
std::string entry(std::string_view left, std::string_view help) {
  std::string line = fmt::format("  {}", left);
  if (line.size() + 2 > indent) {
    line += '\n' + std::string(indent, ' ');
  } else {
    line.resize(indent, ' ');
  }
  return line + wrap(help, indent, indent) + '\n';
}

std::string paragraphs(std::string_view text) {
  std::string out;
  for (const std::string& paragraph : split(text, '\n')) out += wrap(paragraph, 0, 0) + '\n';
  return out;
}

std::string option_entries(const Options& options) {
  std::string out;
  std::string section;
  for (const Option& option : options.all()) {
    if (option.section != section) out += fmt::format("\n{}:\n", option.section);
    section = option.section;
    out += entry(spelling(option), option.help + facts_sentence(option));
  }
  return out;
}

std::string common_entries() {
  std::string out = "\nEvery command:\n";
  for (const CommonOption& option : common_options) {
    out +=
        entry(fmt::format("--{}{}{}", option.name, option.label.empty() ? "" : " ", option.label),
              option.help);
  }
  return out;
}

}  // namespace

std::string help_text(const About& about, const Options& options) {
  std::string text = fmt::format("trawl {}: {}\n\nUsage: {}\n", about.name, about.summary,
                                 wrap(usage(about, options), 9, 7));
  if (!about.details.empty()) text += "\n" + paragraphs(about.details);
  text += option_entries(options) + common_entries();
  if (!about.example.empty()) {
    text += "\nExample:\n";
    for (const std::string& line : split(about.example, '\n')) text += "  " + line + "\n";
  }
  text += "\nExit codes:\n";
  for (const ExitCode code : exit_codes(about)) {
    text += fmt::format("  {:2}  {}\n", static_cast<int>(code), meaning(code));
  }
  return text;
}

}  // namespace trawl::command
