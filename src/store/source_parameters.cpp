#include "store/source_parameters.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>
#include <trawl/base/type.hpp>

namespace trawl::store {
namespace {

std::uint64_t parse_count(std::string_view name, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  refuse_source(fmt::format("{}={}", name, text), "must be a whole number");
}

bool parse_switch(std::string_view name, std::string_view text) {
  if (text == "1" || text == "true") return true;
  if (text == "0" || text == "false") return false;
  refuse_source(fmt::format("{}={}", name, text), "must be 0 or 1");
}

double parse_share(std::string_view name, std::string_view text) {
  if (const std::optional<double> share = parse_double(text)) return *share;
  refuse_source(fmt::format("{}={}", name, text), "must be a number");
}

}  // namespace

void refuse_source(std::string_view what, std::string_view why) {
  throw InputError(fmt::format("wrong generated source: {} ({})", what, why));
}

void SourceParameters::count(std::string_view name, std::uint64_t& value, std::uint64_t least,
                             std::uint64_t most) {
  parameters_.push_back({name, &value, least, most, false});
}

void SourceParameters::flag(std::string_view name, bool& value) {
  parameters_.push_back({name, &value});
}

void SourceParameters::share(std::string_view name, double& value, bool with_one) {
  parameters_.push_back({name, &value, 0, 0, with_one});
}

std::string SourceParameters::names() const {
  std::string names;
  for (const Parameter& parameter : parameters_)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", parameter.name);
  return names;
}

void SourceParameters::set(std::string_view name, std::string_view text) {
  const auto found = std::ranges::find(parameters_, name, &Parameter::name);
  if (found == parameters_.end())
    refuse_source(fmt::format("no parameter '{}'", name), fmt::format("there are {}", names()));
  if (auto** const count = std::get_if<std::uint64_t*>(&found->value))
    **count = parse_count(name, text);
  else if (auto** const flag = std::get_if<bool*>(&found->value))
    **flag = parse_switch(name, text);
  else
    *std::get<double*>(found->value) = parse_share(name, text);
}

void SourceParameters::parse(std::string_view source) {
  const std::string_view name = source.substr(0, source.find('?'));
  if (name != fmt::format("gen:{}", kind_))
    refuse_source(fmt::format("'{}'", name), fmt::format("this is about gen:{}", kind_));
  if (name.size() == source.size()) return;
  std::vector<std::string> seen;
  for (const std::string& item : split(source.substr(name.size() + 1), '&')) {
    const std::size_t equals = item.find('=');
    const std::string parameter = item.substr(0, equals);
    if (equals == std::string::npos) {
      refuse_source(fmt::format("'{}'", item),
                    fmt::format("must be parameter=value; there are {}", names()));
    }
    if (std::ranges::find(seen, parameter) != seen.end())
      refuse_source(parameter, "is given twice");
    seen.push_back(parameter);
    set(parameter, std::string_view(item).substr(equals + 1));
  }
}

void SourceParameters::check() {
  for (const Parameter& p : parameters_) {
    if (auto* const* count = std::get_if<std::uint64_t*>(&p.value)) {
      if (**count >= p.least && **count <= p.most) continue;
      refuse_source(
          fmt::format("{}={}", p.name, **count),
          fmt::format("must be {} to {}", with_thousands(p.least), with_thousands(p.most)));
    }
    if (auto* const* share = std::get_if<double*>(&p.value)) {
      double& value = **share;
      value += 0.0;  // -0 is 0, and is written so
      if (value >= 0 && (value < 1 || (p.with_one && value == 1))) continue;
      refuse_source(fmt::format("{}={}", p.name, to_text(value)),
                    p.with_one ? "must be 0 to 1" : "must be at least 0 and less than 1");
    }
  }
}

std::string SourceParameters::text() const {
  std::string out = fmt::format("gen:{}", kind_);
  char before = '?';
  for (const Parameter& p : parameters_) {
    out += fmt::format("{}{}=", before, p.name);
    if (auto* const* count = std::get_if<std::uint64_t*>(&p.value))
      out += std::to_string(**count);
    else if (auto* const* flag = std::get_if<bool*>(&p.value))
      out += **flag ? '1' : '0';
    else
      out += to_text(*std::get<double*>(p.value));
    before = '&';
  }
  return out;
}

}  // namespace trawl::store
