// Trawl's own columns, read through HDF5 because the index that leads past it cannot be used.
#include <fmt/format.h>

#include <trawl/base/error.hpp>

#include "store/codec.hpp"
#include "store/hdf5_column.hpp"
#include "store/lanes.hpp"
#include "store/layout.hpp"

namespace trawl::store {
namespace {

[[noreturn]] void not_ours(const std::string& path, std::string_view why) {
  throw DataError(fmt::format("column cannot be read: {} ({})", path, why));
}

bool is_unsigned_64(const Hdf5Source& source) {
  return H5Tequal(source.type.get(), H5T_STD_U64LE) > 0;
}

class EndsColumn : public Hdf5Column {
 public:
  EndsColumn(ColumnSchema schema, std::shared_ptr<const Hdf5Source> ends,
             std::shared_ptr<const Hdf5Source> bytes)
      : Hdf5Column(std::move(schema), ends->stored_bytes + bytes->stored_bytes, *ends),
        ends_(std::move(ends)),
        bytes_(std::move(bytes)) {}

 protected:
  void read_values(std::uint64_t begin, std::size_t rows, ColumnBuffer& into) const override {
    std::uint64_t base = 0;
    if (begin > 0) ends_->read(H5T_NATIVE_UINT64, begin - 1, 1, &base);
    std::uint64_t* ends = into.allocate_ends(rows);
    ends_->read(H5T_NATIVE_UINT64, begin, rows, ends);
    const std::uint64_t end = rows == 0 ? base : ends[rows - 1];
    if (!ascending(base, {ends, rows}) || end > bytes_->rows || end - base > max_chunk_bytes) {
      bad_value(schema_, *ends_, begin, "the ends of its texts are out of order");
    }
    char* bytes = into.allocate_bytes(end - base);
    bytes_->read(H5T_NATIVE_UINT8, base, end - base, bytes);
    into.view.ends = ends;
    into.view.base = base;
    into.view.bytes = bytes;
  }

 private:
  std::shared_ptr<const Hdf5Source> ends_, bytes_;
};

std::shared_ptr<const Categories> read_categories(const Hdf5Source& source) {
  const std::uint64_t width = H5Tget_size(source.type.get());
  if (H5Tget_class(source.type.get()) != H5T_STRING || H5Tis_variable_str(source.type.get()) != 0 ||
      source.rows > max_chunk_bytes / width) {
    not_ours(source.path, "these are not categories");
  }
  std::string table(source.rows * width, '\0');
  source.read(source.type.get(), 0, source.rows, table.data());
  auto categories = std::make_shared<Categories>();
  for (std::uint64_t i = 0; i < source.rows; ++i) {
    const std::string_view padded = std::string_view(table).substr(i * width, width);
    categories->emplace_back(padded.substr(0, padded.find_last_not_of('\0') + 1));
    if (i > 0 && (*categories)[i - 1] >= categories->back())
      not_ours(source.path, "its categories do not ascend");
  }
  return categories;
}

std::unique_ptr<Hdf5Column> make_categorical(ColumnSchema schema, const Hdf5Object& group,
                                             std::uint64_t file_bytes) {
  auto codes = open_source(group, "codes", file_bytes);
  auto meaning = meaning_of(codes->type.get());
  if (!meaning || !fits(Type::categorical, meaning->lane))
    not_ours(codes->path, "these are not codes");
  const auto categories = open_source(group, "categories", file_bytes);
  schema.lane = meaning->lane;
  schema.categories = read_categories(*categories);
  const std::uint64_t stored = codes->stored_bytes + categories->stored_bytes;
  return make_number_column(std::move(schema), stored, std::move(codes), std::move(*meaning));
}

std::unique_ptr<Hdf5Column> make_text(ColumnSchema schema, const Hdf5Object& group,
                                      std::uint64_t file_bytes) {
  auto ends = open_source(group, "ends", file_bytes);
  auto bytes = open_source(group, "bytes", file_bytes);
  if (!is_unsigned_64(*ends) || H5Tequal(bytes->type.get(), H5T_STD_U8LE) <= 0) {
    not_ours(group.path, "these are not texts");
  }
  schema.lane = Lane::text;
  return std::make_unique<EndsColumn>(std::move(schema), std::move(ends), std::move(bytes));
}

}  // namespace

std::unique_ptr<Hdf5Column> make_own_column(const Hdf5Object& columns, const Hdf5Object& validity,
                                            const std::string& link, std::uint64_t file_bytes) {
  const Hdf5Lock lock;
  const Hdf5Object object = open_child(columns, link);
  const std::string name = string_attribute(object.id.get(), "name");
  const auto type = type_named(string_attribute(object.id.get(), "type"));
  if (name.empty() || !type) not_ours(object.path, "its attributes 'name' and 'type' are missing");
  const ColumnSchema schema{name, *type, Lane::i64, false, nullptr};
  std::unique_ptr<Hdf5Column> column;
  if (*type == Type::categorical) {
    column = make_categorical(schema, object, file_bytes);
  } else if (*type == Type::text) {
    column = make_text(schema, object, file_bytes);
  } else {
    column = make_column(name, open_source(columns, link, file_bytes));
    if (column->schema().type != *type) not_ours(object.path, "its type is not the one it claims");
  }
  if (H5Lexists(validity.id.get(), link.c_str(), H5P_DEFAULT) > 0) {
    auto flags = open_source(validity, link, file_bytes);
    if (flags->rows != column->rows()) not_ours(flags->path, "it has another number of rows");
    column->set_validity(std::move(flags));
  }
  return column;
}

}  // namespace trawl::store
