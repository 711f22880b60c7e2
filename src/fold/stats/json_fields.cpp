#include "fold/stats/json_fields.hpp"

#include <cmath>

#include <fmt/format.h>

#include <trawl/base/json.hpp>

namespace trawl::fold {

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "null";
  } else {
    append_json(out, Value(value), Type::float64);
  }
}

void append_field(std::string& out, std::string_view name, double value) {
  out += fmt::format(",\"{}\":", name);
  append_number(out, value);
}

void append_path(std::string& out, const stats::Path& path) {
  out += '[';
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, path[i]);
  }
  out += ']';
}

void append_id(std::string& out, const stats::EntityId& id) {
  if (const auto* number = std::get_if<std::int64_t>(&id)) {
    out += std::to_string(*number);
  } else {
    append_json_string(out, std::get<std::string>(id));
  }
}

}  // namespace trawl::fold
