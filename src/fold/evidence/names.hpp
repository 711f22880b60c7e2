// The names in the rows of a column: their hashes without making texts of them, and small numbers
// for the distinct ones.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/core/evidence/rules.hpp>

namespace trawl::fold {

// Whole numbers are numbers; dates, truth values and texts are names. Not of NULL.
evidence::Key key_of(const Value& value, Type type);

// Names by row of a view, which must live as long. Of no column: 0 in every row. Not thread-safe.
class NameReader {
 public:
  explicit NameReader(const ColumnView* view);

  bool is_valid(std::size_t row) const { return view_ == nullptr || view_->is_valid(row); }
  // stats::hash_of(name(row)).
  std::uint64_t hash(std::size_t row);
  evidence::Key name(std::size_t row) const;
  bool equals(std::size_t row, const evidence::Key& name) const;

 private:
  bool is_number() const { return view_ == nullptr || view_->type == Type::int64; }
  std::int64_t number(std::size_t row) const { return view_ == nullptr ? 0 : view_->integer(row); }

  const ColumnView* view_;
  std::vector<std::uint64_t> of_categories_;  // hashes by code; 0: not made yet
};

// Distinct names, numbered in the order in which they came.
class Names {
 public:
  std::uint32_t number(NameReader& reader, std::size_t row);
  std::uint32_t number(const evidence::Key& name);

  std::size_t size() const { return names_.size(); }
  const evidence::Key& operator[](std::size_t number) const { return names_[number]; }
  std::uint64_t hash(std::size_t number) const { return hashes_[number]; }

 private:
  // `equals(number)`, `make()` of a name that is new.
  template <class Equals, class Make>
  std::uint32_t find(std::uint64_t hash, const Equals& equals, const Make& make);
  void grow();

  std::vector<evidence::Key> names_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> slots_;  // number + 1, or 0; a power of two, at most half full
};

}  // namespace trawl::fold
