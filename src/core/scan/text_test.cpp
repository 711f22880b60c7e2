#include "core/scan/text_test.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <re2/re2.h>

#include "core/scan/like.hpp"

namespace trawl::core::scan {
namespace {

class CompareTest final : public TextTest {
 public:
  CompareTest(Compare op, std::string literal) : op_(op), literal_(std::move(literal)) {}
  bool passes(std::string_view text) const override {
    if (op_ == Compare::eq) return text == literal_;  // lengths first
    if (op_ == Compare::ne) return text != literal_;
    return compare_holds(op_, text.compare(literal_));
  }
  std::string name() const override { return "text comparison"; }
  double cost() const override { return 5.0; }
  double pass() const override {
    return op_ == Compare::eq ? 0.01 : op_ == Compare::ne ? 0.99 : 0.3;
  }

 private:
  Compare op_;
  std::string literal_;
};

class ListTest final : public TextTest {
 public:
  explicit ListTest(const std::vector<Value>& values) {
    for (const Value& value : values) {
      if (const auto* text = std::get_if<std::string>(&value)) list_.push_back(*text);
    }
    std::sort(list_.begin(), list_.end());
  }
  bool passes(std::string_view text) const override {
    return std::binary_search(list_.begin(), list_.end(), text, std::less<>());
  }
  std::string name() const override {
    return "sorted search in " + std::to_string(list_.size()) + " values";
  }
  double cost() const override { return 10.0 + static_cast<double>(list_.size()) * 0.1; }
  double pass() const override { return 0.05; }

 private:
  std::vector<std::string> list_;
};

class LikeTest final : public TextTest {
 public:
  LikeTest(const std::string& pattern, bool ignore_case) : like_(pattern, ignore_case) {}
  bool passes(std::string_view text) const override { return like_.matches(text); }
  std::string name() const override { return std::string("LIKE by ") + like_.method(); }
  std::string_view needed() const override { return like_.needed(); }
  double cost() const override { return needed().empty() ? 30.0 : 3.0; }
  double pass() const override { return 0.1; }

 private:
  Like like_;
};

class RegexpTest final : public TextTest {
 public:
  explicit RegexpTest(const std::string& pattern) : regexp_(pattern, RE2::Quiet) {
    if (!regexp_.ok())
      throw std::logic_error("a regular expression that bind() should have refused: " +
                             regexp_.error());
  }
  bool passes(std::string_view text) const override {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), regexp_);
  }
  std::string name() const override { return "RE2"; }
  double cost() const override { return 200.0; }
  double pass() const override { return 0.1; }

 private:
  RE2 regexp_;
};

}  // namespace

TextTestPtr compare_test(Compare op, std::string literal) {
  return std::make_unique<CompareTest>(op, std::move(literal));
}
TextTestPtr list_test(const std::vector<Value>& values) {
  return std::make_unique<ListTest>(values);
}
TextTestPtr like_test(const std::string& pattern, bool ignore_case) {
  return std::make_unique<LikeTest>(pattern, ignore_case);
}
TextTestPtr regexp_test(const std::string& pattern) {
  return std::make_unique<RegexpTest>(pattern);
}

bool compare_holds(Compare op, int order) {
  switch (op) {
    case Compare::eq:
      return order == 0;
    case Compare::ne:
      return order != 0;
    case Compare::lt:
      return order < 0;
    case Compare::le:
      return order <= 0;
    case Compare::gt:
      return order > 0;
    case Compare::ge:
      return order >= 0;
  }
  return false;
}

}  // namespace trawl::core::scan
