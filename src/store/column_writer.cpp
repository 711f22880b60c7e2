#include "store/column_writer.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>
#include <trawl/base/zone.hpp>

#include "store/index_writer.hpp"
#include "store/layout.hpp"

namespace trawl::store {
namespace {

[[noreturn]] void refuse(const ColumnSchema& schema, std::string_view why) {
  throw InputError(fmt::format("column cannot be stored: '{}' ({})", schema.name, why));
}

std::string column_path(const ColumnSchema& schema) {
  if (schema.name.empty()) refuse(schema, "it has no name");
  if (schema.name.find('\0') != std::string::npos) {
    throw InputError("column cannot be stored: its name holds a NUL byte");
  }
  if (invalid_utf8(schema.name)) refuse(schema, "its name is not UTF-8");
  return fmt::format("{}/{}", columns_group, link_of(schema.name));
}

bool is_group(const ColumnSchema& schema) {
  return is_text(schema.type);
}

std::string values_path(const ColumnSchema& schema) {
  const std::string path = column_path(schema);
  if (schema.type == Type::text) return path + "/ends";
  return schema.type == Type::categorical ? path + "/codes" : path;
}

std::size_t element_bytes(const ColumnSchema& schema) {
  return schema.lane == Lane::text ? sizeof(std::uint64_t) : lane_bytes(schema.lane);
}

// A fixed-length string cannot tell "a" from "a\0".
void check_categories(const ColumnSchema& schema) {
  if (schema.categories == nullptr) refuse(schema, "it is categorical without categories");
  const Categories& categories = *schema.categories;
  const std::uint64_t limit = std::uint64_t{1} << (8 * lane_bytes(schema.lane));
  if (categories.size() > limit) refuse(schema, "its lane is too narrow for its categories");
  std::uint64_t width = 1;
  for (std::size_t i = 0; i < categories.size(); ++i) {
    if (i > 0 && categories[i - 1] >= categories[i]) {
      refuse(schema, "its categories do not ascend");
    }
    if (!categories[i].empty() && categories[i].back() == '\0') {
      refuse(schema, "a category ends in a NUL byte; store it as text");
    }
    width = std::max<std::uint64_t>(width, categories[i].size());
  }
  if (width > max_chunk_bytes / std::max<std::size_t>(1, categories.size())) {
    refuse(schema, "its categories take more than 1 GiB; store it as text");
  }
}

bool same_categories(const ColumnView& view, const ColumnSchema& schema) {
  return view.categories == schema.categories.get() ||
         (view.categories != nullptr && *view.categories == *schema.categories);
}

// How values of this kind are packed; `first`: the first row group, which tells how many decimals
// there are.
Packing packing_for(const ColumnSchema& schema, const ColumnView* first) {
  if (schema.type == Type::text || schema.type == Type::boolean || schema.lane == Lane::f32)
    return {};
  if (schema.lane == Lane::f64) {
    if (first == nullptr) return {};
    std::vector<double> values;
    for (std::size_t row = 0; row < first->rows; ++row) {
      if (first->is_valid(row)) values.push_back(first->lanes<double>()[row]);
    }
    const auto scale = decimal_scale(values);
    if (!scale) return {};
    return {Packing::Kind::decimals, true, *scale};
  }
  const bool is_unsigned =
      schema.lane == Lane::u8 || schema.lane == Lane::u16 || schema.lane == Lane::u32;
  return {Packing::Kind::integers, !is_unsigned, 0};
}

}  // namespace

ColumnWriter::ColumnWriter(OutputFile& file, const ColumnSchema& schema, Codec codec, bool paged)
    : file_(&file),
      schema_(schema),
      codec_(codec),
      path_(column_path(schema)),
      values_(file, codec,
              Part{values_path(schema), Role::values,
                   static_cast<std::uint32_t>(element_bytes(schema)), 0, 0},
              file_type(schema.type, schema.lane)),
      paged_(paged && codec == Codec::none && schema.type != Type::text) {
  if (!fits(schema.type, schema.lane)) {
    refuse(schema, fmt::format("no {} in lanes {}", name_of(schema.type), name_of(schema.lane)));
  }
  if (schema.type == Type::categorical) check_categories(schema);
}

void ColumnWriter::check(const ColumnView& view, std::size_t rows) const {
  if (view.rows != rows) {
    refuse(schema_, fmt::format("{} rows where other columns have {}", view.rows, rows));
  }
  if (view.type != schema_.type || view.lane != schema_.lane) {
    refuse(schema_, fmt::format("{} in lanes {} instead of {} in lanes {}", name_of(view.type),
                                name_of(view.lane), name_of(schema_.type), name_of(schema_.lane)));
  }
  if (schema_.type == Type::categorical && !same_categories(view, schema_)) {
    refuse(schema_, "its values have other categories");
  }
  for (std::size_t row = 0; !schema_.nullable && row < rows; ++row) {
    if (!view.is_valid(row)) refuse(schema_, "it holds a NULL but is declared not to");
  }
}

void ColumnWriter::create(std::uint64_t chunk_rows, const ColumnView* first) {
  if (is_group(schema_)) file_->create_group(path_);
  values_.create(chunk_rows, packing_for(schema_, first));
  if (schema_.type == Type::text) {
    const Hdf5Lock lock;
    bytes_.emplace(*file_, codec_, Part{path_ + "/bytes", Role::bytes, 1, 0, 0},
                   owned(H5Tcopy(H5T_STD_U8LE), H5Tclose, "cannot make a type", "u8"));
  }
  if (paged_) {
    const Hdf5Lock lock;
    pages_.emplace(*file_, Codec::none,
                   Part{fmt::format("{}/{}", pages_group, link_of(schema_.name)), Role::pages,
                        sizeof(std::uint64_t), 0, 0},
                   owned(H5Tcopy(H5T_STD_U64LE), H5Tclose, "cannot make a type", "u64"));
    pages_->create((chunk_rows * element_bytes(schema_) + page_bytes - 1) / page_bytes);
  }
}

void ColumnWriter::append(const ColumnView& view) {
  const Zone zone = zone_of(view);  // first: it finds codes without a category
  const std::uint64_t text_begin = text_bytes_;
  if (schema_.type == Type::text) {
    append_text(view);
  } else {
    const Bytes lanes = cleaned_lanes(view);
    values_.append(lanes);
    if (pages_) append_pages(lanes);
  }
  append_validity(view, zone.nulls);
  append_zone(zone, text_begin);
  rows_ += view.rows;
}

// The lanes with zeros at NULL rows: what lies there means nothing, but would make equal data
// differ.
Bytes ColumnWriter::cleaned_lanes(const ColumnView& view) {
  const std::size_t width = lane_bytes(view.lane);
  const Bytes lanes{static_cast<const std::byte*>(view.values), view.rows * width};
  if (view.valid == nullptr) return lanes;
  scratch_.assign(lanes.begin(), lanes.end());
  for (std::size_t row = 0; row < view.rows; ++row) {
    if (!view.is_valid(row)) std::memset(scratch_.data() + row * width, 0, width);
  }
  return scratch_;
}

// Of the values that are there: the last page of a short row group is digested as short as it is.
void ColumnWriter::append_pages(Bytes lanes) {
  std::vector<std::uint64_t> digests(pages_->part().chunk);
  for (std::size_t page = 0; page * page_bytes < lanes.size(); ++page) {
    const std::size_t begin = page * page_bytes;
    digests[page] = xxh3(lanes.subspan(begin, std::min(page_bytes, lanes.size() - begin)));
  }
  pages_->append(std::as_bytes(std::span(digests)));
}

void ColumnWriter::append_text(const ColumnView& view) {
  ends_.resize(view.rows);
  for (std::size_t row = 0; row < view.rows; ++row) {
    if (view.is_valid(row)) {
      const Bytes text = bytes_of(view.text(row));
      pending_.insert(pending_.end(), text.begin(), text.end());
      text_bytes_ += text.size();
    }
    ends_[row] = text_bytes_;
    if (pending_.size() >= 16 * text_chunk_bytes) flush_bytes(false);
  }
  flush_bytes(false);
  values_.append(std::as_bytes(std::span(ends_)));
}

void ColumnWriter::flush_bytes(bool all) {
  if (!bytes_->created() && (all || pending_.size() >= text_chunk_bytes)) {
    // A short text column gets a chunk no longer than itself.
    bytes_->create(std::clamp<std::uint64_t>(pending_.size(), 1, text_chunk_bytes));
  }
  std::size_t done = 0;
  while (pending_.size() - done >= text_chunk_bytes) {
    bytes_->append({pending_.data() + done, text_chunk_bytes});
    done += text_chunk_bytes;
  }
  if (all) {
    bytes_->append({pending_.data() + done, pending_.size() - done});
    done = pending_.size();
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(done));
}

void ColumnWriter::append_validity(const ColumnView& view, std::uint64_t nulls) {
  if (nulls > 0 && !validity_) {
    validity_.emplace(
        *file_, codec_,
        Part{fmt::format("{}/{}", validity_group, link_of(schema_.name)), Role::validity, 1, 0, 0},
        bool_type(), std::uint8_t{1});
    validity_->create(values_.part().chunk);
    validity_->skip(rows_);
  }
  if (!validity_) return;
  if (nulls == 0) {
    validity_->skip(view.rows);
    return;
  }
  scratch_.resize(view.rows);
  for (std::size_t row = 0; row < view.rows; ++row) {
    scratch_[row] = view.is_valid(row) ? std::byte{1} : std::byte{0};
  }
  validity_->append(scratch_);
}

void ColumnWriter::append_zone(const Zone& zone, std::uint64_t text_begin) {
  TextRecord* text = nullptr;
  if (is_text(schema_.type)) {
    text = &texts_.emplace_back();
    text->begin = text_begin;
  }
  store_zone(zone, zones_.emplace_back(), text);
}

CategoriesPlace ColumnWriter::write_categories() {
  const Categories& categories = *schema_.categories;
  CategoriesPlace result;
  result.count = categories.size();
  result.width = 1;
  for (const std::string& text : categories) {
    result.width = std::max<std::uint64_t>(result.width, text.size());
  }
  std::string table(result.count * result.width, '\0');
  for (std::size_t i = 0; i < categories.size(); ++i) {
    categories[i].copy(table.data() + i * result.width, categories[i].size());
  }
  result.place = file_->write_table(path_ + "/categories", string_type(result.width).get(),
                                    result.count, bytes_of(table));
  result.digest = fmt::format("{:016x}", xxh3(bytes_of(table)));
  return result;
}

void ColumnWriter::flush() {
  values_.flush();
  for (auto* part : {&bytes_, &validity_, &pages_}) {
    if (*part) (*part)->flush();
  }
}

std::size_t ColumnWriter::pending_bytes() const {
  std::size_t bytes = values_.pending_bytes();
  for (const auto* part : {&bytes_, &validity_, &pages_}) {
    if (*part) bytes += (*part)->pending_bytes();
  }
  return bytes;
}

void ColumnWriter::finish(Index& index, std::optional<std::uint64_t> distinct) {
  IndexedColumn column;
  if (bytes_) flush_bytes(true);
  flush();
  if (schema_.type == Type::categorical) column.categories = write_categories();
  {
    const Hdf5Lock lock;
    const std::string& where = file_->temporary().native();
    const Handle object = owned(H5Oopen(file_->id(), path_.c_str(), H5P_DEFAULT), H5Oclose,
                                "cannot write dataset", where);
    write_attribute(object.get(), "name", schema_.name, where);
    write_attribute(object.get(), "type", name_of(schema_.type), where);
    if (is_time(schema_.type)) write_attribute(object.get(), "unit", time_unit, where);
  }
  column.schema = schema_;
  column.schema.nullable = validity_.has_value();
  column.path = path_;
  column.distinct = distinct;
  column.values = add_part(index, values_);
  if (bytes_) column.bytes = add_part(index, *bytes_);
  if (validity_) column.validity = add_part(index, *validity_);
  if (pages_) column.pages = add_part(index, *pages_);
  index.header.columns.push_back(std::move(column));
  index.zones.insert(index.zones.end(), zones_.begin(), zones_.end());
  index.texts.insert(index.texts.end(), texts_.begin(), texts_.end());
}

void ColumnWriter::close() {
  values_.close();
  if (bytes_) bytes_->close();
  if (validity_) validity_->close();
  if (pages_) pages_->close();
}

}  // namespace trawl::store
