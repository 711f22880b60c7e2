#include "store/hdf5_column.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

#include "store/lanes.hpp"
#include "store/layout.hpp"

namespace trawl::store {
namespace {

constexpr std::int64_t day_microseconds = 86'400'000'000;
class NumberColumn : public Hdf5Column {
 public:
  NumberColumn(ColumnSchema schema, std::uint64_t stored, std::shared_ptr<const Hdf5Source> source,
               Handle memory, Kind kind)
      : Hdf5Column(std::move(schema), stored, *source),
        source_(std::move(source)),
        memory_(std::move(memory)),
        kind_(kind) {}

 protected:
  void read_values(std::uint64_t begin, std::size_t rows, ColumnBuffer& into) const override {
    void* values = into.allocate(schema_.lane, rows);
    source_->read(memory_.get(), begin, rows, values);
    into.view.values = values;
    if (kind_ == Kind::large_unsigned)
      check_integers(
          begin, into.view, [](std::int64_t x) { return x >= 0; }, "above 2^63 - 1");
    if (schema_.type == Type::date)
      check_integers(
          begin, into.view, [](std::int64_t x) { return x % day_microseconds == 0; },
          "a date that is not a midnight");
    if (!codes_in_range(into.view))
      bad_value(schema_, *source_, begin, "a boolean or code in this row group is out of range");
  }

 private:
  template <class F>
  void check_integers(std::uint64_t begin, const ColumnView& view, F&& good,
                      std::string_view why) const {
    const auto* values = view.lanes<std::int64_t>();
    for (std::size_t row = 0; row < view.rows; ++row) {
      if (!good(values[row])) bad_value(schema_, *source_, begin + row, why);
    }
  }

  std::shared_ptr<const Hdf5Source> source_;
  Handle memory_;
  Kind kind_;
};

// int64 with the unit that trawl writes is a time; `type` tells dates from timestamps.
Type time_or_integer(const Hdf5Source& source) {
  if (string_attribute(source.dataset.get(), "unit") != time_unit) return Type::int64;
  return string_attribute(source.dataset.get(), "type") == name_of(Type::date) ? Type::date
                                                                               : Type::timestamp;
}

Type type_of(const Meaning& meaning, const Hdf5Source& source, bool is_member) {
  if (meaning.lane == Lane::text) return Type::text;
  if (meaning.kind == Kind::boolean) return Type::boolean;
  if (meaning.lane == Lane::f32 || meaning.lane == Lane::f64) return Type::float64;
  if (meaning.kind == Kind::number && meaning.lane == Lane::i64 && !is_member)
    return time_or_integer(source);
  return Type::int64;
}

Handle member_type(const Hdf5Source& source, const std::string& member) {
  const int number = H5Tget_member_index(source.type.get(), member.c_str());
  check(number, "cannot read", source.path);
  return owned(H5Tget_member_type(source.type.get(), static_cast<unsigned>(number)), H5Tclose,
               "cannot read", source.path);
}

}  // namespace

void bad_value(const ColumnSchema& schema, const Hdf5Source& source, std::uint64_t row,
               std::string_view why) {
  throw DataError(fmt::format("value cannot be read: {}, column '{}', row {} ({})", source.path,
                              schema.name, row, why));
}

Handle picking(Handle type, const std::string& member) {
  if (member.empty()) return type;
  Handle pick = owned(H5Tcreate(H5T_COMPOUND, H5Tget_size(type.get())), H5Tclose,
                      "cannot make a type", member);
  check(H5Tinsert(pick.get(), member.c_str(), 0, type.get()), "cannot make a type", member);
  return pick;
}

std::unique_ptr<Hdf5Column> make_number_column(ColumnSchema schema, std::uint64_t stored,
                                               std::shared_ptr<const Hdf5Source> source,
                                               Meaning meaning, const std::string& member) {
  return std::make_unique<NumberColumn>(std::move(schema), stored, std::move(source),
                                        picking(std::move(meaning.memory), member), meaning.kind);
}

void Hdf5Column::set_validity(std::shared_ptr<const Hdf5Source> validity) {
  validity_ = std::move(validity);
  stored_bytes_ += validity_->stored_bytes;
  schema_.nullable = true;
}

void Hdf5Column::read(std::uint64_t begin, std::size_t rows, ColumnBuffer& into) const {
  into.view = {};
  into.view.type = schema_.type;
  into.view.lane = schema_.lane;
  into.view.rows = rows;
  into.view.categories = schema_.categories.get();
  read_values(begin, rows, into);
  if (!validity_) return;
  std::vector<std::byte> flags(rows);
  validity_->read(bool_type().get(), begin, rows, flags.data());
  std::uint64_t* valid = into.allocate_valid(rows);
  if (!pack_bits(flags.data(), rows, valid))
    bad_value(schema_, *validity_, begin, "a validity is neither TRUE nor FALSE");
  if (std::find(flags.begin(), flags.end(), std::byte{0}) != flags.end()) into.view.valid = valid;
}

std::unique_ptr<Hdf5Column> make_column(const std::string& name,
                                        std::shared_ptr<const Hdf5Source> source,
                                        const std::string& member) {
  const Hdf5Lock lock;
  const Handle type =
      member.empty() ? owned(H5Tcopy(source->type.get()), H5Tclose, "cannot read", source->path)
                     : member_type(*source, member);
  auto meaning = meaning_of(type.get());
  if (!meaning) {
    throw DataError(fmt::format("column cannot be read: {}, column '{}' (it holds {})",
                                source->path, name, describe_type(type.get())));
  }
  const ColumnSchema schema{name, type_of(*meaning, *source, !member.empty()), meaning->lane, false,
                            nullptr};
  // Of a compound, in proportion.
  const std::uint64_t width = H5Tget_size(source->type.get());
  const auto stored = static_cast<std::uint64_t>(static_cast<double>(source->stored_bytes) *
                                                 static_cast<double>(H5Tget_size(type.get())) /
                                                 static_cast<double>(width));
  if (meaning->lane == Lane::text) {
    return make_string_column(schema, stored, std::move(source), std::move(*meaning), member);
  }
  return make_number_column(schema, stored, std::move(source), std::move(*meaning), member);
}

}  // namespace trawl::store
