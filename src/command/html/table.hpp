// A table of a page. Cells are markup: whoever makes them escapes.
#pragma once

#include <string>
#include <vector>

namespace trawl::command::html {

class Table {
 public:
  // A title that begins with '>' is of numbers, as in TextTable. Titles are text.
  explicit Table(const std::vector<std::string>& titles);
  void add(const std::vector<std::string>& cells);  // as many as titles
  std::string markup() const;

 private:
  std::vector<bool> right_;
  std::string head_, body_;
};

// Label and value, line by line. Values are markup.
std::string facts(const std::vector<std::pair<std::string, std::string>>& facts);

}  // namespace trawl::command::html
