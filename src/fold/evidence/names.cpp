#include "fold/evidence/names.hpp"

#include <string>

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

std::uint64_t NameReader::hash(std::size_t row) {
  if (is_number()) return stats::hash_of(number(row));
  if (view_->type == Type::text) return xxh3(bytes_of(view_->text(row)));
  if (view_->type != Type::categorical) return stats::hash_of(name(row));
  const auto code = static_cast<std::size_t>(view_->integer(row));
  std::uint64_t& hash = of_categories_[code];
  if (hash == 0) hash = xxh3(bytes_of((*view_->categories)[code]));
  return hash;
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
  for (std::size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == 0) {
      names_.push_back(make());
      hashes_.push_back(hash);
      slots_[slot] = static_cast<std::uint32_t>(names_.size());
      return slots_[slot] - 1;
    }
    const std::uint32_t number = slots_[slot] - 1;
    if (hashes_[number] == hash && equals(names_[number])) return number;
  }
}

std::uint32_t Names::number(NameReader& reader, std::size_t row) {
  return find(
      reader.hash(row), [&](const evidence::Key& name) { return reader.equals(row, name); },
      [&] { return reader.name(row); });
}

std::uint32_t Names::number(const evidence::Key& name) {
  return find(
      stats::hash_of(name), [&](const evidence::Key& other) { return other == name; },
      [&] { return name; });
}

void Names::grow() {
  slots_.assign(slots_.empty() ? 64 : 2 * slots_.size(), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t number = 0; number < names_.size(); ++number) {
    std::size_t slot = hashes_[number] & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(number + 1);
  }
}

}  // namespace trawl::fold
