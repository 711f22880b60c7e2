#include "command/json_lines.hpp"

#include <limits>

#include <trawl/base/text.hpp>

namespace trawl::command {

std::string_view after(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  return at == line.npos ? std::string_view() : line.substr(at + key.size());
}

double number_in(const Json& object, const char* key) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return none;
  if (found->is_number()) return found->get<double>();
  return parse_double(found->value("float", "nan")).value_or(none);
}

}  // namespace trawl::command
