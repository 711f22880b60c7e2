// Datasets as lines of text, for sending them to other ranks.
#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>
#include <trawl/store/dataset.hpp>

namespace trawl::store {
namespace {

// File names may hold tabs and line breaks.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '\\':
        result += "\\\\";
        break;
      case '\t':
        result += "\\t";
        break;
      case '\n':
        result += "\\n";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    ++i;
    result += text[i] == 't' ? '\t' : text[i] == 'n' ? '\n' : text[i];
  }
  return result;
}

std::uint64_t count(const std::string& text) {
  const auto value = parse_int64(text);
  if (!value || *value < 0)
    throw InputError(fmt::format("not a dataset reference: '{}' is no count", text));
  return static_cast<std::uint64_t>(*value);
}

}  // namespace

std::string format_refs(std::span<const DatasetRef> refs) {
  std::string text;
  for (const DatasetRef& ref : refs) {
    text +=
        fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{:d}\n", escaped(ref.name), escaped(ref.location),
                    escaped(ref.table), ref.index, ref.bytes, escaped(ref.catalog), ref.no_index);
  }
  return text;
}

std::vector<DatasetRef> parse_refs(std::string_view text) {
  std::vector<DatasetRef> refs;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::vector<std::string> fields = split(line, '\t');
    if (fields.size() != 7) throw InputError(fmt::format("not a dataset reference: '{}'", line));
    refs.push_back({unescaped(fields[0]), unescaped(fields[1]), unescaped(fields[2]),
                    count(fields[3]), count(fields[4]), unescaped(fields[5]),
                    count(fields[6]) != 0});
  }
  return refs;
}

}  // namespace trawl::store
