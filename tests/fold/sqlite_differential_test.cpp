#include <array>
// 2,000 random predicates over random tables: the whole search with screens on and off, the
// reference evaluator, and SQLite must find the same rows. Deliberate differences
// (docs/predicate.md) are kept out of what SQLite sees: NaN, infinities, integer overflow and text
// that is not UTF-8; a second test covers those against the reference evaluator alone.
#include <cmath>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <re2/re2.h>
#include <sqlite3.h>

#include <trawl/base/file.hpp>
#include <trawl/core/filter/column_sketch.hpp>
#include <trawl/core/filter/filter_bank.hpp>
#include <trawl/core/predicate/reference.hpp>
#include <trawl/fold/search.hpp>
#include <trawl/store/writer.hpp>

#include "base/temp_folder.hpp"
#include "support/random_predicate.hpp"

namespace trawl::fold {
namespace {

using test::below;
using test::Rng;

constexpr std::uint64_t group_rows = 16;
using Rows = std::vector<std::vector<Value>>;  // [row][column]

struct Table {
  Schema schema;
  Rows rows;
};

Table random_table(Rng& rng, const test::TableFeatures& features) {
  Table table{test::random_schema(rng), {}};
  const std::size_t sizes[] = {0, 1, group_rows - 1, group_rows, group_rows + 1, 40, 100};
  const std::size_t rows = sizes[below(rng, 7)];
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<Value> values;
    for (const ColumnSchema& column : table.schema)
      values.push_back(test::random_value(rng, column, features));
    table.rows.push_back(std::move(values));
  }
  return table;
}

void append(ColumnBuilder& builder, const Value& value) {
  if (is_null(value)) {
    builder.append_null();
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    builder.append(std::string_view(*text));
  } else if (const auto* real = std::get_if<double>(&value)) {
    builder.append(*real);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    builder.append(static_cast<std::int64_t>(*flag));
  } else {
    builder.append(std::get<std::int64_t>(value));
  }
}

// What `trawl index` would add: filters of all columns, sketches of those that can have one.
class Screens {
 public:
  Screens(store::DatasetWriter& writer, const Schema& schema) : writer_(writer) {
    for (std::size_t c = 0; c < schema.size(); ++c) {
      banks_.push_back(std::make_unique<core::FilterBankBuilder>(
          group_rows, 0.05,
          [this, c](Bytes chunk) { writer_.append_screen(store::Screen::filter, c, chunk); }));
    }
  }
  void add(const std::vector<ColumnView>& views) {
    if (sketch_rows_ == 0) sketch_rows_ = views[0].rows;
    for (std::size_t c = 0; c < views.size(); ++c) {
      banks_[c]->add(views[c]);
      if (core::ColumnSketch::suits(views[c].type)) {
        writer_.append_screen(store::Screen::sketch, c,
                              core::ColumnSketch::build(views[c], sketch_rows_, width_of(c)));
      }
    }
  }
  void finish() {
    for (std::size_t c = 0; c < banks_.size(); ++c) {
      writer_.describe_screen(store::Screen::filter, c, banks_[c]->finish().to_json());
      writer_.describe_screen(store::Screen::sketch, c, core::ColumnSketch::layout(width_of(c)));
    }
  }

 private:
  store::DatasetWriter& writer_;
  std::vector<std::unique_ptr<core::FilterBankBuilder>> banks_;
  static core::ColumnSketch::Width width_of(std::size_t column) {
    return column % 2 == 0 ? core::ColumnSketch::Width::one_byte
                           : core::ColumnSketch::Width::two_bytes;
  }

