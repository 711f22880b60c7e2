#include "fold/evidence/names.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <trawl/base/digest.hpp>

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

std::uint64_t NameReader::hash(std::size_t row) {
  if (is_number()) return quick_hash(number(row));
  if (view_->type == Type::text) return xxh3(bytes_of(view_->text(row)));
  if (view_->type != Type::categorical) return quick_hash(name(row));
  const auto code = static_cast<std::size_t>(view_->integer(row));
  std::uint64_t& hash = of_categories_[code];
  if (hash == 0) hash = xxh3(bytes_of((*view_->categories)[code]));
  return hash;
}

void NameReader::hashes(std::span<const std::uint32_t> rows, std::span<std::uint64_t> out) {
  if (view_ == nullptr) {
    std::ranges::fill(out, quick_hash(std::int64_t{0}));
  } else if (is_number()) {
    with_lane(view_->lane, [&]<class T>(T*) {
      const T* lanes = view_->lanes<T>();
      for (std::size_t i = 0; i < rows.size(); ++i)
        out[i] = quick_hash(static_cast<std::int64_t>(lanes[rows[i]]));
    });
  } else {
    for (std::size_t i = 0; i < rows.size(); ++i) out[i] = hash(rows[i]);
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

std::uint32_t Names::number(NameReader& reader, std::size_t row) {
  return find(
      reader.hash(row), [&](std::uint32_t number) { return reader.equals(row, names_[number]); },
      [&] { return reader.name(row); });
}

std::uint32_t Names::number(const evidence::Key& name) {
  return find(
      quick_hash(name), [&](std::uint32_t number) { return names_[number] == name; },
      [&] { return name; });
}

void Names::numbers(const NameReader& reader, std::span<const std::uint32_t> rows,
                    std::span<const std::uint64_t> hashes, std::span<std::uint32_t> out) {
  constexpr std::size_t ahead = 12;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + ahead < rows.size() && !slots_.empty())
      __builtin_prefetch(&slots_[hashes[i + ahead] & (slots_.size() - 1)]);
    // Numbers of one hash are one number: no look at the name, which is another cache miss.
    out[i] = find(
        hashes[i],
        [&](std::uint32_t number) {
          return (only_numbers_ && reader.is_number()) || reader.equals(rows[i], names_[number]);
        },
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
