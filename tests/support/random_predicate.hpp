// Random typed tables and random predicates over them, as text: for property tests and for the
// comparison with SQLite.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <trawl/base/schema.hpp>
#include <trawl/base/type.hpp>

namespace trawl::test {

using Rng = std::mt19937_64;

// Uniform in [0, count); the same on every platform, unlike std::uniform_int_distribution.
inline std::size_t below(Rng& rng, std::size_t count) {
  return static_cast<std::size_t>(rng() % count);
}
inline bool chance(Rng& rng, int percent) {
  return below(rng, 100) < static_cast<std::size_t>(percent);
}

// What the values of a table may be. Values are drawn from small pools, so that literals and rows
// meet.
struct TableFeatures {
  int null_percent = 20;
  bool nan = true;  // NaN, and infinities
  bool huge_numbers =
      true;  // near the ends of int64 and double, and where doubles stop being exact
  bool invalid_utf8 = true;  // in text columns
  bool long_text = true;     // longer than zone bounds keep
};

// 1 to 3 columns of each type, some with names that need quotes.
Schema random_schema(Rng& rng);
// NULL now and then, unless the column is not nullable.
Value random_value(Rng& rng, const ColumnSchema& column, const TableFeatures& features);

// What predicates may use. SQLite cannot follow all of it: see docs/predicate.md, "Differences from
// SQLite".
struct PredicateFeatures {
  int max_depth = 3;
  bool huge_numbers = true;  // arithmetic then overflows
  bool arithmetic = true;
  bool like = true;
  bool ilike = true;
  bool regexp = true;
  bool in_list = true;
  bool empty_in_list = true;
  bool in_file = false;  // needs key files
  bool null_literals = true;
  bool column_against_column = true;
  bool negation = true;
};

// A key list that predicates may name: all keys of one kind (text, or integers for int64, date and
// timestamp columns).
struct KeyFile {
  std::string path;
  bool text = false;
  std::string sqlite_table;  // one column `key`; times as microseconds
};

// One predicate in both languages. `sqlite` expects: columns of the same names; booleans as 0 and
// 1; dates and timestamps as integer microseconds; PRAGMA case_sensitive_like = ON; a function
// REGEXP (RE2::PartialMatch).
struct PredicateText {
  std::string ours;
  std::string sqlite;
};

// Never a type error.
PredicateText random_predicate(Rng& rng, const Schema& schema, const PredicateFeatures& features,
                               const std::vector<KeyFile>& key_files = {});

}  // namespace trawl::test