  std::uint64_t sketch_rows_ = 0;
};

void write_dataset(const fs::path& path, const Table& table) {
  // Codecs take turns, by the number of rows.
  constexpr std::array turns = {store::Codec::none, store::Codec::packed, store::Codec::lz4};
  store::WriteOptions options;
  options.row_group_rows = group_rows;
  options.codec = turns[table.rows.size() % turns.size()];
  for (const ColumnSchema& column : table.schema) options.paged.push_back(column.name);
  store::DatasetWriter writer(path, table.schema, options);
  Screens screens(writer, table.schema);
  for (std::size_t begin = 0; begin < table.rows.size(); begin += group_rows) {
    std::vector<ColumnBuilder> builders;
    for (const ColumnSchema& column : table.schema) builders.emplace_back(column);
    for (std::size_t row = begin; row < std::min(begin + group_rows, table.rows.size()); ++row) {
      for (std::size_t c = 0; c < builders.size(); ++c) append(builders[c], table.rows[row][c]);
    }
    std::vector<ColumnView> views;
    for (const ColumnBuilder& builder : builders) views.push_back(builder.view());
    writer.append(views);
    screens.add(views);
  }
  if (!table.rows.empty()) screens.finish();
  writer.finish();
}

using Matches = std::set<std::uint64_t>;

class Sqlite {
 public:
  Sqlite() {
    EXPECT_EQ(sqlite3_open(":memory:", &db_), SQLITE_OK);
    run("PRAGMA case_sensitive_like = ON");
    sqlite3_create_function(db_, "regexp", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                            &Sqlite::regexp, nullptr, nullptr);
  }
  ~Sqlite() { sqlite3_close(db_); }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  void run(const std::string& sql) {
    char* why = nullptr;
    EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &why), SQLITE_OK)
        << sql << ": " << (why ? why : "");
    sqlite3_free(why);
  }

  void insert(const std::string& sql, const std::vector<Value>& values) {
    sqlite3_stmt* statement = prepare(sql);
    for (std::size_t i = 0; i < values.size(); ++i)
      bind(statement, static_cast<int>(i) + 1, values[i]);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE) << sqlite3_errmsg(db_);
    sqlite3_finalize(statement);
  }

  void load(const Table& table) {
    std::string columns, places;
    for (const ColumnSchema& column : table.schema) {
      // No declared type: SQLite then keeps every value as it is.
      columns += fmt::format("{}\"{}\"", columns.empty() ? "" : ", ", quoted(column.name));
      places += ", ?";
    }
    run("DROP TABLE IF EXISTS t");
    run("CREATE TABLE t (" + columns + ")");
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      std::vector<Value> values{static_cast<std::int64_t>(row)};
      values.insert(values.end(), table.rows[row].begin(), table.rows[row].end());
      insert("INSERT INTO t (rowid, " + columns + ") VALUES (?" + places + ")", values);
    }
  }

  Matches select(const std::string& where) {
    Matches matches;
    sqlite3_stmt* statement = prepare("SELECT rowid FROM t WHERE " + where);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      matches.insert(static_cast<std::uint64_t>(sqlite3_column_int64(statement, 0)));
    }
    EXPECT_EQ(sqlite3_errcode(db_) == SQLITE_DONE || sqlite3_errcode(db_) == SQLITE_OK, true)
        << sqlite3_errmsg(db_);
    sqlite3_finalize(statement);
    return matches;
  }

 private:
  static std::string quoted(const std::string& name) {
    std::string text;
    for (const char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text;
  }

  static void regexp(sqlite3_context* context, int, sqlite3_value** arguments) {
    if (sqlite3_value_type(arguments[1]) == SQLITE_NULL) return sqlite3_result_null(context);
    const auto text = [](sqlite3_value* value) {
      const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
      return std::string(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value)));
    };
    sqlite3_result_int(context,
                       RE2::PartialMatch(text(arguments[1]), RE2(text(arguments[0]))) ? 1 : 0);
  }

  sqlite3_stmt* prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sql << ": " << sqlite3_errmsg(db_);
    return statement;
  }

  static void bind(sqlite3_stmt* statement, int place, const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      sqlite3_bind_text(statement, place, text->data(), static_cast<int>(text->size()),
                        SQLITE_TRANSIENT);
    } else if (const auto* real = std::get_if<double>(&value)) {
      sqlite3_bind_double(statement, place, *real);
    } else if (const auto* flag = std::get_if<bool>(&value)) {
      sqlite3_bind_int64(statement, place, *flag);
    } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      sqlite3_bind_int64(statement, place, *integer);
    }
  }

  sqlite3* db_ = nullptr;
};

// What a search finds, and which row groups it could not decide.
struct Found {
  Matches matches;
  std::set<std::uint64_t> failed;
};

Found found_by_search(const fs::path& path, const std::string& where, bool screens) {
  SearchRequest request;
  request.where = where;
  request.inputs = {path.string()};
  request.audit = 1;
  request.fpr = 0.3;  // many false positives: the exact check must find them all
  request.zone_maps = request.filters = request.index = screens;
  PhaseTimer timer;
  const SearchResult result = search(request, comm::Comm::solo(), {}, timer);
  EXPECT_EQ(result.audit.hits, 0u) << where << ": " << result.audit.first_hit;
  Found found;
  for (const Match& match : result.matches.items()) found.matches.insert(match.row);
  EXPECT_EQ(found.matches.size(), result.total.matches);
  for (const LedgerRun& run : result.ledger.runs()) {
    for (std::uint64_t group = run.begin; run.state == GroupState::failed && group < run.end;
         ++group) {
      found.failed.insert(group);
    }
  }
  return found;
}

