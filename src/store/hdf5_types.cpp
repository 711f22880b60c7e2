#include "store/hdf5_types.hpp"

#include <array>
#include <cstring>

#include <fmt/format.h>

namespace trawl::store {
namespace {

// Longer strings than this are documents, not values of a column.
constexpr std::size_t max_string_bytes = std::size_t{1} << 24;

Handle copy_of(hid_t type) {
  return owned(H5Tcopy(type), H5Tclose, "cannot copy a type", "HDF5");
}

std::optional<Meaning> integer_meaning(hid_t type) {
  const bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
  switch (H5Tget_size(type)) {
    case 1:
      return is_signed ? Meaning{Kind::number, Lane::i8, copy_of(H5T_NATIVE_INT8)}
                       : Meaning{Kind::number, Lane::u8, copy_of(H5T_NATIVE_UINT8)};
    case 2:
      return is_signed ? Meaning{Kind::number, Lane::i16, copy_of(H5T_NATIVE_INT16)}
                       : Meaning{Kind::number, Lane::u16, copy_of(H5T_NATIVE_UINT16)};
    case 4:
      return is_signed ? Meaning{Kind::number, Lane::i32, copy_of(H5T_NATIVE_INT32)}
                       : Meaning{Kind::number, Lane::u32, copy_of(H5T_NATIVE_UINT32)};
    case 8:
      return is_signed ? Meaning{Kind::number, Lane::i64, copy_of(H5T_NATIVE_INT64)}
                       : Meaning{Kind::large_unsigned, Lane::i64, copy_of(H5T_NATIVE_UINT64)};
    default:
      return std::nullopt;
  }
}

std::optional<Meaning> float_meaning(hid_t type) {
  // Half and extended precision, and formats that are not IEEE, would be changed by reading.
  for (const hid_t known : {H5T_IEEE_F32LE, H5T_IEEE_F32BE}) {
    if (H5Tequal(type, known) > 0)
      return Meaning{Kind::number, Lane::f32, copy_of(H5T_NATIVE_FLOAT)};
  }
  for (const hid_t known : {H5T_IEEE_F64LE, H5T_IEEE_F64BE}) {
    if (H5Tequal(type, known) > 0)
      return Meaning{Kind::number, Lane::f64, copy_of(H5T_NATIVE_DOUBLE)};
  }
  return std::nullopt;
}

std::string member_name(hid_t type, unsigned member) {
  char* name = H5Tget_member_name(type, member);
  std::string result = name == nullptr ? "" : name;
  H5free_memory(name);
  return result;
}

// FALSE = 0, TRUE = 1, in any order and over any integer: what h5py makes of booleans.
bool is_bool_enum(hid_t type) {
  if (H5Tget_nmembers(type) != 2 || H5Tget_size(type) > 8) return false;
  for (unsigned member = 0; member < 2; ++member) {
    std::array<std::uint8_t, 8> value{};
    if (H5Tget_member_value(type, member, value.data()) < 0) return false;
    if (H5Tconvert(H5Tget_super(type), H5T_NATIVE_INT64, 1, value.data(), nullptr, H5P_DEFAULT) <
        0) {
      return false;
    }
    std::int64_t number = 0;
    std::memcpy(&number, value.data(), sizeof number);
    const std::string name = member_name(type, member);
    if (!(name == "FALSE" && number == 0) && !(name == "TRUE" && number == 1)) return false;
  }
  return member_name(type, 0) != member_name(type, 1);
}

std::optional<Meaning> string_meaning(hid_t type) {
  if (H5Tis_variable_str(type) > 0)
    return Meaning{Kind::variable_string, Lane::text, copy_of(type)};
  if (H5Tget_size(type) > max_string_bytes) return std::nullopt;
  return Meaning{Kind::fixed_string, Lane::text, copy_of(type)};
}

}  // namespace

std::optional<Meaning> meaning_of(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return integer_meaning(type);
    case H5T_FLOAT:
      return float_meaning(type);
    case H5T_STRING:
      return string_meaning(type);
    case H5T_ENUM:
      if (!is_bool_enum(type)) return std::nullopt;
      return Meaning{Kind::boolean, Lane::u8, bool_type()};
    case H5T_BITFIELD:  // PyTables' booleans
      if (H5Tget_size(type) != 1) return std::nullopt;
      return Meaning{Kind::boolean, Lane::u8, copy_of(H5T_NATIVE_B8)};
    default:
      return std::nullopt;
  }
}

bool is_complex(hid_t type) {
  return H5Tget_class(type) == H5T_COMPOUND && H5Tget_nmembers(type) == 2 &&
         member_name(type, 0) == "r" && member_name(type, 1) == "i" &&
         H5Tget_member_class(type, 0) == H5T_FLOAT && H5Tget_member_class(type, 1) == H5T_FLOAT;
}

std::string describe_type(hid_t type) {
  const std::size_t bytes = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return fmt::format("an integer of {} bytes", bytes);
    case H5T_FLOAT:
      return bytes == 2 ? "a half-precision float"
                        : fmt::format("a float of {} bytes that is not IEEE", bytes);
    case H5T_STRING:
      return fmt::format("strings of {} bytes", bytes);
    case H5T_ENUM:
      return "an enumeration that is not boolean";
    case H5T_BITFIELD:
      return fmt::format("a bit field of {} bytes", bytes);
    case H5T_COMPOUND:
      return is_complex(type) ? "complex numbers" : "a nested compound";
    case H5T_REFERENCE:
      return "references";
    case H5T_OPAQUE:
      return "opaque bytes";
    case H5T_TIME:
      return "an HDF5 time";
    case H5T_ARRAY:
      return "arrays";
    case H5T_VLEN:
      return "variable-length sequences";
    default:
      return "an unknown type";
  }
}

}  // namespace trawl::store
