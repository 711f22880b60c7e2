#include "command/options.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include <trawl/base/schema.hpp>

namespace trawl::command {

namespace {

// "no-" is what clears a flag.
bool is_reserved(std::string_view name) {
  return std::ranges::find(common_options, name, &CommonOption::name) != std::end(common_options) ||
         name.starts_with("no-");
}

}  // namespace

const Option* Options::find(std::string_view name) const {
  const auto found = std::ranges::find(options_, name, &Option::name);
  return found == options_.end() ? nullptr : &*found;
}

std::string Options::nearest(std::string_view name) const {
  std::string best;
  std::size_t distance = 0;
  for (const Option& option : options_) {
    const std::size_t d = edit_distance(option.name, name);
    if (best.empty() || d < distance) {
      best = option.name;
      distance = d;
    }
  }
  return best;
}

bool Options::has_arguments() const {
  return std::ranges::any_of(options_,
                             [](const Option& o) { return o.kind == Option::Kind::argument; });
}

Option& Options::add(Option option) {
  if (find(option.name) != nullptr || is_reserved(option.name)) {
    throw std::logic_error(
        fmt::format("option --{} cannot be declared: the name is taken", option.name));
  }
  const std::vector<std::string> defaults = option.get();
  // A list that is empty in a dump must be empty when the dump is read back.
  if (option.repeated && !defaults.empty()) {
    throw std::logic_error(
        fmt::format("option --{}: a list must be empty by default", option.name));
  }
  if (option.kind == Option::Kind::value && !defaults.empty()) option.default_text = defaults[0];
  if (option.kind == Option::Kind::flag) option.default_text = defaults[0];
  options_.push_back(std::move(option));
  return options_.back();
}

void Options::require(Option& option) {
  option.required = true;
  option.default_text.clear();
}

}  // namespace trawl::command
