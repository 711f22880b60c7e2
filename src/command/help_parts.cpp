#include "command/help_parts.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace trawl::command {

std::string usage(const About& about, const Options& options) {
  std::string text = fmt::format("trawl {}", about.name);
  std::string arguments;
  for (const Option& option : options.all()) {
    if (option.kind == Option::Kind::argument) {
      arguments += option.required ? " " + option.label : " [" + option.label + "]";
    } else if (option.required) {
      text += " " + spelling(option);
    }
  }
  return text + " [OPTION]..." + arguments;
}

std::string spelling(const Option& option) {
  switch (option.kind) {
    case Option::Kind::argument:
      return option.label;
    case Option::Kind::flag:
      return fmt::format("--{}{}", option.default_text == "true" ? "no-" : "", option.name);
    case Option::Kind::value:
      break;
  }
  return fmt::format("--{} {}", option.name, option.label);
}

std::string facts_sentence(const Option& option) {
  std::string facts;
  const auto add = [&](std::string_view fact) { facts += fmt::format(" {}.", fact); };
  if (option.repeated && option.kind == Option::Kind::value) add("May be repeated");
  if (!option.limits.empty()) add("Range: " + option.limits);
  if (option.kind == Option::Kind::value && !option.default_text.empty()) {
    add("Default: " + option.default_text);
  }
  if (option.required && option.kind == Option::Kind::value) add("Required");
  return facts.empty() ? "" : "." + facts;
}

std::vector<ExitCode> exit_codes(const About& about) {
  std::vector<ExitCode> codes = about.exit_codes;
  codes.insert(codes.end(), {ExitCode::complete, ExitCode::internal_error, ExitCode::bad_input});
  std::ranges::sort(codes);
  return codes;
}

std::string_view meaning(ExitCode code) {
  switch (code) {
    case ExitCode::complete:
      return "done, and nothing is missing";
    case ExitCode::internal_error:
      return "a defect of the program";
    case ExitCode::bad_input:
      return "wrong use or wrong input; nothing was done";
    case ExitCode::quarantined:
      return "done, but more rows were quarantined than allowed";
    case ExitCode::incomplete:
      return "something could not be read or written; it is named";
    case ExitCode::check_failed:
      return "a verification or an audit failed";
    case ExitCode::interrupted:
      return "interrupted; the run can be resumed";
  }
  return "";
}

}  // namespace trawl::command
