// The header of the index, as JSON.
#include <bit>

#include <fmt/format.h>
#include <simdjson.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>

#include "store/codec.hpp"
#include "store/index.hpp"
#include "store/layout.hpp"

namespace trawl::store {
namespace {

constexpr std::array<std::string_view, 5> role_names = {"values", "bytes", "validity", "screen",
                                                        "pages"};

constexpr std::string_view dataset_format = "trawl dataset";
constexpr std::string_view sidecar_format = "trawl index";

Json to_json(const Part& part) {
  Json json;
  json["path"] = part.path;
  json["role"] = role_names[static_cast<std::size_t>(part.role)];
  json["element_bytes"] = part.element_bytes;
  json["chunk"] = part.chunk;
  json["elements"] = part.elements;
  if (part.packing.kind == Packing::Kind::integers) json["packing"] = "integers";
  if (part.packing.kind == Packing::Kind::decimals) {
    json["packing"] = "decimals";
    json["scale"] = part.packing.scale;
  }
  return json;
}

Json to_json(const CategoriesPlace& categories) {
  Json json;
  json["offset"] = categories.place.offset;
  json["bytes"] = categories.place.bytes;
  json["count"] = categories.count;
  json["width"] = categories.width;
  json["xxh3"] = categories.digest;
  return json;
}

Json to_json(const IndexedColumn& column) {
  Json json;
  json["name"] = column.schema.name;
  if (!column.path.empty()) json["path"] = column.path;
  json["type"] = name_of(column.schema.type);
  json["lane"] = name_of(column.schema.lane);
  json["nullable"] = column.schema.nullable;
  if (column.path.empty()) return json;  // of a sidecar: the values are elsewhere
  json["distinct"] = column.distinct ? Json(*column.distinct) : Json();
  json["values"] = column.values;
  if (column.bytes) json["bytes"] = *column.bytes;
  if (column.validity) json["validity"] = *column.validity;
  if (column.pages) json["pages"] = *column.pages;
  if (column.categories) json["categories"] = to_json(*column.categories);
  return json;
}

Json to_json(const IndexedScreen& screen) {
  Json json;
  json["screen"] = name_of(screen.screen);
  json["column"] = screen.column;
  json["part"] = screen.part;
  json["layout"] = Json::parse(screen.layout);
  return json;
}

// By simdjson: thousands of small files are opened for one search, and their headers are most of
// that.
using simdjson::dom::element;

// The members of an object. Looking for them in the order in which they stand is fast, in any other
// it takes a walk. No object: it has none.
class Members {
 public:
  Members(const element& json) {  // NOLINT: wherever an element is looked into
    simdjson::dom::object object;
    if (json.get_object().get(object) != simdjson::SUCCESS) return;
    begin_ = next_ = object.begin();
    end_ = object.end();
    is_object_ = true;
  }

  std::optional<element> find(std::string_view key) const {
    if (!is_object_) return std::nullopt;
    if (const auto behind = find_in(next_, end_, key)) return behind;
    return find_in(begin_, next_, key);
  }

 private:
  using Iterator = simdjson::dom::object::iterator;
  std::optional<element> find_in(Iterator at, const Iterator& end, std::string_view key) const {
    for (; at != end; ++at) {
      if (!at.key_equals(key)) continue;
      const element value = at.value();
      next_ = ++at;
      return value;
    }
    return std::nullopt;
  }

  Iterator begin_, end_;
  mutable Iterator next_;
  bool is_object_ = false;
};

class Parser {
 public:
  explicit Parser(std::string_view where) : where_(where) {}

  IndexHeader header(const Members& json) {
    IndexHeader header;
    const std::string format = text(json, "format");
    require((format == dataset_format || format == sidecar_format) && number(json, "version") == 1,
            "it is of another format or version");
    if (format == sidecar_format) {
      header.indexes = text(json, "indexes");
      header.table = text(json, "table");
      require(!header.indexes.empty(), "'indexes' is empty");
    }
    header.rows = number(json, "rows");
    header.row_group_rows = number(json, "row_group_rows");
    require(header.row_group_rows >= 1 && header.row_group_rows <= max_row_group_rows,
            "row_group_rows is out of range");
    require(header.rows <= INT64_MAX, "rows is out of range");
    header.codec = codec(text(json, "codec"));
    for (const element item : list(json, "parts")) header.parts.push_back(part(item));
    for (const element item : list(json, "columns")) header.columns.push_back(column(item, header));
    require(!header.columns.empty(), "it has no columns");
    if (contains(json, "clustered_by")) {
      for (const element item : list(json, "clustered_by")) {
        const auto name = item.get_string();
        require(name.error() == simdjson::SUCCESS, "'clustered_by' is not a list of names");
        header.clustered_by.emplace_back(name.value_unsafe());
      }
    }
    if (contains(json, "screens")) {
      for (const element item : list(json, "screens"))
        header.screens.push_back(screen(item, header));
    }
    return header;
  }

