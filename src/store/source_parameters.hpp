// The parameters of a generated source, declared once: for reading, checking and writing its text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace trawl::store {

// InputError "wrong generated source: <what> (<why>)".
[[noreturn]] void refuse_source(std::string_view what, std::string_view why);

// Holds no values: what is declared must outlive it.
class SourceParameters {
 public:
  explicit SourceParameters(std::string_view kind) : kind_(kind) {}

  // In the order of the canonical text. Values in [least, most].
  void count(std::string_view name, std::uint64_t& value, std::uint64_t least, std::uint64_t most);
  void flag(std::string_view name, bool& value);
  // In [0, 1], or in [0, 1).
  void share(std::string_view name, double& value, bool with_one);

  // "gen:KIND?a=1&b=2". InputError: another kind, or a parameter that is not there, given twice or
  // not of its type.
  void parse(std::string_view source);
  // InputError: a value out of range. -0 becomes 0.
  void check();
  std::string text() const;

 private:
  struct Parameter {
    std::string_view name;
    std::variant<std::uint64_t*, bool*, double*> value;
    std::uint64_t least = 0, most = 0;
    bool with_one = false;
  };
  std::string names() const;
  void set(std::string_view name, std::string_view text);

  std::string_view kind_;
  std::vector<Parameter> parameters_;
};

}  // namespace trawl::store
