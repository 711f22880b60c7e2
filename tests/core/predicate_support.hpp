// What the tests of predicates share: a schema with every type, short ways to bind and to evaluate.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <trawl/core/predicate/predicate.hpp>
#include <trawl/core/predicate/reference.hpp>

namespace trawl::core::test {

// id, other: int64; amount, price: float64; flag: boolean; day: date; time: timestamp; country:
// categorical; note: text; "two words": int64.
inline Schema every_type() {
  const auto countries = std::make_shared<const Categories>(Categories{"DE", "FR", "US"});
  return Schema({{"id", Type::int64, Lane::i64, true, nullptr},
                 {"other", Type::int64, Lane::i64, true, nullptr},
                 {"amount", Type::float64, Lane::f64, true, nullptr},
                 {"price", Type::float64, Lane::f64, true, nullptr},
                 {"flag", Type::boolean, Lane::u8, true, nullptr},
                 {"day", Type::date, Lane::i64, true, nullptr},
                 {"time", Type::timestamp, Lane::i64, true, nullptr},
                 {"country", Type::categorical, Lane::u8, true, countries},
                 {"note", Type::text, Lane::text, true, nullptr},
                 {"two words", Type::int64, Lane::i64, true, nullptr}});
}

inline Predicate bound(std::string_view text, const Schema& schema = every_type()) {
  return core::bind(parse(text), schema);
}
inline std::string normal(std::string_view text) {
  return bound(text).normal_form;
}

// Columns that are not named are NULL.
using Row = std::map<std::string, Value>;

inline Truth truth(std::string_view text, const Row& row = {},
                   std::vector<const KeySet*> keys = {}) {
  const Schema schema = every_type();
  const auto cell = [&](std::size_t column) {
    const auto found = row.find(schema[column].name);
    return found == row.end() ? Value() : found->second;
  };
  return evaluate_reference(bound(text, schema), cell, keys);
}

inline std::string name_of(Truth truth) {
  const char* names[] = {"no", "yes", "unknown", "undecidable"};
  return names[static_cast<std::size_t>(truth)];
}

}  // namespace trawl::core::test

namespace trawl::core {
inline void PrintTo(Truth truth, std::ostream* out) {
  *out << test::name_of(truth);
}
}  // namespace trawl::core
