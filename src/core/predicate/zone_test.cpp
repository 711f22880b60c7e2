#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include <trawl/core/predicate/zone_test.hpp>

#include "core/predicate/like_pattern.hpp"
#include "core/predicate/normalise.hpp"
#include "core/predicate/term_range.hpp"

namespace trawl::core {
namespace {

constexpr std::array<Truth, 4> truths = {Truth::no, Truth::yes, Truth::unknown, Truth::undecidable};

bool& member(PossibleTruths& set, Truth truth) {
  switch (truth) {
    case Truth::no:
      return set.no;
    case Truth::yes:
      return set.yes;
    case Truth::unknown:
      return set.unknown;
    default:
      return set.undecidable;
  }
}

PossibleTruths inverted(PossibleTruths set) {
  std::swap(set.no, set.yes);
  return set;
}

// Position in the order of which AND takes the least.
int rank_in_and(Truth truth) {
  switch (truth) {
    case Truth::no:
      return 0;
    case Truth::undecidable:
      return 1;
    case Truth::unknown:
      return 2;
    default:
      return 3;
  }
}

PossibleTruths both(PossibleTruths a, PossibleTruths b) {
  PossibleTruths result;
  for (const Truth x : truths) {
    for (const Truth y : truths) {
      if (member(a, x) && member(b, y))
        member(result, rank_in_and(x) < rank_in_and(y) ? x : y) = true;
    }
  }
  return result;
}

// Bounds of a comparison: which of a < b, a = b, a > b some pair of values can show.
PossibleTruths compare_ranges(const TermRange& a, Compare op, const TermRange& b) {
  PossibleTruths result;
  if (!a.any() || !b.any()) return result;
  result.undecidable = a.undecidable || b.undecidable;
  result.unknown = a.null || b.null;
  if ((a.nan && (b.some || b.nan)) || (b.nan && a.some))
    (op == Compare::ne ? result.yes : result.no) = true;
  if (!a.some || !b.some) return result;
  const bool less = !a.min || !b.max || order(*a.min, *b.max) < 0;
  const bool greater = !a.max || !b.min || order(*a.max, *b.min) > 0;
  const bool equal = (!a.min || !b.max || order(*a.min, *b.max) <= 0) &&
                     (!a.max || !b.min || order(*a.max, *b.min) >= 0);
  const auto add = [&](bool possible, bool holds) {
    if (possible) (holds ? result.yes : result.no) = true;
  };
  add(less, op == Compare::ne || op == Compare::lt || op == Compare::le);
  add(equal, op == Compare::eq || op == Compare::le || op == Compare::ge);
  add(greater, op == Compare::ne || op == Compare::gt || op == Compare::ge);
  return result;
}

// The literal as a value that the column could hold; nothing when it can hold no equal one (then
// zones and the comparison itself decide) or NULL.
std::optional<Value> stored_form(const Value& literal, Type type) {
  if (is_null(literal)) return std::nullopt;
  if (type == Type::float64) {
    if (const auto* integer = std::get_if<std::int64_t>(&literal)) {
      const auto real = static_cast<double>(*integer);
      // 2^53: beyond, several integers have this double.
      if (*integer > (std::int64_t{1} << 53) || *integer < -(std::int64_t{1} << 53))
        return std::nullopt;
      return Value(real);
    }
    const auto* real = std::get_if<double>(&literal);
    if (real == nullptr || *real != *real) return std::nullopt;
    return Value(*real);
  }
  if (const auto* real = std::get_if<double>(&literal)) {
    constexpr double limit = 9007199254740992.0;  // 2^53
    if (!(*real >= -limit && *real <= limit) ||
        *real != static_cast<double>(static_cast<std::int64_t>(*real))) {
      return std::nullopt;
    }
    return Value(static_cast<std::int64_t>(*real));
  }
  return literal;
}

// So few keys that stored filters are asked about each.
bool asks_filters(const KeySet& keys) {
  return keys.size() <= max_filtered_values && !keys.has_ranges();
}

class Interpreter {
 public:
  Interpreter(const Schema& schema, const ZoneLookup& zone, std::span<const KeySet* const> keys,
              const FilterLookup* filter)
      : schema_(schema), zone_(zone), keys_(keys), filter_(filter) {}

