// LIKE: '%' is any run of code points, '_' exactly one (a byte that begins none counts as one), and
// a backslash makes the next character stand for itself. ILIKE folds ASCII letters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trawl::core::scan {

class Like {
 public:
  Like(std::string_view pattern, bool ignore_case);
  bool matches(std::string_view text) const;  // O(|text| |pattern|) at worst
  const char* method() const;
  // The longest run of bytes that every matching text holds; empty when case is ignored.
  std::string_view needed() const { return needed_; }

 private:
  struct Element {
    enum class Kind : char { byte, one, run };
    Kind kind;
    char byte;
  };
  // What the pattern needs: with '%' only at its ends, no walk over code points.
  enum class Shape { equal, prefix, suffix, contains, general };

  void choose_shape();
  void find_needed();
  bool same(std::string_view text) const;
  bool found_in(std::string_view text) const;
  bool walk(std::string_view text) const;

  std::vector<Element> elements_;  // bytes folded when ignoring case; no two runs in a row
  bool ignore_case_;
  Shape shape_ = Shape::general;
  std::string literal_;  // the bytes, unless general
  std::string needed_;
};

}  // namespace trawl::core::scan
