// A table for people: columns as wide as their widest cell.
#pragma once

#include <string>
#include <vector>

namespace trawl::command {

class TextTable {
 public:
  // A title that begins with '>' is of a column aligned to the right (numbers).
  explicit TextTable(std::vector<std::string> titles);
  // As many cells as titles. Line ends and control bytes are shown as '?': they would break the
  // lines.
  void add(std::vector<std::string> cells);
  // Every line begins with `indent` and ends with '\n'; two blanks between columns, none at the
  // end. Widths count code points.
  std::string text(const std::string& indent = "") const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;  // the first holds the titles
};

}  // namespace trawl::command