Found found_by_reference(const Table& table, const std::string& where) {
  const core::Predicate predicate = core::bind(core::parse(where), table.schema);
  const KeyLists keys = KeyLists::load(predicate.key_lists, 0.3, 2, comm::Comm::solo());
  Found found;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto cell = [&](std::size_t column) { return table.rows[row][column]; };
    const core::Truth truth = core::evaluate_reference(predicate, cell, keys.sets());
    if (truth == core::Truth::yes) found.matches.insert(row);
    if (truth == core::Truth::undecidable) found.failed.insert(row / group_rows);
  }
  std::erase_if(found.matches,
                [&](std::uint64_t row) { return found.failed.contains(row / group_rows); });
  return found;
}

// Key lists of both kinds: as datasets that trawl wrote, and as tables of SQLite.
std::vector<test::KeyFile> make_key_files(const test::TempFolder& folder, Rng& rng,
                                          const test::TableFeatures& features, Sqlite& sqlite) {
  std::vector<test::KeyFile> files;
  for (const bool text : {false, true}) {
    const std::string name = text ? "text_keys" : "int_keys";
    const ColumnSchema column{"key", text ? Type::text : Type::int64, text ? Lane::text : Lane::i64,
                              true, nullptr};
    Table table{Schema({column}), {}};
    sqlite.run("CREATE TABLE " + name + " (key)");
    for (int i = 0; i < 12; ++i) {
      Value key = test::random_value(rng, column, features);
      if (is_null(key)) continue;
      sqlite.insert("INSERT INTO " + name + " VALUES (?)", {key});
      table.rows.push_back({std::move(key)});
    }
    files.push_back({(folder / (name + ".h5")).string(), text, name});
    write_dataset(files.back().path, table);
  }
  return files;
}

constexpr int tables = 200;
constexpr int predicates_per_table = 10;

TEST(SqliteDifferential, TwoThousandRandomPredicates) {
  const test::TableFeatures features{.nan = false, .huge_numbers = false, .invalid_utf8 = false};
  const test::PredicateFeatures language{
      .huge_numbers = false, .empty_in_list = false, .in_file = true};
  std::size_t matches = 0;
  for (std::uint64_t seed = 1; seed <= tables; ++seed) {
    Rng rng(seed);
    const test::TempFolder folder;
    Sqlite sqlite;
    const auto key_files = make_key_files(folder, rng, features, sqlite);
    const Table table = random_table(rng, features);
    const fs::path path = folder / "table.h5";
    write_dataset(path, table);
    sqlite.load(table);
    for (int i = 0; i < predicates_per_table; ++i) {
      const test::PredicateText where =
          test::random_predicate(rng, table.schema, language, key_files);
      SCOPED_TRACE(fmt::format("seed {}\ntrawl  {}\nsqlite {}", seed, where.ours, where.sqlite));
      const Matches expected = sqlite.select(where.sqlite);
      const Found reference = found_by_reference(table, where.ours);
      EXPECT_EQ(reference.matches, expected) << "the reference evaluator";
      EXPECT_EQ(found_by_search(path, where.ours, true).matches, expected) << "screens on";
      EXPECT_EQ(found_by_search(path, where.ours, false).matches, expected) << "screens off";
      EXPECT_TRUE(reference.failed.empty());
      matches += expected.size();
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(matches, 2000u);  // predicates that match nothing would prove little
}

TEST(ReferenceDifferential, WhatSqliteDoesNotKnow) {
  const test::TableFeatures features;
  std::size_t failed = 0;
  for (std::uint64_t seed = 1; seed <= tables; ++seed) {
    Rng rng(1000 + seed);
    const test::TempFolder folder;
    const Table table = random_table(rng, features);
    const fs::path path = folder / "table.h5";
    write_dataset(path, table);
    for (int i = 0; i < predicates_per_table; ++i) {
      const test::PredicateText where = test::random_predicate(rng, table.schema, {});
      SCOPED_TRACE(fmt::format("seed {}\n{}", 1000 + seed, where.ours));
      const Found expected = found_by_reference(table, where.ours);
      for (const bool screens : {true, false}) {
        const Found found = found_by_search(path, where.ours, screens);
        EXPECT_EQ(found.matches, expected.matches) << "screens " << screens;
        EXPECT_EQ(found.failed, expected.failed) << "screens " << screens;
      }
      failed += expected.failed.size();
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(failed, 0u);  // overflow did occur
}

}  // namespace
}  // namespace trawl::fold
