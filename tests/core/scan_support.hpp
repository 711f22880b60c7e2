// What the tests of the fast path share: tables in memory, short ways to write conditions, filters
// with their memory.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <trawl/core/scan_program.hpp>

namespace trawl::core::test {

// Rows of values under a schema, as the views a store would give.
class Table {
 public:
  explicit Table(Schema schema) : schema_(std::move(schema)) {
    for (const ColumnSchema& column : schema_) builders_.emplace_back(column);
  }
  void add(const std::vector<Value>& row) {
    for (std::size_t c = 0; c < row.size(); ++c) append(builders_[c], row[c]);
    rows_.push_back(row);
  }
  const Schema& schema() const { return schema_; }
  std::size_t rows() const { return rows_.size(); }
  const Value& cell(std::size_t row, std::size_t column) const { return rows_[row][column]; }
  ColumnView view(std::size_t column) const { return builders_[column].view(); }

 private:
  static void append(ColumnBuilder& builder, const Value& value) {
    if (is_null(value)) builder.append_null();
    if (const auto* integer = std::get_if<std::int64_t>(&value)) builder.append(*integer);
    if (const auto* real = std::get_if<double>(&value)) builder.append(*real);
    if (const auto* boolean = std::get_if<bool>(&value)) builder.append(std::int64_t{*boolean});
    if (const auto* text = std::get_if<std::string>(&value)) builder.append(*text);
  }
  Schema schema_;
  std::vector<ColumnBuilder> builders_;
  std::vector<std::vector<Value>> rows_;
};

// Remembers which columns were asked for.
class TableSource : public ColumnSource {
 public:
  explicit TableSource(const Table& table) : rows_(table.rows()) {
    for (std::size_t c = 0; c < table.schema().size(); ++c) views_.push_back(table.view(c));
  }
  std::size_t rows() const override { return rows_; }
  const ColumnView& column(std::size_t column) override {
    asked.insert(column);
    return views_[column];
  }
  std::set<std::size_t> asked;

 private:
  std::size_t rows_;
  std::vector<ColumnView> views_;
};

// With column sketches, and with other values where a step said that it will not look.
class SketchedSource : public TableSource {
 public:
  explicit SketchedSource(const Table& table) : TableSource(table), table_(table) {
    sketches_.resize(table.schema().size());
    poisoned_.resize(table.schema().size());
    for (std::size_t c = 0; c < sketches_.size(); ++c) {
      if (!ColumnSketch::suits(table.schema()[c].type)) continue;
      stored_.push_back(ColumnSketch::build(table.view(c), table.rows(),
                                             c % 2 == 0 ? ColumnSketch::Width::one_byte
                                                        : ColumnSketch::Width::two_bytes));
      sketches_[c] = ColumnSketch::view(stored_.back(), table.rows());
    }
  }
  const ColumnView& column_rows(std::size_t column,
                                std::span<const std::uint64_t> select) override {
    const ColumnView whole = table_.view(column);
    if (whole.lane == Lane::text) return TableSource::column(column);
    const std::size_t width = lane_bytes(whole.lane);
    auto& [view, bytes] = poisoned_[column];
    const auto* values = static_cast<const std::byte*>(whole.values);
    bytes.assign(values, values + whole.rows * width);
    for (std::size_t row = 0; row < whole.rows; ++row) {
      if ((select[row / 64] >> (row % 64) & 1) != 0) continue;
      for (std::size_t i = 0; i < width; ++i) bytes[row * width + i] = std::byte{0};
    }
    view = whole;
    view.values = bytes.data();
    return view;
  }
  const ColumnSketch* sketch(std::size_t column) override {
    return sketches_[column] ? &*sketches_[column] : nullptr;
  }