  PossibleTruths possible(const Condition& c) const {
    switch (c.kind) {
      case Condition::Kind::constant: {
        PossibleTruths only;
        member(only, c.truth) = true;
        return only;
      }
      case Condition::Kind::negation:
        return inverted(possible(c.operands[0]));
      case Condition::Kind::all_of:
        return all_of(c, false);
      case Condition::Kind::any_of:
        return inverted(all_of(c, true));  // NOT (NOT a AND NOT b)
      default:
        return leaf(c, range_of(c.terms[0], schema_, zone_));
    }
  }

 private:
  // AND of the operands, or of their negations.
  PossibleTruths all_of(const Condition& c, bool negated) const {
    PossibleTruths result;
    result.yes = true;
    for (const Condition& operand : c.operands) {
      const PossibleTruths next = possible(operand);
      result = both(result, negated ? inverted(next) : next);
    }
    return result;
  }

  PossibleTruths leaf(const Condition& c, const TermRange& range) const {
    if (c.kind == Condition::Kind::compare) {
      PossibleTruths result =
          compare_ranges(range, c.compare, range_of(c.terms[1], schema_, zone_));
      // Filters know what is not there: `column = value` is then nowhere yes.
      if (result.yes && filter_ != nullptr && c.compare == Compare::eq && !may_equal(c)) {
        result.yes = false;
        result.no = true;
      }
      return result;
    }
    PossibleTruths result;
    result.undecidable = range.undecidable;
    if (c.kind == Condition::Kind::is_null) {
      result.yes = range.null;
      result.no = range.some || range.nan;
      return result;
    }
    result.unknown = range.null;
    if (range.some) add_values(result, c, range);
    // NaN is in no list; no other of these conditions has numbers.
    if (range.nan) (c.list_has_null ? result.unknown : result.no) = true;
    return result;
  }

  // What values neither NULL nor NaN can give.
  void add_values(PossibleTruths& result, const Condition& c, const TermRange& range) const {
    switch (c.kind) {
      case Condition::Kind::in_list: {
        const Value* only = range.only_value();
        result.yes = any_listed(c.values, range) && may_hold_listed(c);
        if (only == nullptr || !result.yes) (c.list_has_null ? result.unknown : result.no) = true;
        break;
      }
      case Condition::Kind::in_keys:
        result.yes = any_key(c.keys, range) && may_hold_key(c);
        result.no = range.only_value() == nullptr || !result.yes || !knows_keys(c.keys) ||
                    keys_[c.keys]->has_ranges();
        break;
      case Condition::Kind::boolean:
        result.yes = !range.max || std::get<bool>(*range.max);
        result.no = !range.min || !std::get<bool>(*range.min);
        break;
      case Condition::Kind::like:
        result.yes = may_match(c, range);
        result.no = true;
        break;
      default:
        result.yes = result.no = true;
    }
  }

  bool has_filter(const Term& term) const {
    return filter_ != nullptr && term.kind == Term::Kind::column &&
           filter_->has_filter(term.column);
  }

  bool may_equal(const Condition& c) const {
    const bool literal_left = c.terms[0].kind == Term::Kind::literal;
    const Term& column = c.terms[literal_left ? 1 : 0];
    const Term& literal = c.terms[literal_left ? 0 : 1];
    if (literal.kind != Term::Kind::literal || !has_filter(column)) return true;
    const std::optional<Value> value = stored_form(literal.literal, column.type);
    return !value || filter_->may_hold(column.column, *value);
  }

