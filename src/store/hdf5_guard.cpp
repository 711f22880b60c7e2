#include "store/hdf5_guard.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

#include "store/codec.hpp"
#include "store/filters.hpp"

namespace trawl::store {
namespace {

constexpr std::uint64_t max_links = 1'000'000;
// Constant data compresses well, but not a million times: every chunk needs an entry in the file.
constexpr std::uint64_t max_ratio = std::uint64_t{1} << 20;

std::string child_path(const Hdf5Object& parent, const std::string& name) {
  return parent.path + (parent.path.ends_with('/') ? "" : "/") + name;
}

void check_link(const H5L_info_t& link, const std::string& path) {
  if (link.type == H5L_TYPE_HARD) return;
  const char* kind = link.type == H5L_TYPE_SOFT       ? "a soft link"
                     : link.type == H5L_TYPE_EXTERNAL ? "an external link"
                                                      : "a user-defined link";
  throw DataError(
      fmt::format("refused: {} ({}; links are not followed). Copy what it points to with "
                  "h5repack or h5copy",
                  path, kind));
}

void check_layout(const Handle& creation, const std::string& path) {
  if (H5Pget_layout(creation.get()) == H5D_VIRTUAL) {
    throw DataError(
        fmt::format("refused: {} (a virtual dataset; its data lie in other files)", path));
  }
  if (H5Pget_external_count(creation.get()) != 0) {
    throw DataError(
        fmt::format("refused: {} (external storage; its data lie in other files)", path));
  }
}

std::uint64_t rows_of(const Handle& dataset, const std::string& path) {
  const Handle space = owned(H5Dget_space(dataset.get()), H5Sclose, "cannot read", path);
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (H5Sget_simple_extent_type(space.get()) != H5S_SIMPLE || rank != 1) {
    throw DataError(fmt::format("refused: {} (a column is one-dimensional, this has {} dimensions)",
                                path, std::max(rank, 0)));
  }
  hsize_t extent = 0;
  check(H5Sget_simple_extent_dims(space.get(), &extent, nullptr), "cannot read", path);
  return extent;
}

void check_sizes(const Hdf5Source& source, const Handle& creation, std::uint64_t file_bytes) {
  const std::uint64_t width = H5Tget_size(source.type.get());
  std::uint64_t limit = 0;
  std::uint64_t claimed = 0;
  if (__builtin_mul_overflow(file_bytes, max_ratio, &limit)) limit = UINT64_MAX;
  if (__builtin_mul_overflow(source.rows, width, &claimed) || claimed > limit ||
      source.rows > INT64_MAX || source.stored_bytes > file_bytes) {
    throw DataError(fmt::format("refused: {} (claims {} rows of {} bytes in a file of {} bytes)",
                                source.path, source.rows, width, file_bytes));
  }
  if (H5Pget_layout(creation.get()) != H5D_CHUNKED) return;
  hsize_t chunk = 0;
  if (H5Pget_chunk(creation.get(), 1, &chunk) != 1 || chunk == 0 ||
      chunk > max_chunk_bytes / std::max<std::uint64_t>(1, width)) {
    throw DataError(fmt::format("refused: {} (chunks of {} rows of {} bytes are too big)",
                                source.path, chunk, width));
  }
}

// Reads go through HDF5's chunk cache, which must hold a chunk, or every read decodes it anew.
Handle access_list(hid_t dataset, const std::string& path) {
  const Handle creation = owned(H5Dget_create_plist(dataset), H5Pclose, "cannot read", path);
  Handle access = owned(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose, "cannot read", path);
  hsize_t chunk = 0;
  if (H5Pget_layout(creation.get()) == H5D_CHUNKED &&
      H5Pget_chunk(creation.get(), 1, &chunk) == 1) {
    const Handle type = owned(H5Dget_type(dataset), H5Tclose, "cannot read", path);
    const std::uint64_t bytes = chunk * H5Tget_size(type.get());
    check(H5Pset_chunk_cache(access.get(), 521,
                             std::clamp<std::size_t>(2 * bytes, 1 << 20, 256 << 20),
                             H5D_CHUNK_CACHE_W0_DEFAULT),
          "cannot read", path);
  }
  return access;
}

}  // namespace

std::vector<std::string> hard_links(const Hdf5Object& group) {
  const Hdf5Lock lock;
  H5G_info_t info{};
  check(H5Gget_info(group.id.get(), &info), "cannot list", group.path);
  if (info.nlinks > max_links) {
    throw DataError(fmt::format("refused: {} ({} links)", group.path, info.nlinks));
  }
  const Handle creation =
      owned(H5Gget_create_plist(group.id.get()), H5Pclose, "cannot list", group.path);
  unsigned order = 0;
  H5Pget_link_creation_order(creation.get(), &order);
  const H5_index_t index =
      (order & H5P_CRT_ORDER_TRACKED) != 0 ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const ssize_t bytes =
        H5Lget_name_by_idx(group.id.get(), ".", index, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    check(bytes < 0 ? -1 : 0, "cannot list", group.path);
    std::string name(static_cast<std::size_t>(bytes) + 1, '\0');
    H5Lget_name_by_idx(group.id.get(), ".", index, H5_ITER_INC, i, name.data(), name.size(),
                       H5P_DEFAULT);
    name.pop_back();
    H5L_info_t link{};
    check(H5Lget_info_by_idx(group.id.get(), ".", index, H5_ITER_INC, i, &link, H5P_DEFAULT),
          "cannot list", group.path);
    check_link(link, child_path(group, name));
    names.push_back(std::move(name));
  }
  return names;
}

Hdf5Object open_child(const Hdf5Object& parent, const std::string& name) {
  const Hdf5Lock lock;
  const std::string path = child_path(parent, name);
  if (name.empty() || name == "." || name.find('/') != std::string::npos ||
      H5Lexists(parent.id.get(), name.c_str(), H5P_DEFAULT) <= 0) {
    throw DataError(fmt::format("there is no such object: {}", path));
  }
  H5L_info_t link{};
  check(H5Lget_info(parent.id.get(), name.c_str(), &link, H5P_DEFAULT), "cannot open", path);
  check_link(link, path);
  Hdf5Object child{
      owned(H5Oopen(parent.id.get(), name.c_str(), H5P_DEFAULT), H5Oclose, "cannot open", path),
      path};
  if (child.kind() != H5I_GROUP && child.kind() != H5I_DATASET) {
    throw DataError(
        fmt::format("refused: {} (a committed datatype, neither group nor dataset)", path));
  }
  return child;
}

void Hdf5Source::read(hid_t memory_type, std::uint64_t begin, std::uint64_t count, void* into,
                      hid_t transfer) const {
  if (count == 0) return;
  const hsize_t start = begin;
  const hsize_t extent = count;
  const Handle file_space = owned(H5Dget_space(dataset.get()), H5Sclose, "cannot read", path);
  check(H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, &start, nullptr, &extent, nullptr),
        "cannot read", path);
  const Handle memory_space =
      owned(H5Screate_simple(1, &extent, nullptr), H5Sclose, "cannot read", path);
  const herr_t status =
      H5Dread(dataset.get(), memory_type, memory_space.get(), file_space.get(), transfer, into);
  if (status < 0) {
    throw DataError(fmt::format("cannot read: {}, rows {} to {} ({})", path, begin,
                                begin + count - 1, hdf5_reason()));
  }
}

std::shared_ptr<const Hdf5Source> open_source(const Hdf5Object& parent, const std::string& name,
                                              std::uint64_t file_bytes) {
  const Hdf5Lock lock;
  const Hdf5Object object = open_child(parent, name);
  if (object.kind() != H5I_DATASET) throw DataError(fmt::format("not a dataset: {}", object.path));
  auto source = std::make_shared<Hdf5Source>();
  source->path = object.path;
  const Handle creation =
      owned(H5Dget_create_plist(object.id.get()), H5Pclose, "cannot read", object.path);
  check_layout(creation, object.path);
  source->rows = rows_of(object.id, object.path);
  source->type = owned(H5Dget_type(object.id.get()), H5Tclose, "cannot read", object.path);
  source->stored_bytes = H5Dget_storage_size(object.id.get());
  source->codec = codec_of(creation.get(), object.path);
  check_sizes(*source, creation, file_bytes);
  const Handle access = access_list(object.id.get(), object.path);
  source->dataset = owned(H5Dopen2(parent.id.get(), name.c_str(), access.get()), H5Dclose,
                          "cannot open", object.path);
  return source;
}

}  // namespace trawl::store
