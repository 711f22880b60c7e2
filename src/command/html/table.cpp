#include "command/html/table.hpp"

#include <fmt/format.h>

#include "command/html/escape.hpp"

namespace trawl::command::html {

Table::Table(const std::vector<std::string>& titles) {
  for (const std::string& title : titles) {
    right_.push_back(title.starts_with('>'));
    head_ += fmt::format("<th scope=\"col\"{}>{}</th>", right_.back() ? " class=\"n\"" : "",
                         escaped(title.substr(right_.back() ? 1 : 0)));
  }
}

void Table::add(const std::vector<std::string>& cells) {
  body_ += "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i)
    body_ += fmt::format("<td{}>{}</td>", right_.at(i) ? " class=\"n\"" : "", cells[i]);
  body_ += "</tr>\n";
}

std::string Table::markup() const {
  return "<div class=\"wide\"><table><thead><tr>" + head_ + "</tr></thead>\n<tbody>\n" + body_ +
         "</tbody></table></div>\n";
}

std::string facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string out = "<dl>\n";
  for (const auto& [label, value] : facts)
    out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(label), value);
  return out + "</dl>\n";
}

}  // namespace trawl::command::html