  bool may_hold_listed(const Condition& c) const {
    if (!has_filter(c.terms[0]) || c.values.size() > max_filtered_values) return true;
    return std::any_of(c.values.begin(), c.values.end(), [&](const Value& listed) {
      const std::optional<Value> value = stored_form(listed, c.terms[0].type);
      return !value || filter_->may_hold(c.terms[0].column, *value);
    });
  }

  bool may_hold_key(const Condition& c) const {
    if (!has_filter(c.terms[0]) || !knows_keys(c.keys) || !asks_filters(*keys_[c.keys])) {
      return true;
    }
    const KeySet& keys = *keys_[c.keys];
    for (std::uint64_t i = 0; i < keys.size(); ++i) {
      const Value key =
          keys.holds_text() ? Value(std::string(keys.text(i))) : Value(keys.integer(i));
      if (filter_->may_hold(c.terms[0].column, key)) return true;
    }
    return false;
  }

  static bool any_listed(const std::vector<Value>& values, const TermRange& range) {
    const auto below = [](const Value& listed, const Value& bound) {
      return order(listed, bound) < 0;
    };
    const auto first = range.min ? std::lower_bound(values.begin(), values.end(), *range.min, below)
                                 : values.begin();
    return first != values.end() && (!range.max || order(*first, *range.max) <= 0);
  }

  bool knows_keys(std::size_t list) const { return list < keys_.size() && keys_[list] != nullptr; }

  bool any_key(std::size_t list, const TermRange& range) const {
    if (!knows_keys(list)) return true;
    const KeySet& keys = *keys_[list];
    if (!keys.holds_text()) {
      return keys.any_between(range.min ? std::get<std::int64_t>(*range.min) : INT64_MIN,
                              range.max ? std::get<std::int64_t>(*range.max) : INT64_MAX);
    }
    std::optional<std::string_view> max;
    if (range.max) max = std::get<std::string>(*range.max);
    return keys.any_between(
        range.min ? std::string_view(std::get<std::string>(*range.min)) : std::string_view(), max);
  }

  // A match lies in [prefix, successor of prefix); without wildcards it is the prefix itself.
  static bool may_match(const Condition& c, const TermRange& range) {
    if (c.ignore_case) return true;
    const LiteralPrefix prefix = literal_prefix(c.pattern);
    if (range.max && std::get<std::string>(*range.max) < prefix.text) return false;
    if (!range.min) return true;
    const std::string& min = std::get<std::string>(*range.min);
    return prefix.whole ? min <= prefix.text : min <= prefix.text || min.starts_with(prefix.text);
  }

