#include "store/output_file.hpp"

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <trawl/base/error.hpp>

#include "store/filters.hpp"

namespace trawl::store {
namespace {

constexpr std::string_view cannot_write = "cannot write dataset";
constexpr hsize_t aligned_from_bytes = 32768;
static_assert(static_cast<std::size_t>(OutputFile::Alignment::pages) <= user_block_bytes);

Handle create_hdf5(const fs::path& temporary, Hdf5Output& output, OutputFile::Alignment alignment) {
  const Hdf5Lock lock;
  const std::string& where = temporary.native();
  const Handle creation = owned(H5Pcreate(H5P_FILE_CREATE), H5Pclose, cannot_write, where);
  const Handle access = owned(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, cannot_write, where);
  check(H5Pset_userblock(creation.get(), user_block_bytes), cannot_write, where);
  output.use(access.get());
  check(H5Pset_file_locking(access.get(), false, true), cannot_write, where);
  check(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), cannot_write, where);
  check(H5Pset_alignment(access.get(), aligned_from_bytes, static_cast<hsize_t>(alignment)),
        cannot_write, where);
  // Small raw data too go to the end of the file, not into blocks of HDF5's.
  check(H5Pset_small_data_block_size(access.get(), 0), cannot_write, where);
  return owned(H5Fcreate(temporary.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose,
               cannot_write, where);
}

}  // namespace

Handle creation_list(std::string_view where) {
  Handle list = owned(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, cannot_write, where);
  check(H5Pset_obj_track_times(list.get(), false), cannot_write, where);
  return list;
}

Handle link_list(std::string_view where) {
  Handle list = owned(H5Pcreate(H5P_LINK_CREATE), H5Pclose, cannot_write, where);
  check(H5Pset_char_encoding(list.get(), H5T_CSET_UTF8), cannot_write, where);
  return list;
}

OutputFile::OutputFile(fs::path path, bool overwrite, Alignment alignment)
    : path_(std::move(path)), temporary_(temporary_name(path_)), overwrite_(overwrite) {
  if (!overwrite_ && fs::exists(fs::symlink_status(path_))) {
    throw InputError(fmt::format(
        "file exists already: {} (nothing is overwritten unless told to). Choose another name, or "
        "remove it.",
        path_.string()));
  }
  try {
    output_.emplace(temporary_);
    file_ = create_hdf5(temporary_, *output_, alignment);
  } catch (...) {  // the destructor of what was never made does not run
    std::error_code ignored;
    fs::remove(temporary_, ignored);
    throw;
  }
}

OutputFile::~OutputFile() {
  file_.reset();
  std::error_code ignored;
  if (!published_) fs::remove(temporary_, ignored);
}

void OutputFile::create_group(const std::string& name) {
  const Hdf5Lock lock;
  const std::string& where = temporary_.native();
  const Handle links = link_list(where);
  const Handle creation = owned(H5Pcreate(H5P_GROUP_CREATE), H5Pclose, cannot_write, where);
  check(H5Pset_obj_track_times(creation.get(), false), cannot_write, where);
  check(H5Pset_link_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED),
        cannot_write, where);
  Handle group =
      owned(H5Gcreate2(file_.get(), name.c_str(), links.get(), creation.get(), H5P_DEFAULT),
            H5Gclose, cannot_write, where);
  if (!group.reset()) throw DataError(fmt::format("{}: {}", cannot_write, where));
}

Place OutputFile::write_table(const std::string& name, hid_t type, std::uint64_t count, Bytes bytes,
                              bool scalar) {
  const Hdf5Lock lock;
  const std::string& where = temporary_.native();
  const hsize_t extent = count;
  const Handle space = owned(scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, nullptr),
                             H5Sclose, cannot_write, where);
  const Handle links = link_list(where);
  const Handle creation = creation_list(where);
  Handle dataset = owned(H5Dcreate2(file_.get(), name.c_str(), type, space.get(), links.get(),
                                    creation.get(), H5P_DEFAULT),
                         H5Dclose, cannot_write, where);
  Place place;
  if (!bytes.empty()) {
    check(H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), cannot_write,
          where);
    place = {H5Dget_offset(dataset.get()), bytes.size()};
  }
  if (!dataset.reset()) check(-1, cannot_write, where);
  return place;
}

