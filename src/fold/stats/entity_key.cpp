#include "fold/stats/entity_key.hpp"

#include <span>

#include <trawl/base/digest.hpp>

namespace trawl::fold {
namespace {

constexpr std::uint8_t no_id = 0, number_id = 1, text_id = 2;

void put_big_endian(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
}

// Ends before everything that goes on: 0 is escaped.
void put_sortable(std::string& out, std::string_view text) {
  for (const char c : text) {
    out += c;
    if (c == '\0') out += '\1';
  }
  out += '\0';
  out += '\0';
}

std::uint64_t take_big_endian(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (const char c : take_bytes(bytes, 8)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string take_sortable(std::string_view& bytes) {
  for (std::string text;;) {
    const char c = take<char>(bytes);
    if (c == '\0' && take<char>(bytes) == '\0') return text;
    text += c;
  }
}

}  // namespace

std::string_view path_bytes_of(std::string_view key) {
  const auto kind = take<std::uint8_t>(key);
  if (kind == number_id) take<std::int64_t>(key);
  if (kind == text_id) take_text(key);
  return key;
}

std::string key_of_path(std::string_view path_bytes) {
  std::string key;
  put(key, no_id);
  return key += path_bytes;
}

void put_path(std::string& out, const stats::Path& path) {
  put(out, static_cast<std::uint32_t>(path.size()));
  for (const std::string& name : path) put_text(out, name);
}

stats::Path take_path(std::string_view& bytes) {
  const auto names = take<std::uint32_t>(bytes);
  // Every name has a length of four bytes at least.
  if (names > bytes.size() / 4) throw Error("statistics: a path is longer than its bytes");
  stats::Path path(names);
  for (std::string& name : path) name = take_text(bytes);
  return path;
}

std::uint64_t KeyWriter::begin(std::int64_t id) {
  bytes_.clear();
  put(bytes_, number_id);
  put(bytes_, id);
  return xxh3(bytes_of(std::span<const std::int64_t>(&id, 1)));  // as stats::hash_of
}

std::uint64_t KeyWriter::begin(std::string_view id) {
  bytes_.clear();
  put(bytes_, text_id);
  put_text(bytes_, id);
  return xxh3(bytes_of(id));
}

void KeyWriter::begin() {
  bytes_.clear();
  put(bytes_, no_id);
}

std::string EntityKey::to_bytes() const {
  std::string out;
  if (!id) {
    put(out, no_id);
  } else if (const auto* number = std::get_if<std::int64_t>(&*id)) {
    put(out, number_id);
    put(out, *number);
  } else {
    put(out, text_id);
    put_text(out, std::get<std::string>(*id));
  }
  put_path(out, path);
  return out;
}

EntityKey EntityKey::from_bytes(std::string_view bytes) {
  EntityKey key;
  const auto kind = take<std::uint8_t>(bytes);
  if (kind == number_id) key.id = take<std::int64_t>(bytes);
  if (kind == text_id) key.id = std::string(take_text(bytes));
  key.path = take_path(bytes);
  if (kind > text_id || !bytes.empty()) throw Error("statistics: no key of an entity");
  return key;
}

std::uint64_t EntityKey::hash(std::string_view bytes) const {
  return id ? stats::hash_of(*id) : xxh3(bytes_of(bytes));
}

std::string EntityKey::sort_bytes() const {
  std::string out;
  if (id) {
    out += static_cast<char>(id->index());
    if (const auto* number = std::get_if<std::int64_t>(&*id)) {
      put_big_endian(out, static_cast<std::uint64_t>(*number) ^ (std::uint64_t{1} << 63));
    } else {
      put_sortable(out, std::get<std::string>(*id));
    }
  }
  for (const std::string& name : path) put_sortable(out, name);
  return out;
}

EntityKey EntityKey::from_sort_bytes(std::string_view bytes, bool has_id, std::size_t names) {
  std::string_view rest = bytes;
  EntityKey key;
  if (has_id && take<std::uint8_t>(rest) == 0) {
    key.id = static_cast<std::int64_t>(take_big_endian(rest) ^ (std::uint64_t{1} << 63));
  } else if (has_id) {
    key.id = take_sortable(rest);
  }
  while (key.path.size() < names) key.path.push_back(take_sortable(rest));
  if (key.sort_bytes() != bytes) throw Error("statistics: no key of an entity");
  return key;
}

}  // namespace trawl::fold