 private:
  // The text is made only when it is needed: headers have hundreds of rules.
  template <class... Args>
  void require(bool condition, fmt::format_string<Args...> why, Args&&... args) const {
    if (condition) return;
    throw DataError(fmt::format("index of the dataset is damaged: {} ({})", where_,
                                fmt::format(why, std::forward<Args>(args)...)));
  }
  bool contains(const Members& json, const char* key) const { return json.find(key).has_value(); }
  element member(const Members& json, const char* key) const {
    const auto found = json.find(key);
    require(found.has_value(), "'{}' is missing", key);
    return *found;
  }
  std::uint64_t number(const Members& json, const char* key) const {
    const auto value = member(json, key).get_uint64();
    require(value.error() == simdjson::SUCCESS, "'{}' is not a count", key);
    return value.value_unsafe();
  }
  std::uint32_t small(const Members& json, const char* key) const {
    const std::uint64_t value = number(json, key);
    require(value <= UINT32_MAX, "'{}' is out of range", key);
    return static_cast<std::uint32_t>(value);
  }
  std::string text(const Members& json, const char* key) const {
    const auto value = member(json, key).get_string();
    require(value.error() == simdjson::SUCCESS, "'{}' is not text", key);
    return std::string(value.value_unsafe());
  }
  simdjson::dom::array list(const Members& json, const char* key) const {
    const auto value = member(json, key).get_array();
    require(value.error() == simdjson::SUCCESS, "'{}' is not a list", key);
    return value.value_unsafe();
  }

  Codec codec(const std::string& name) const {
    for (const Codec known : codecs) {
      if (name == name_of(known)) return known;
    }
    require(false, "its codec is unknown");
    return Codec::none;
  }

  Packing packing(const Members& json, std::size_t element_bytes) const {
    if (text(json, "packing") == "integers") {
      require(std::has_single_bit(element_bytes), "a packed part has elements of an odd size");
      return {Packing::Kind::integers, true, 0};
    }
    require(text(json, "packing") == "decimals" && element_bytes == sizeof(double),
            "a part is packed in an unknown way");
    const std::uint64_t scale = number(json, "scale");
    require(scale <= Packing::max_scale, "the scale of a packed part is out of range");
    return {Packing::Kind::decimals, true, static_cast<int>(scale)};
  }

  Part part(const Members& json) const {
    Part part;
    part.path = text(json, "path");
    const std::string role = text(json, "role");
    const auto* found = std::find(role_names.begin(), role_names.end(), role);
    require(found != role_names.end(), "a part has an unknown role");
    part.role = static_cast<Role>(found - role_names.begin());
    part.element_bytes = small(json, "element_bytes");
    part.chunk = number(json, "chunk");
    part.elements = number(json, "elements");
    require(part.element_bytes >= 1 && part.element_bytes <= 8, "element_bytes is out of range");
    require(part.chunk >= 1 && part.chunk <= max_chunk_bytes / part.element_bytes,
            "a chunk is out of range");
    if (contains(json, "packing")) part.packing = packing(json, part.element_bytes);
    require(part.elements <= INT64_MAX && part.chunks() <= UINT32_MAX, "a part is out of range");
    return part;
  }

  // Number of a part that fits the column: its role, element size and row count.
  std::uint32_t part_of(const Members& json, const char* key, const IndexHeader& header, Role role,
                        std::size_t element_bytes) const {
    const std::uint32_t number_of_part = small(json, key);
    require(number_of_part < header.parts.size(), "'{}' names no part", key);
    const Part& part = header.parts[number_of_part];
    require(part.role == role && part.element_bytes == element_bytes,
            "'{}' names another kind of part", key);
    if (role != Role::bytes) {
      require(part.elements == header.rows, "{} has another number of rows", part.path);
      // A single row group may be stored in a chunk no longer than itself.
      require(part.chunk == header.row_group_rows ||
                  (header.rows <= part.chunk && part.chunk < header.row_group_rows),
              "{} has other row groups", part.path);
    }
    return number_of_part;
  }