 private:
  const Table& table_;
  std::vector<std::vector<std::byte>> stored_;
  std::vector<std::optional<ColumnSketch>> sketches_;
  std::vector<std::pair<ColumnView, std::vector<std::byte>>> poisoned_;
};

// A key list and the memory behind it.
class OwnedKeys {
 public:
  OwnedKeys(std::vector<std::int64_t> keys, double fpr) : integers_(std::move(keys)) {
    std::sort(integers_.begin(), integers_.end());
    integers_.erase(std::unique(integers_.begin(), integers_.end()), integers_.end());
    MembershipFilter filter = make_filter(integers_.size(), fpr);
    for (const std::int64_t key : integers_) filter.add(hash_key(key));
    set_ = std::make_unique<KeySet>(std::span<const std::int64_t>(integers_), filter);
  }
  OwnedKeys(const std::set<std::string>& keys, double fpr) {
    MembershipFilter filter = make_filter(keys.size(), fpr);
    for (const std::string& key : keys) {
      bytes_.insert(bytes_.end(), key.begin(), key.end());
      ends_.push_back(bytes_.size());
      filter.add(hash_key(key));
    }
    set_ = std::make_unique<KeySet>(std::span<const std::uint64_t>(ends_),
                                    std::span<const char>(bytes_), filter);
  }
  const KeySet& set() const { return *set_; }

 private:
  MembershipFilter make_filter(std::size_t keys, double fpr) {
    words_.resize(MembershipFilter::blocks_for(keys, fpr) * MembershipFilter::words_per_block);
    return MembershipFilter(words_);
  }
  std::vector<std::int64_t> integers_;
  std::vector<std::uint64_t> ends_, words_;
  std::vector<char> bytes_;
  std::unique_ptr<KeySet> set_;
};

// --- conditions by hand

inline Term column_term(const Schema& schema, std::size_t column) {
  Term term;
  term.kind = Term::Kind::column;
  term.column = column;
  term.type = is_text(schema[column].type) ? Type::text : schema[column].type;
  return term;
}

inline Term literal_term(Type type, Value value) {
  Term term;
  term.type = type;
  term.literal = std::move(value);
  return term;
}

inline Term arithmetic(Term::Kind kind, Type type, std::vector<Term> operands) {
  Term term;
  term.kind = kind;
  term.type = type;
  term.operands = std::move(operands);
  return term;
}

inline Condition leaf(Condition::Kind kind, Term term) {
  Condition condition;
  condition.kind = kind;
  condition.terms.push_back(std::move(term));
  return condition;
}

inline Condition compare(Term left, Compare op, Term right) {
  Condition condition = leaf(Condition::Kind::compare, std::move(left));
  condition.compare = op;
  condition.terms.push_back(std::move(right));
  return condition;
}

inline Condition in_keys(Term term, std::size_t keys) {
  Condition condition = leaf(Condition::Kind::in_keys, std::move(term));
  condition.keys = keys;
  return condition;
}

inline Condition connect(Condition::Kind kind, std::vector<Condition> operands) {
  Condition condition;
  condition.kind = kind;
  condition.operands = std::move(operands);
  return condition;
}

inline Predicate predicate_of(Condition root) {
  Predicate predicate;
  predicate.root = std::move(root);
  return predicate;
}

// The rows that match, ascending.
inline std::vector<std::size_t> rows_of(const std::vector<std::uint64_t>& mask) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < mask.size() * 64; ++i) {
    if ((mask[i / 64] >> (i % 64)) & 1) rows.push_back(i);
  }
  return rows;
}

struct Scanned {
  ScanCounts counts;
  std::vector<std::size_t> rows;
};

inline Scanned scan(const Condition& root, const Table& table, std::vector<const KeySet*> keys = {},
                    ScanOptions options = {}) {
  const ScanProgram program(predicate_of(root), table.schema(), keys, options);
  ScanProgram::Scratch scratch;
  TableSource source(table);
  std::vector<std::uint64_t> matches;
  const ScanCounts counts = program.scan(source, scratch, matches);
  EXPECT_EQ(matches.size(), (table.rows() + 63) / 64);
  return {counts, rows_of(matches)};
}

}  // namespace trawl::core::test
