#include <utility>

#include <fmt/format.h>

#include <trawl/core/predicate/zone_test.hpp>

#include "core/predicate/bind_terms.hpp"
#include "core/predicate/like_pattern.hpp"
#include "core/predicate/normalise.hpp"
#include "core/predicate/print.hpp"

namespace trawl::core {
namespace {

class Explainer {
 public:
  Explainer(const Predicate& predicate, const Schema& schema)
      : predicate_(predicate), schema_(schema) {}

  std::vector<std::string> run() && {
    const Condition& root = predicate_.root;
    if (root.kind != Condition::Kind::all_of) {
      explain(root, false, 0);
    } else {
      for (const Condition& operand : root.operands) explain(operand, false, 0);
    }
    return std::move(lines_);
  }

 private:
  void line(const Condition& c, bool negated, std::size_t depth, const std::string& why) {
    Condition shown = negated ? negation_of(c, c.span) : c;
    lines_.push_back(fmt::format("{}{}: {}", std::string(2 * depth, ' '),
                                 to_text(shown, schema_, predicate_.key_lists), why));
  }

  // `negated`: the line is about NOT c.
  void explain(const Condition& c, bool negated, std::size_t depth) {
    if (c.kind == Condition::Kind::negation) return explain(c.operands[0], !negated, depth);
    if (c.kind != Condition::Kind::all_of && c.kind != Condition::Kind::any_of) {
      return line(c, negated, depth, why(c, negated));
    }
    // NOT turns AND into OR.
    const bool all = (c.kind == Condition::Kind::all_of) != negated;
    line(c, negated, depth,
         all ? "zone maps prune where they disprove one of its parts"
             : "zone maps prune where they disprove all of its parts");
    for (const Condition& operand : c.operands) explain(operand, negated, depth + 1);
  }

  std::string why(const Condition& c, bool negated) const {
    switch (c.kind) {
      case Condition::Kind::constant:
        return "settled before any data is read";
      case Condition::Kind::compare:
        return compare(c);
      case Condition::Kind::in_list:
        return in_list(c, negated);
      case Condition::Kind::in_keys:
        return in_keys(c, negated);
      case Condition::Kind::like:
        return like(c, negated);
      case Condition::Kind::regexp:
        return fmt::format(
            "zone maps prune only where {} is all NULL: a regular expression has no bounds",
            value(c));
      case Condition::Kind::is_null:
        return is_null(c, negated);
      default:
        return fmt::format("zone maps prune where {} is never {}", value(c),
                           negated ? "FALSE" : "TRUE");
    }
  }

  std::string value(const Condition& c) const { return term_text(c.terms[0], schema_); }

  std::string column_names(const Condition& c) const {
    std::string names;
    for (const std::size_t column : columns_read(c)) {
      names +=
          fmt::format("{}{}", names.empty() ? "" : ", ", identifier_text(schema_[column].name));
    }
    return names;
  }

  std::string compare(const Condition& c) const {
    std::string text = fmt::format("zone maps prune by the least and greatest {}", column_names(c));
    if (can_overflow(c.terms[0]) || can_overflow(c.terms[1]))
      text += ", where these exclude an integer overflow";
    return text;
  }

  std::string in_list(const Condition& c, bool negated) const {
    if (negated)
      return fmt::format("zone maps prune only where {} has a single value, which is listed",
                         value(c));
    return fmt::format(
        "zone maps prune where no listed value lies between the least and greatest {}",
        column_names(c));
  }

  std::string in_keys(const Condition& c, bool negated) const {
    if (negated) {
      return fmt::format(
          "zone maps prune only where {} has a single value, which is a key; the membership filter "
          "cannot "
          "help: it proves that keys are absent, and NOT IN needs the contrary",
          value(c));
    }
    return fmt::format(
        "zone maps prune where no key lies between the least and greatest {}; the membership "
        "filter rejects "
        "rows whose key it does not hold",
        value(c));
  }

  std::string like(const Condition& c, bool negated) const {
    const std::string only_null =
        fmt::format("zone maps prune only where {} is all NULL: ", value(c));
    if (negated) return only_null + "the values between two bounds need not match";
    if (c.ignore_case)
      return only_null + "letters of either case are far apart in the order of text";
    const LiteralPrefix prefix = literal_prefix(c.pattern);
    if (prefix.text.empty() && !prefix.whole)
      return only_null + "the pattern begins with a wildcard";
    return fmt::format("zone maps prune where no value can begin with {}",
                       string_text(prefix.text));
  }

  std::string is_null(const Condition& c, bool negated) const {
    return negated ? fmt::format("zone maps prune where {} is all NULL", value(c))
                   : fmt::format("zone maps prune where {} has no NULL", value(c));
  }

  const Predicate& predicate_;
  const Schema& schema_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> explain_screens(const Predicate& predicate, const Schema& schema) {
  return Explainer(predicate, schema).run();
}

}  // namespace trawl::core
