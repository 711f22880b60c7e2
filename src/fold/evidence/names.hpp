// The names in the rows of a column: their hashes without making texts of them, and small numbers
// for the distinct ones.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/base/split_mix.hpp>
#include <trawl/core/evidence/rules.hpp>

namespace trawl::fold {

// Whole numbers are numbers; dates, truth values and texts are names. Not of NULL.
evidence::Key key_of(const Value& value, Type type);

// For tables in memory: the same for equal names, different for different numbers. Cheaper than
// stats::hash_of.
inline std::uint64_t quick_hash(std::int64_t number) {
  return split_mix(static_cast<std::uint64_t>(number));
}
std::uint64_t quick_hash(const evidence::Key& name);

// Names by row of a view, which must live as long. Of no column: 0 in every row. Not thread-safe.
class NameReader {
 public:
  explicit NameReader(const ColumnView* view);

  bool has_nulls() const { return view_ != nullptr && view_->valid != nullptr; }
  bool is_valid(std::size_t row) const { return view_ == nullptr || view_->is_valid(row); }
  // Of a number itself, of other names quick_hash(name(row)).
  std::uint64_t word(std::size_t row);
  // Of many rows. Equal sizes.
  void words(std::span<const std::uint32_t> rows, std::span<std::uint64_t> out);
  evidence::Key name(std::size_t row) const;
  bool equals(std::size_t row, const evidence::Key& name) const;
  bool is_number() const { return view_ == nullptr || view_->type == Type::int64; }

 private:
  std::int64_t number(std::size_t row) const { return view_ == nullptr ? 0 : view_->integer(row); }
  std::uint64_t category_hash(std::size_t code);

  const ColumnView* view_;
  std::vector<std::uint64_t> of_categories_;  // hashes by code; 0: not made yet
};

// Distinct names, numbered in the order in which they came.
class Names {
 public:
  std::uint32_t number(NameReader& reader, std::size_t row);
  std::uint32_t number(const evidence::Key& name);
  // Of many rows with their reader.words(). Equal sizes.
  void numbers(const NameReader& reader, std::span<const std::uint32_t> rows,
               std::span<const std::uint64_t> words, std::span<std::uint32_t> out);

  std::size_t size() const { return names_.size(); }
  const evidence::Key& operator[](std::size_t number) const { return names_[number]; }
  // stats::hash_of.
  std::uint64_t hash(std::size_t number) const { return hashes_[number]; }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t next = 0;  // number + 1; 0: empty
  };

  // By quick_hash; `equals(name)`, `make()` of a name that is new.
  template <class Equals, class Make>
  std::uint32_t find(std::uint64_t hash, const Equals& equals, const Make& make);
  std::uint32_t number_of(std::int64_t name);
  void grow();

  std::vector<evidence::Key> names_;
  std::vector<std::uint64_t> hashes_;
  std::vector<Slot> slots_;  // a power of two, at most half full
  bool only_numbers_ = true;
  std::vector<std::uint32_t> small_;  // number + 1 of names that are small numbers; 0: ask slots_
};

}  // namespace trawl::fold
