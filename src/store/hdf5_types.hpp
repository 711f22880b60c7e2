// What an HDF5 type of a foreign file means here.
#pragma once

#include <optional>
#include <string>

#include <trawl/base/type.hpp>

#include "store/hdf5.hpp"

namespace trawl::store {

enum class Kind {
  number,          // into lanes, as `memory`
  large_unsigned,  // uint64: must be checked to fit int64
  boolean,         // bytes that must be 0 or 1
  fixed_string,
  variable_string,
};

struct Meaning {
  Kind kind = Kind::number;
  Lane lane = Lane::i64;
  Handle memory;  // the type to read as
};

// Nothing when there is no such column: then `describe_type` says what it is.
std::optional<Meaning> meaning_of(hid_t type);
std::string describe_type(hid_t type);
// The compound of floats `r` and `i` that h5py makes of complex numbers: a column, though one that
// cannot be read.
bool is_complex(hid_t type);

}  // namespace trawl::store