  IndexedScreen screen(const Members& json, const IndexHeader& header) const {
    IndexedScreen screen;
    const std::string name = text(json, "screen");
    bool known = false;
    for (const Screen kind : {Screen::filter, Screen::sketch, Screen::keys}) {
      if (name != name_of(kind)) continue;
      screen.screen = kind;
      known = true;
    }
    require(known, "a screen is of an unknown kind");
    screen.column = small(json, "column");
    require(screen.column < header.columns.size(), "a screen belongs to no column");
    screen.part = small(json, "part");
    require(screen.part < header.parts.size() && header.parts[screen.part].role == Role::screen,
            "a screen names no part of its kind");
    screen.layout = simdjson::minify(member(json, "layout"));
    return screen;
  }

  // Digests of the values of a fixed-width column: one per page of a row group.
  std::uint32_t pages(const Members& json, const IndexHeader& header, std::uint32_t values) const {
    const std::uint32_t number_of_part = small(json, "pages");
    require(number_of_part < header.parts.size(), "'pages' names no part");
    const Part& part = header.parts[number_of_part];
    const Part& of = header.parts[values];
    require(part.role == Role::pages && part.element_bytes == sizeof(std::uint64_t) &&
                part.chunk == (of.chunk * of.element_bytes + page_bytes - 1) / page_bytes &&
                part.chunks() == of.chunks(),
            "{} does not fit its column", part.path);
    return number_of_part;
  }

  CategoriesPlace categories(const Members& json) const {
    CategoriesPlace result;
    result.place = {number(json, "offset"), number(json, "bytes")};
    result.count = number(json, "count");
    result.width = number(json, "width");
    result.digest = text(json, "xxh3");
    std::uint64_t bytes = 0;
    require(!__builtin_mul_overflow(result.count, result.width, &bytes) &&
                bytes == result.place.bytes && result.width >= 1,
            "the size of the categories is wrong");
    return result;
  }

  IndexedColumn column(const Members& json, const IndexHeader& header) const {
    IndexedColumn column;
    column.schema.name = text(json, "name");
    const auto type = type_named(text(json, "type"));
    const auto lane = lane_named(text(json, "lane"));
    require(type && lane && fits(*type, *lane), "column '{}' has an impossible type",
            column.schema.name);
    column.schema.type = *type;
    column.schema.lane = *lane;
    const auto nullable = member(json, "nullable").get_bool();
    require(nullable.error() == simdjson::SUCCESS, "'nullable' is not true or false");
    column.schema.nullable = nullable.value_unsafe();
    if (!header.indexes.empty()) return column;
    column.path = text(json, "path");
    if (!member(json, "distinct").is_null()) column.distinct = number(json, "distinct");
    const bool is_free_text = *lane == Lane::text;
    column.values =
        part_of(json, "values", header, Role::values, is_free_text ? 8 : lane_bytes(*lane));
    if (is_free_text) column.bytes = part_of(json, "bytes", header, Role::bytes, 1);
    if (column.schema.nullable)
      column.validity = part_of(json, "validity", header, Role::validity, 1);
    if (contains(json, "pages")) {
      require(!is_free_text, "free text has no pages");
      column.pages = pages(json, header, column.values);
    }
    if (*type == Type::categorical) column.categories = categories(member(json, "categories"));
    return column;
  }

  std::string_view where_;
};

}  // namespace

std::string_view name_of(Screen screen) {
  constexpr std::array<std::string_view, screens> names = {"filter", "sketch", "keys"};
  return names[static_cast<std::size_t>(screen)];
}

std::string format_header(const IndexHeader& header) {
  Json json;
  json["format"] = header.indexes.empty() ? dataset_format : sidecar_format;
  json["version"] = 1;
  if (!header.indexes.empty()) {
    json["indexes"] = header.indexes;
    json["table"] = header.table;
  }
  json["rows"] = header.rows;
  json["row_group_rows"] = header.row_group_rows;
  json["codec"] = name_of(header.codec);
  if (!header.clustered_by.empty()) json["clustered_by"] = header.clustered_by;
  json["columns"] = Json::array();
  for (const IndexedColumn& column : header.columns) json["columns"].push_back(to_json(column));
  if (!header.screens.empty()) {
    json["screens"] = Json::array();
    for (const IndexedScreen& screen : header.screens) json["screens"].push_back(to_json(screen));
  }
  json["parts"] = Json::array();
  for (const Part& part : header.parts) json["parts"].push_back(to_json(part));
  return json.dump();
}

IndexHeader parse_header(std::string_view json, std::string_view where) {
  thread_local simdjson::dom::parser parser;
  element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root)) {
    throw DataError(fmt::format("index of the dataset is damaged: {} (not JSON: {})", where,
                                simdjson::error_message(error)));
  }
  return Parser(where).header(root);
}

}  // namespace trawl::store
