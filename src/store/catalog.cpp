#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/store/catalog.hpp>

#include "store/seal.hpp"

namespace trawl::store {
namespace {

constexpr std::string_view keys_prefix = "keys.";

// The columns before those of the keys.
enum Field : std::size_t { path, rows, row_group_rows, bytes, codec, digest, index_digest, schema };
constexpr std::size_t fields = 8;
constexpr std::array<std::string_view, fields> field_names = {
    "path", "rows", "row_group_rows", "bytes", "codec", "digest", "index_digest", "schema"};

bool is_number(std::size_t field) {
  return field == rows || field == row_group_rows || field == bytes;
}
// The same for many datasets.
bool is_category(std::size_t field) {
  return field == codec || field == schema;
}

Schema schema_from(const std::string& text) {
  std::vector<ColumnSchema> columns;
  for (const Json& json : parse_json(text, "schema in a catalog")) {
    const auto type = type_named(json.at(1).get<std::string>());
    const auto lane = lane_named(json.at(2).get<std::string>());
    if (!type || !lane) throw DataError("a type in it is unknown");
    columns.push_back({json.at(0), *type, *lane, json.at(3), nullptr});
  }
  return Schema(std::move(columns));
}

Schema catalog_schema(const std::vector<std::string>& keys, const Categories& codecs,
                      const Categories& schemas) {
  std::vector<ColumnSchema> columns;
  for (std::size_t field = 0; field < fields; ++field) {
    ColumnSchema column{std::string(field_names[field]), Type::text, Lane::text, false, nullptr};
    if (is_number(field)) {
      column.type = Type::int64;
      column.lane = Lane::i64;
    } else if (is_category(field)) {
      column.type = Type::categorical;
      column.lane = Lane::u32;
      column.categories = std::make_shared<Categories>(field == codec ? codecs : schemas);
    }
    columns.push_back(std::move(column));
  }
  for (const std::string& key : keys)
    columns.push_back({std::string(keys_prefix) + key, Type::int64, Lane::i64, true, nullptr});
  return Schema(std::move(columns));
}

Categories distinct(std::vector<std::string> texts) {
  std::ranges::sort(texts);
  const auto [first, last] = std::ranges::unique(texts);
  texts.erase(first, last);
  return texts;
}

std::string absolute_folder(const fs::path& file) {
  return fs::absolute(file).lexically_normal().parent_path().string() + '/';
}

// Absolute and normal. Of most paths that is easily seen: making it costs more than opening a file.
std::string absolute_text(const fs::path& path) {
  const std::string& text = path.native();
  const bool plain = !text.empty() && text[0] != '.' && text.find("/.") == std::string::npos &&
                     text.find("//") == std::string::npos && text.back() != '/';
  if (!plain) return fs::absolute(path).lexically_normal().string();
  return text[0] == '/' ? text : fs::current_path().string() + '/' + text;
}

std::uint64_t count_in(const ColumnView& view, std::size_t row) {
  const std::int64_t value = view.integer(row);
  if (value < 0 || !view.is_valid(row)) throw DataError("a count in it is negative");
  return static_cast<std::uint64_t>(value);
}

}  // namespace

std::string schema_text(const Schema& columns) {
  Json json = Json::array();
  for (const ColumnSchema& column : columns)
    json.push_back({column.name, name_of(column.type), name_of(column.lane), column.nullable});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Catalog::Catalog(const fs::path& file) : folder_(absolute_folder(file)) {
  try {
    dataset_ = open_dataset({file.filename().string(), file.string(), {}, 0, 0});
    const DatasetInfo& info = dataset_->info();
    for (std::size_t field = 0; field < fields; ++field) {
      if (info.schema.size() <= field || info.schema[field].name != field_names[field])
        throw DataError("its columns are not those of a catalog");
    }
    if (info.index_digest.empty()) throw DataError("its index cannot be used");
    const Categories& schemas = *info.schema[schema].categories;
    for (const std::string& text : schemas) schemas_.push_back(schema_from(text));
    std::vector<ColumnBuffer> columns(fields);
    for (std::uint64_t group = 0; group < info.row_groups(); ++group) {
      for (std::size_t field = 0; field < fields; ++field)
        dataset_->read(group, field, columns[field]);
      const auto text = [&](std::size_t field, std::size_t row) {
        return std::string(columns[field].view.text(row));
      };
      for (std::size_t row = 0; row < info.group_rows(group); ++row) {
        CatalogEntry entry;
        entry.info.kind = "trawl";
        entry.info.name = text(path, row);
        entry.info.rows = count_in(columns[rows].view, row);
        entry.info.row_group_rows = count_in(columns[row_group_rows].view, row);
        entry.info.bytes = count_in(columns[bytes].view, row);
        entry.info.codec =
            (*info.schema[codec]
                  .categories)[static_cast<std::size_t>(columns[codec].view.integer(row))];
        entry.info.digest = text(Field::digest, row);
        entry.info.index_digest = text(index_digest, row);
        entry.schema = static_cast<std::uint64_t>(columns[schema].view.integer(row));
        by_path_.emplace(entry.info.name, entries_.size());
        entries_.push_back(std::move(entry));
      }
    }
    dataset_->check_intact();
  } catch (const std::exception& error) {
    throw DataError(
        fmt::format("catalog cannot be used: {} ({}). Make it again with `trawl index "
                    "--catalog`",
                    file.string(), error.what()));
  }
}

Catalog::Catalog(Catalog&&) noexcept = default;
Catalog::~Catalog() = default;

const std::string& Catalog::digest() const {
  return dataset_->info().digest;
}

std::optional<std::size_t> Catalog::find(const fs::path& location) const {
  const std::string absolute = absolute_text(location);
  if (!absolute.starts_with(folder_)) return std::nullopt;
  const auto found = by_path_.find(absolute.substr(folder_.size()));
  return found == by_path_.end() ? std::nullopt : std::optional(found->second);
}

bool Catalog::is_current(std::size_t entry, const fs::path& location) const {
  try {
    const auto seal = read_seal(open_with_size(location), location);
    const DatasetInfo& info = entries_[entry].info;
    return seal && seal->content_digest == info.digest && seal->index_digest == info.index_digest &&
           seal->rows == info.rows && seal->bytes == info.bytes;
  } catch (const DataError&) {  // who opens it will say what is wrong
    return false;
  }
}

std::size_t Catalog::keys_column(std::string_view column) const {
  const Schema& columns = dataset_->info().schema;
  for (std::size_t i = fields; i < columns.size(); ++i) {
    if (std::string_view(columns[i].name).substr(keys_prefix.size()) == column) return i;
  }
  return columns.size();
}

const ScreenInfo* Catalog::keys(std::string_view column) const {
  const std::size_t found = keys_column(column);
  return found == dataset_->info().schema.size() ? nullptr : dataset_->screen(Screen::keys, found);
}

Bytes Catalog::read_keys(std::string_view column, std::uint64_t chunk,
                         std::vector<std::byte>& space) const {
  return dataset_->read_screen(Screen::keys, keys_column(column), chunk, space);
}

namespace {

std::string_view text_of(const CatalogWriter::Row& row, std::size_t field) {
  switch (field) {
    case path:
      return row.path;
    case codec:
      return row.info.codec;
    case digest:
      return row.info.digest;
    case index_digest:
      return row.info.index_digest;
    default:
      return row.schema;
  }
}

std::int64_t number_of(const DatasetInfo& info, std::size_t field) {
  return static_cast<std::int64_t>(field == rows             ? info.rows
                                   : field == row_group_rows ? info.row_group_rows
                                                             : info.bytes);
}

void append(const CatalogWriter::Row& row, std::vector<ColumnBuilder>& columns) {
  for (std::size_t field = 0; field < fields; ++field) {
    if (is_number(field)) {
      columns[field].append(number_of(row.info, field));
    } else {
      columns[field].append(text_of(row, field));
    }
  }
  for (std::size_t key = 0; key < row.keys.size(); ++key) {
    if (row.keys[key]) {
      columns[fields + key].append(static_cast<std::int64_t>(*row.keys[key]));
    } else {
      columns[fields + key].append_null();
    }
  }
}

}  // namespace

CatalogWriter::CatalogWriter(const fs::path& folder, std::span<const Row> all,
                             std::vector<std::string> keys, bool overwrite) {
  std::vector<std::string> codecs, schemas;
  for (const Row& row : all) {
    codecs.push_back(row.info.codec);
    schemas.push_back(row.schema);
  }
  const Schema columns = catalog_schema(keys, distinct(codecs), distinct(schemas));
  WriteOptions options;
  options.overwrite = overwrite;
  writer_ = std::make_unique<DatasetWriter>(folder / catalog_name, columns, options);
  std::vector<ColumnBuilder> builders(columns.begin(), columns.end());
  for (std::size_t begin = 0; begin < all.size(); begin += options.row_group_rows) {
    for (ColumnBuilder& builder : builders) builder.clear();
    const std::size_t end = std::min<std::size_t>(all.size(), begin + options.row_group_rows);
    for (std::size_t i = begin; i < end; ++i) append(all[i], builders);
    std::vector<ColumnView> views;
    for (const ColumnBuilder& builder : builders) views.push_back(builder.view());
    writer_->append(views);
  }
}

void CatalogWriter::append_keys(std::size_t column, Bytes chunk) {
  writer_->append_screen(Screen::keys, fields + column, chunk);
}

void CatalogWriter::describe_keys(std::size_t column, std::string layout) {
  writer_->describe_screen(Screen::keys, fields + column, std::move(layout));
}

std::string catalog_of(const fs::path& file, const fs::path& top) {
  for (fs::path folder = file.parent_path();; folder = folder.parent_path()) {
    std::error_code error;
    const fs::path catalog = folder / catalog_name;
    if (fs::is_regular_file(catalog, error)) return catalog.string();
    if (folder == top || !folder.has_relative_path()) return {};
  }
}

}  // namespace trawl::store
