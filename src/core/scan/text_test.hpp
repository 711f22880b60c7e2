// Tests of one text value: what a condition says about a string that is not NULL.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <trawl/core/predicate/predicate.hpp>

namespace trawl::core::scan {

class TextTest {
 public:
  TextTest() = default;
  TextTest(const TextTest&) = delete;
  TextTest& operator=(const TextTest&) = delete;
  virtual ~TextTest() = default;
  virtual bool passes(std::string_view text) const = 0;  // thread-safe
  virtual std::string name() const = 0;                  // the method, for plans
  // Bytes that every text that passes holds somewhere; empty: nothing is known.
  virtual std::string_view needed() const { return {}; }
  virtual double cost() const = 0;                       // nanoseconds per value, a guess
  virtual double pass() const = 0;                       // fraction that passes, a guess
};

using TextTestPtr = std::unique_ptr<const TextTest>;

TextTestPtr compare_test(Compare op, std::string literal);  // bytewise
TextTestPtr list_test(const std::vector<Value>& values);    // its strings
TextTestPtr like_test(const std::string& pattern, bool ignore_case);
TextTestPtr regexp_test(const std::string& pattern);  // RE2, partial match

bool compare_holds(Compare op, int order);  // `order` < 0, 0, > 0 as left <, =, > right

}  // namespace trawl::core::scan
