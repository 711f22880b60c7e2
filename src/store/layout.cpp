#include "store/layout.hpp"

#include <trawl/base/error.hpp>

namespace trawl::store {
namespace {

hid_t number_type(Lane lane) {
  switch (lane) {
    case Lane::u8:
      return H5T_STD_U8LE;
    case Lane::i8:
      return H5T_STD_I8LE;
    case Lane::u16:
      return H5T_STD_U16LE;
    case Lane::i16:
      return H5T_STD_I16LE;
    case Lane::u32:
      return H5T_STD_U32LE;
    case Lane::i32:
      return H5T_STD_I32LE;
    case Lane::i64:
      return H5T_STD_I64LE;
    case Lane::f32:
      return H5T_IEEE_F32LE;
    case Lane::f64:
      return H5T_IEEE_F64LE;
    case Lane::text:
      break;
  }
  return H5T_STD_U64LE;
}

}  // namespace

std::string link_of(std::string_view column) {
  if (column == ".") return "%2E";
  std::string link;
  for (const char c : column) {
    if (c == '/') {
      link += "%2F";
    } else if (c == '%') {
      link += "%25";
    } else {
      link += c;
    }
  }
  return link;
}

bool fits(Type type, Lane lane) {
  switch (type) {
    case Type::int64:
      return lane != Lane::f32 && lane != Lane::f64 && lane != Lane::text;
    case Type::float64:
      return lane == Lane::f32 || lane == Lane::f64;
    case Type::boolean:
      return lane == Lane::u8;
    case Type::date:
    case Type::timestamp:
      return lane == Lane::i64;
    case Type::categorical:
      return lane == Lane::u8 || lane == Lane::u16 || lane == Lane::u32;
    case Type::text:
      break;
  }
  return lane == Lane::text;
}

Handle file_type(Type type, Lane lane) {
  const Hdf5Lock lock;
  if (type == Type::boolean) return bool_type();
  return owned(H5Tcopy(number_type(lane)), H5Tclose, "cannot make a type", name_of(lane));
}

}  // namespace trawl::store
