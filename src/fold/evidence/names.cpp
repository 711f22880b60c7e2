#include "fold/evidence/names.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include <trawl/base/digest.hpp>
#include <trawl/base/prefetch.hpp>

namespace trawl::fold {

evidence::Key key_of(const Value& value, Type type) {
  if (type == Type::int64) return std::get<std::int64_t>(value);
  return to_text(value, type);
}

NameReader::NameReader(const ColumnView* view) : view_(view) {
  if (view != nullptr && view->type == Type::categorical)
    of_categories_.resize(view->categories->size());
}

std::uint64_t quick_hash(const evidence::Key& name) {
  if (const auto* number = std::get_if<std::int64_t>(&name)) return quick_hash(*number);
  return xxh3(bytes_of(std::get<std::string>(name)));
}

std::uint64_t NameReader::word(std::size_t row) {
  if (is_number()) return static_cast<std::uint64_t>(number(row));
  if (view_->type == Type::text) return xxh3(bytes_of(view_->text(row)));
  if (view_->type != Type::categorical) return quick_hash(name(row));
  return category_hash(static_cast<std::size_t>(view_->integer(row)));
}

std::uint64_t NameReader::category_hash(std::size_t code) {
  std::uint64_t& hash = of_categories_[code];
  if (hash == 0) hash = xxh3(bytes_of((*view_->categories)[code]));
  return hash;
}

void NameReader::words(std::span<const std::uint32_t> rows, std::span<std::uint64_t> out) {
  if (view_ == nullptr) {
    std::ranges::fill(out, 0);
  } else if (is_number()) {
    with_lane(view_->lane, [&]<class T>(T*) {
      const T* lanes = view_->lanes<T>();
      for (std::size_t i = 0; i < rows.size(); ++i)
        out[i] = static_cast<std::uint64_t>(lanes[rows[i]]);
    });
  } else if (view_->type == Type::categorical) {
    with_lane(view_->lane, [&]<class T>(T*) {
      const T* codes = view_->lanes<T>();
      for (std::size_t i = 0; i < rows.size(); ++i)
        out[i] = category_hash(static_cast<std::size_t>(codes[rows[i]]));
    });
  } else {
    for (std::size_t i = 0; i < rows.size(); ++i) out[i] = word(rows[i]);
  }
}

evidence::Key NameReader::name(std::size_t row) const {
  if (is_number()) return number(row);
  return key_of(view_->value(row), view_->type);
}

bool NameReader::equals(std::size_t row, const evidence::Key& other) const {
  if (is_number()) {
    const auto* whole = std::get_if<std::int64_t>(&other);
    return whole != nullptr && *whole == number(row);
  }
  const auto* text = std::get_if<std::string>(&other);
  if (text == nullptr) return false;
  if (view_->type == Type::text) return *text == view_->text(row);
  if (view_->type == Type::categorical)
    return *text == (*view_->categories)[static_cast<std::size_t>(view_->integer(row))];
  return other == name(row);
}

template <class Equals, class Make>
std::uint32_t Names::find(std::uint64_t hash, const Equals& equals, const Make& make) {
  if (2 * (names_.size() + 1) > slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.next == 0) {
      names_.push_back(make());
      hashes_.push_back(stats::hash_of(names_.back()));
      only_numbers_ = only_numbers_ && std::holds_alternative<std::int64_t>(names_.back());
      slot = {hash, static_cast<std::uint32_t>(names_.size())};
      return slot.next - 1;
    }
    if (slot.hash == hash && equals(slot.next - 1)) return slot.next - 1;
  }
}

// Numbers of one hash are one number: no look at the name, which is another cache miss, unless
// there are texts.
std::uint32_t Names::number_of(std::int64_t name) {
  constexpr std::uint64_t small = std::uint64_t{1} << 20;
  const std::uint32_t number = find(
      quick_hash(name),
      [&](std::uint32_t other) { return only_numbers_ || names_[other] == evidence::Key(name); },
      [&] { return evidence::Key(name); });
  const auto at = static_cast<std::uint64_t>(name);
  if (at < small) {
    if (at >= small_.size()) small_.resize(std::bit_ceil(at + 1));
    small_[at] = number + 1;
  }
  return number;
}

std::uint32_t Names::number(NameReader& reader, std::size_t row) {
  if (reader.is_number()) return number_of(static_cast<std::int64_t>(reader.word(row)));
  return find(
      reader.word(row), [&](std::uint32_t number) { return reader.equals(row, names_[number]); },
      [&] { return reader.name(row); });
}

std::uint32_t Names::number(const evidence::Key& name) {
  if (const auto* whole = std::get_if<std::int64_t>(&name)) return number_of(*whole);
  return find(
      quick_hash(name), [&](std::uint32_t number) { return names_[number] == name; },
      [&] { return name; });
}

void Names::numbers(const NameReader& reader, std::span<const std::uint32_t> rows,
                    std::span<const std::uint64_t> words, std::span<std::uint32_t> out) {
  constexpr std::size_t ahead = 12;
  const auto ask = [&](std::uint64_t hash) {
    if (!slots_.empty()) prefetch(&slots_[hash & (slots_.size() - 1)]);
  };
  if (reader.is_number()) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i + ahead < rows.size() && words[i + ahead] >= small_.size())
        ask(quick_hash(static_cast<std::int64_t>(words[i + ahead])));
      const std::uint32_t known = words[i] < small_.size() ? small_[words[i]] : 0;
      out[i] = known != 0 ? known - 1 : number_of(static_cast<std::int64_t>(words[i]));
    }
    return;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + ahead < rows.size()) ask(words[i + ahead]);
    out[i] = find(
        words[i], [&](std::uint32_t number) { return reader.equals(rows[i], names_[number]); },
        [&] { return reader.name(rows[i]); });
  }
}

void Names::grow() {
  const std::vector<Slot> old = std::move(slots_);
  slots_.assign(old.empty() ? 64 : 2 * old.size(), {});
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.next == 0) continue;
    std::size_t i = slot.hash & mask;
    while (slots_[i].next != 0) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

}  // namespace trawl::fold