  const Schema& schema_;
  const ZoneLookup& zone_;
  std::span<const KeySet* const> keys_;
  const FilterLookup* filter_;
};

bool proves_no_match(const PossibleTruths& set) {
  return !set.yes && !set.undecidable;
}

std::string bound_text(const Value& value, Type type, bool cut) {
  if (is_null(value)) return "";
  return cut ? trawl::to_text(value, type) + "…" : trawl::to_text(value, type);
}

PruneProof proof_by(const Condition& part, std::string rule, const Schema& schema,
                    const ZoneLookup& lookup) {
  PruneProof proof;
  proof.rule = std::move(rule);
  for (const std::size_t column : columns_read(part)) {
    const std::optional<Zone> zone = lookup(column);
    if (!zone) continue;
    const Type type = schema[column].type;
    proof.bounds.push_back({schema[column].name, bound_text(zone->min, type, zone->min_cut),
                            bound_text(zone->max, type, zone->max_cut), zone->nulls, zone->nans});
  }
  return proof;
}

}  // namespace

namespace {

std::optional<PruneProof> prove(const Predicate& predicate, const Schema& schema,
                                const ZoneLookup& zone, std::span<const KeySet* const> keys,
                                const FilterLookup* filter) {
  const Interpreter interpreter(schema, zone, keys, filter);
  if (!proves_no_match(interpreter.possible(predicate.root))) return std::nullopt;
  const auto text = [&](const Condition& part) {
    return to_text(part, schema, predicate.key_lists);
  };
  if (predicate.root.kind != Condition::Kind::all_of) {
    return proof_by(predicate.root, text(predicate.root), schema, zone);
  }
  // AND takes the least of its operands, so one of them cannot be yes or undecidable by itself.
  const Condition* best = nullptr;
  std::string best_text;
  for (std::size_t i = 0; i < predicate.root.operands.size(); ++i) {
    const Condition& operand = predicate.root.operands[i];
    if (!proves_no_match(interpreter.possible(operand))) continue;
    std::string candidate =
        i < predicate.operand_texts.size() ? predicate.operand_texts[i] : text(operand);
    if (best != nullptr && candidate.size() >= best_text.size()) continue;
    best = &operand;
    best_text = std::move(candidate);
  }
  return proof_by(*best, std::move(best_text), schema, zone);
}

void collect_questions(const Condition& c, std::span<const KeySet* const> keys,
                       std::vector<FilterQuestion>& questions) {
  for (const Condition& operand : c.operands) collect_questions(operand, keys, questions);
  const auto ask = [&](const Term& column, const Value& value) {
    if (column.kind != Term::Kind::column) return;
    if (auto stored = stored_form(value, column.type))
      questions.push_back({column.column, std::move(*stored)});
  };
  if (c.kind == Condition::Kind::compare && c.compare == Compare::eq) {
    if (c.terms[1].kind == Term::Kind::literal) ask(c.terms[0], c.terms[1].literal);
    if (c.terms[0].kind == Term::Kind::literal) ask(c.terms[1], c.terms[0].literal);
  } else if (c.kind == Condition::Kind::in_list && c.values.size() <= max_filtered_values) {
    for (const Value& value : c.values) ask(c.terms[0], value);
  } else if (c.kind == Condition::Kind::in_keys && c.keys < keys.size() &&
             keys[c.keys] != nullptr && asks_filters(*keys[c.keys])) {
    const KeySet& list = *keys[c.keys];
    for (std::uint64_t i = 0; i < list.size(); ++i) {
      if (c.terms[0].kind != Term::Kind::column) continue;
      questions.push_back({c.terms[0].column, list.holds_text() ? Value(std::string(list.text(i)))
                                                                : Value(list.integer(i))});
    }
  }
}

}  // namespace

PossibleTruths possible_truths(const Condition& condition, const Schema& schema,
                               const ZoneLookup& zone, std::span<const KeySet* const> keys,
                               const FilterLookup* filter) {
  return Interpreter(schema, zone, keys, filter).possible(condition);
}

std::optional<PruneProof> prove_no_match(const Predicate& predicate, const Schema& schema,
                                         const ZoneLookup& zone,
                                         std::span<const KeySet* const> keys,
                                         const FilterLookup* filter) {
  if (filter == nullptr) return prove(predicate, schema, zone, keys, nullptr);
  if (auto by_filter = prove_by_filter(predicate, schema, keys, *filter)) return by_filter;
  auto proof = prove(predicate, schema, zone, keys, nullptr);
  if (proof) return proof;
  proof = prove(predicate, schema, zone, keys, filter);
  if (proof) {
    proof->rule += " [zones and membership filter]";
    proof->bounds.clear();
  }
  return proof;
}

std::optional<PruneProof> prove_by_filter(const Predicate& predicate, const Schema& schema,
                                          std::span<const KeySet* const> keys,
                                          const FilterLookup& filter, std::string_view screen) {
  const ZoneLookup nothing_known = [](std::size_t) { return std::optional<Zone>(); };
  auto proof = prove(predicate, schema, nothing_known, keys, &filter);
  if (proof) {
    proof->rule += fmt::format(" [{}]", screen);
    proof->bounds.clear();
  }
  return proof;
}

std::vector<FilterQuestion> filter_questions(const Predicate& predicate,
                                             std::span<const KeySet* const> keys) {
  std::vector<FilterQuestion> questions;
  collect_questions(predicate.root, keys, questions);
  return questions;
}

}  // namespace trawl::core
