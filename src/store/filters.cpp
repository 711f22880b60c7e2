#include "store/filters.hpp"

#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

namespace trawl::store {
namespace {

// The filter interface of HDF5: replaces *buffer by the decoded bytes and returns their number, 0
// for failure. Encoding is left to `encode`, so it fails here; both filters are declared optional.
template <std::uint64_t (*claimed)(Bytes),
          const char* (*decode_frame)(Bytes, std::byte*, std::size_t)>
std::size_t undo(unsigned flags, std::size_t, const unsigned[], std::size_t bytes,
                 std::size_t* capacity, void** buffer) {
  if ((flags & H5Z_FLAG_REVERSE) == 0) return 0;
  const Bytes stored{static_cast<const std::byte*>(*buffer), bytes};
  const std::uint64_t raw = claimed(stored);
  if (raw == 0 || raw > max_chunk_bytes) return 0;
  void* decoded = H5allocate_memory(raw, false);
  if (decoded == nullptr) return 0;
  if (decode_frame(stored, static_cast<std::byte*>(decoded), raw) != nullptr) {
    H5free_memory(decoded);
    return 0;
  }
  H5free_memory(*buffer);
  *buffer = decoded;
  *capacity = raw;
  return raw;
}

const H5Z_class2_t lz4_class = {H5Z_CLASS_T_VERS,
                                lz4_filter,
                                1,
                                1,
                                "LZ4",
                                nullptr,
                                nullptr,
                                undo<claimed_bytes_lz4, decode_lz4>};
const H5Z_class2_t zstd_class = {
    H5Z_CLASS_T_VERS, zstd_filter, 1,       1,
    "Zstandard",      nullptr,     nullptr, undo<claimed_bytes_zstd, decode_zstd>};

}  // namespace

void register_filters() {
  if (H5Zregister(&lz4_class) < 0 || H5Zregister(&zstd_class) < 0) {
    throw Error("HDF5 does not take this program's filters: H5Zregister (" + hdf5_reason() + ")");
  }
}

void declare_filters(hid_t creation, Codec codec, const Packing& packing, std::size_t element_bytes,
                     std::string_view where) {
  constexpr std::string_view action = "cannot declare a filter";
  if (codec == Codec::none) return;
  if (codec == Codec::packed && packing.kind != Packing::Kind::none) {
    // Without a fill value, or the filter would take the greatest packed value for it.
    const bool decimals = packing.kind == Packing::Kind::decimals;
    check(H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER), action, where);
    check(H5Pset_fill_value(creation, H5T_NATIVE_INT64, nullptr), action, where);
    check(H5Pset_scaleoffset(creation, decimals ? H5Z_SO_FLOAT_DSCALE : H5Z_SO_INT,
                             decimals ? packing.scale : H5Z_SO_INT_MINBITS_DEFAULT),
          action, where);
  }
  if (element_bytes > 1) check(H5Pset_shuffle(creation), action, where);
  if (codec == Codec::gzip) check(H5Pset_deflate(creation, gzip_level), action, where);
  if (codec == Codec::lz4) {
    const unsigned block_bytes = 0;  // the filter's default
    check(H5Pset_filter(creation, lz4_filter, H5Z_FLAG_OPTIONAL, 1, &block_bytes), action, where);
  }
  if (codec == Codec::zstd || codec == Codec::packed) {
    const unsigned level = zstd_level;
    check(H5Pset_filter(creation, zstd_filter, H5Z_FLAG_OPTIONAL, 1, &level), action, where);
  }
}

std::string codec_of(hid_t creation, std::string_view where) {
  const int filters = H5Pget_nfilters(creation);
  check(filters, "cannot read the filters", where);
  std::string codec = "none";
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    std::size_t values = 0;
    std::array<char, 64> name{};
    unsigned config = 0;
    const H5Z_filter_t id = H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &values,
                                           nullptr, name.size(), name.data(), &config);
    if (id == H5Z_FILTER_SHUFFLE || id == H5Z_FILTER_FLETCHER32) continue;
    const char* found = id == H5Z_FILTER_DEFLATE       ? "gzip"
                        : id == lz4_filter             ? "lz4"
                        : id == zstd_filter            ? "zstd"
                        : id == H5Z_FILTER_SCALEOFFSET ? "packed"
                                                       : nullptr;
    if (found == nullptr) {
      throw DataError(fmt::format(
          "compressed with a filter that is not read: {} (filter {} '{}'; gzip, LZ4, Zstandard and "
          "scale-offset are read, and no plugin is loaded). Rewrite it with h5repack -f GZIP=4",
          where, id, name.data()));
    }
    if (codec == "packed" && id == zstd_filter) continue;  // packed files have both
    codec = codec == "none" ? found : "mixed";
  }
  return codec;
}

}  // namespace trawl::store
