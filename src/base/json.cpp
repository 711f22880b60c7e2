#include <charconv>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/base/text.hpp>

namespace trawl {
namespace {

// The parser keeps the last of two equal keys; a certificate must not say two things.
class KeyGuard {
 public:
  void on(Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end) keys_.pop_back();
    if (event != Event::key) return;
    const auto& key = parsed.get_ref<const std::string&>();
    if (!keys_.back().insert(key).second) {
      throw DataError(fmt::format("key '{}' appears twice in one object", key));
    }
  }

 private:
  std::vector<std::set<std::string>> keys_;
};

// What the library says, without its own error code in front.
std::string_view reason(std::string_view what) {
  const std::size_t end = what.starts_with('[') ? what.find("] ") : std::string_view::npos;
  return end == std::string_view::npos ? what : what.substr(end + 2);
}

void append_control(std::string& out, char c) {
  switch (c) {
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  }
}

struct Writer {
  std::string& out;
  Type type;
  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool x) const { out += x ? "true" : "false"; }
  void operator()(const std::string& x) const { append_json_string(out, x); }
  void operator()(std::int64_t x) const {
    const std::string text = to_text(Value(x), type);
    out += is_time(type) ? '"' + text + '"' : text;
  }
  void operator()(double x) const {
    out += std::isfinite(x) ? to_text(x) : "{\"float\":\"" + to_text(x) + "\"}";
  }
};

}  // namespace

Json parse_json(std::string_view text, std::string_view where) {
  KeyGuard guard;
  const auto on_event = [&](int, Json::parse_event_t event, Json& parsed) {
    guard.on(event, parsed);
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), on_event);
  } catch (const Json::parse_error& error) {
    throw DataError(fmt::format("not JSON: {}, byte offset {} ({})", where,
                                error.byte == 0 ? 0 : error.byte - 1, reason(error.what())));
  } catch (const std::exception& error) {
    throw DataError(fmt::format("not JSON: {} ({})", where, reason(error.what())));
  }
}

void append_json(std::string& out, const Value& value, Type type) {
  std::visit(Writer{out, type}, value);
}

void append_json_string(std::string& out, std::string_view text) {
  if (invalid_utf8(text)) {
    out += "{\"bytes\":\"" + hex(bytes_of(text)) + "\"}";
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      append_control(out, c);
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string text_from(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  const std::string digits = json.is_object() ? json.value("bytes", "") : "";
  std::string text;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned byte = 0;
    const auto [stop, error] = std::from_chars(&digits[i], &digits[i] + 2, byte, 16);
    if (error != std::errc{} || stop != &digits[i] + 2) break;
    text += static_cast<char>(byte);
  }
  if (digits.empty() || 2 * text.size() != digits.size())
    throw DataError(fmt::format("{} is neither a text nor the bytes of one", json.dump()));
  return text;
}

}  // namespace trawl
