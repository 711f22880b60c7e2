#include <algorithm>
#include <bit>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/fold/matches.hpp>

namespace trawl::fold {
namespace {

// The number before the next tab, which is taken off `bytes` too.
std::uint64_t take_number(std::string_view& bytes) {
  const std::size_t tab = bytes.find('\t');
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(bytes.data(), bytes.data() + std::min(tab, bytes.size()), number);
  if (tab == std::string_view::npos || error != std::errc() || end != bytes.data() + tab) {
    throw Error("match set: bytes are not those of a match set");
  }
  bytes.remove_prefix(tab + 1);
  return number;
}

}  // namespace

std::string match_line(const store::DatasetInfo& info, std::uint64_t row,
                       std::span<const std::size_t> select,
                       std::span<const ColumnView* const> views, std::size_t row_in_group) {
  std::string line = "{\"dataset\":";
  append_json_string(line, info.name);
  line += fmt::format(",\"row\":{},\"values\":{{", row);
  for (std::size_t i = 0; i < select.size(); ++i) {
    const ColumnSchema& column = info.schema[select[i]];
    if (i > 0) line += ',';
    append_json_string(line, column.name);
    line += ':';
    append_json(line, views[i]->value(row_in_group), column.type);
  }
  line += "}}";
  return line;
}

void MatchSet::add(const GroupRef& group, std::span<const std::uint64_t> matches,
                   core::ColumnSource& columns) {
  if (std::all_of(matches.begin(), matches.end(), [](std::uint64_t word) { return word == 0; }))
    return;
  std::vector<const ColumnView*> views;
  for (const std::size_t column : group.select)
    views.push_back(&columns.column_rows(column, matches));
  const std::uint64_t begin = group.info->group_begin(group.group);
  for (std::size_t word = 0; word < matches.size(); ++word) {
    for (std::uint64_t bits = matches[word]; bits != 0; bits &= bits - 1) {
      const std::size_t row = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      items_.push_back({group.dataset, begin + row,
                        match_line(*group.info, begin + row, group.select, views, row)});
    }
  }
}

void MatchSet::merge(std::string_view bytes) {
  while (!bytes.empty()) {
    Match match{take_number(bytes), take_number(bytes), {}};
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) throw Error("match set: truncated bytes");
    match.line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    items_.push_back(std::move(match));
  }
}

void MatchSet::take(RowSummary& piece) {
  auto& items = dynamic_cast<MatchSet&>(piece).items_;
  items_.insert(items_.end(), std::make_move_iterator(items.begin()),
                std::make_move_iterator(items.end()));
  items.clear();
}

// One line per match: dataset, row, and the match itself, which as JSON holds neither tab nor line
// end.
std::string MatchSet::to_bytes() const {
  std::string bytes;
  for (const Match& match : items_) {
    fmt::format_to(std::back_inserter(bytes), "{}\t{}\t{}\n", match.dataset, match.row, match.line);
  }
  return bytes;
}

void MatchSet::sort() {
  std::sort(items_.begin(), items_.end(), [](const Match& a, const Match& b) {
    return std::pair(a.dataset, a.row) < std::pair(b.dataset, b.row);
  });
}

}  // namespace trawl::fold
