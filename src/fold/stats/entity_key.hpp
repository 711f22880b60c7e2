// What a record belongs to: an entity, a path of a hierarchy, both or neither. And plain bytes for
// messages between ranks.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/entity_id.hpp>
#include <trawl/core/stats/tree.hpp>

namespace trawl::fold {

template <class T>
requires std::is_trivially_copyable_v<T>
void put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

// From the front of `bytes`, which moves on behind it; Error when they end before.
inline std::string_view take_bytes(std::string_view& bytes, std::size_t size) {
  if (bytes.size() < size) throw Error("statistics: the bytes of a summary are truncated");
  const std::string_view front = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return front;
}

template <class T>
T take(std::string_view& bytes) {
  T value;
  std::memcpy(&value, take_bytes(bytes, sizeof value).data(), sizeof value);
  return value;
}

inline std::string_view take_text(std::string_view& bytes) {
  return take_bytes(bytes, take<std::uint32_t>(bytes));
}

struct EntityKey {
  std::optional<stats::EntityId> id;
  stats::Path path;

  // Equal keys, and only those, have equal bytes.
  std::string to_bytes() const;
  // Error for everything that to_bytes would not have written.
  static EntityKey from_bytes(std::string_view bytes);
  // Bytes whose order is that of ids (numbers before texts, texts by their bytes), then paths.
  std::string sort_bytes() const;
  // The key of these bytes, with an id or not, and so many names; Error for everything that
  // sort_bytes would not have written.
  static EntityKey from_sort_bytes(std::string_view bytes, bool has_id, std::size_t names);
  // Says on which rank it lives; `bytes` are its own. All paths of an entity have one hash, so that
  // one rank can tell how many there are.
  std::uint64_t hash(std::string_view bytes) const;
};

// Writes what EntityKey::to_bytes does, part after part, into memory that is used again.
class KeyWriter {
 public:
  // One of these first; returns the hash that says where an entity lives, but of none.
  std::uint64_t begin(std::int64_t id);
  std::uint64_t begin(std::string_view id);
  void begin();
  // Then the number of names of the path, and they.
  void path(std::size_t names) { put(bytes_, static_cast<std::uint32_t>(names)); }
  void name(std::string_view name) { put_text(bytes_, name); }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Of the bytes of a key, those of its path; and the bytes of the key that has only this path.
std::string_view path_bytes_of(std::string_view key);
std::string key_of_path(std::string_view path_bytes);

void put_path(std::string& out, const stats::Path& path);
stats::Path take_path(std::string_view& bytes);

}  // namespace trawl::fold
