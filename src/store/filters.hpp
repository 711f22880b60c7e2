// HDF5 filters: declaring them for datasets we write, applying LZ4 and Zstandard when HDF5 itself
// has to read.
#pragma once

#include <string>

#include "store/codec.hpp"
#include "store/hdf5.hpp"

namespace trawl::store {

// Tells HDF5, in this process only, how to undo filters 32004 and 32015. Called once by Hdf5Lock.
void register_filters();

// Adds the filters of `codec` to a dataset creation list.
void declare_filters(hid_t creation, Codec codec, const Packing& packing, std::size_t element_bytes,
                     std::string_view where);

// Name of the codec a dataset is stored with: "none", "gzip", "lz4", "zstd" or "mixed". DataError
// when a filter is not one of none, shuffle, deflate, Fletcher-32, LZ4, Zstandard: nothing else is
// ever loaded.
std::string codec_of(hid_t creation, std::string_view where);

}  // namespace trawl::store