// Asking HDF5 1.10 for the address of a chunk costs time in the number of chunks before it; the
// driver has seen where it went.
std::uint64_t OutputFile::write_chunk(hid_t dataset, std::uint64_t begin,
                                      std::uint32_t skipped_filters, Bytes stored) {
  const Hdf5Lock lock;
  const std::string& where = temporary_.native();
  const hsize_t offset = begin;
  output_->forget_raw_write();
  check(
      H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped_filters, &offset, stored.size(), stored.data()),
      cannot_write, where);
  const Hdf5Output::RawWrite& written = output_->last_raw_write();
  if (written.from != stored.data() || written.bytes != stored.size()) {
    throw DataError(fmt::format("{}: {} (a chunk was not written as given)", cannot_write, where));
  }
  return written.offset;
}

void OutputFile::close() {
  const Hdf5Lock lock;
  // H5Fclose of 1.10 can report success for a file that lost data; flushing does not.
  check(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL), cannot_write, temporary_.native());
  if (!file_.reset()) check(-1, cannot_write, temporary_.native());
  output_->file().flush();
}

void OutputFile::publish(std::string_view seal) {
  Fd fd(::open(temporary_.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) throw DataError(fmt::format("{}: {}", cannot_write, temporary_.string()));
  write_all(fd, seal, temporary_);
  fd.reset();
  trawl::publish(temporary_, path_, overwrite_);
  published_ = true;
}

PartWriter::PartWriter(OutputFile& file, Codec codec, Part part, Handle type, std::uint8_t fill)
    : file_(&file), codec_(codec), part_(std::move(part)), type_(std::move(type)), fill_(fill) {}

void PartWriter::create(std::uint64_t chunk, const Packing& packing) {
  const Hdf5Lock lock;
  const std::string& where = file_->temporary().native();
  part_.chunk = chunk;
  if (codec_ == Codec::packed) part_.packing = packing;
  const hsize_t none = 0;
  const hsize_t unlimited = H5S_UNLIMITED;
  const hsize_t chunk_elements = chunk;
  const Handle space = owned(H5Screate_simple(1, &none, &unlimited), H5Sclose, cannot_write, where);
  const Handle links = link_list(where);
  const Handle creation = creation_list(where);
  check(H5Pset_chunk(creation.get(), 1, &chunk_elements), cannot_write, where);
  declare_filters(creation.get(), codec_, part_.packing, part_.element_bytes, where);
  if (fill_ != 0) {
    check(H5Pset_fill_value(creation.get(), type_.get(), &fill_), cannot_write, where);
  }
  dataset_ = owned(H5Dcreate2(file_->id(), part_.path.c_str(), type_.get(), space.get(),
                              links.get(), creation.get(), H5P_DEFAULT),
                   H5Dclose, cannot_write, where);
}

void PartWriter::grow(std::uint64_t elements) {
  const Hdf5Lock lock;
  part_.elements += elements;
  const hsize_t extent = part_.elements;
  check(H5Dset_extent(dataset_.get(), &extent), cannot_write, file_->temporary().native());
}

void PartWriter::skip(std::uint64_t elements) {
  if (elements > 0) grow(elements);
}

void PartWriter::close() {
  flush();
  if (!dataset_.reset()) check(-1, cannot_write, file_->temporary().native());
}

void PartWriter::append(Bytes raw) {
  if (raw.empty()) return;
  const std::uint64_t begin = part_.elements;
  const std::size_t chunk_bytes = part_.chunk * part_.element_bytes;
  grow(raw.size() / part_.element_bytes);
  if (raw.size() < chunk_bytes) {
    padded_.assign(chunk_bytes, std::byte{0});
    std::copy(raw.begin(), raw.end(), padded_.begin());
    if (part_.packing.kind != Packing::Kind::none) {
      for (std::size_t at = raw.size(); at < chunk_bytes; ++at)
        padded_[at] = padded_[at - part_.element_bytes];
    }
    raw = padded_;
  }
  const std::uint32_t skipped =
      encode_chunk(codec_, part_.packing, part_.element_bytes, raw, stored_);
  pending_bytes_ += stored_.size();
  pending_.push_back({begin, skipped, stored_});
}

void PartWriter::flush() {
  for (const Pending& chunk : pending_) {
    ChunkRecord record;
    record.skipped = static_cast<std::uint16_t>(chunk.skipped_filters);
    record.address =
        file_->write_chunk(dataset_.get(), chunk.begin, chunk.skipped_filters, chunk.stored);
    record.digest = xxh3(chunk.stored);
    record.stored = static_cast<std::uint32_t>(chunk.stored.size());
    record.raw = static_cast<std::uint32_t>(part_.chunk * part_.element_bytes);
    record.chunk = static_cast<std::uint32_t>(chunk.begin / part_.chunk);
    chunks_.push_back(record);
  }
  pending_.clear();
  pending_bytes_ = 0;
}

}  // namespace trawl::store
