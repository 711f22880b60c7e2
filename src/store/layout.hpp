// How columns are laid out as HDF5 objects: names, types, attributes. Shared by the writer and the
// readers.
#pragma once

#include <string>
#include <string_view>

#include <trawl/base/type.hpp>

#include "store/hdf5.hpp"

namespace trawl::store {

inline constexpr const char* columns_group = "/columns";
inline constexpr const char* validity_group = "/validity";
inline constexpr const char* index_group = "/index";
inline constexpr const char* pages_group = "/index/pages";
inline constexpr const char* time_unit = "microseconds since 1970-01-01T00:00:00Z";

// The link that holds a column: its name, with '/' and '%' (and '.' when it is all of the name)
// percent-encoded.
std::string link_of(std::string_view column);

// Whether a column of this type may use this lane.
bool fits(Type type, Lane lane);

// The type of the values in the file; text: of the ends. Little-endian.
Handle file_type(Type type, Lane lane);

}  // namespace trawl::store
