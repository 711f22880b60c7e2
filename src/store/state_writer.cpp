#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/store/state_file.hpp>

#include "store/index_writer.hpp"
#include "store/output_file.hpp"
#include "store/state_layout.hpp"

namespace trawl::store {
namespace {

constexpr std::string_view note =
    "A copy for readers, rounded. The state itself is in /sections; nothing here is merged.";

Handle copy_of(hid_t type) {
  const Hdf5Lock lock;
  return owned(H5Tcopy(type), H5Tclose, "cannot make a type", "state");
}

Handle range_type() {
  const Hdf5Lock lock;
  const Handle digest = string_type(32);
  Handle type = owned(H5Tcreate(H5T_COMPOUND, 48), H5Tclose, "cannot make a type", "coverage");
  check(H5Tinsert(type.get(), "dataset", 0, digest.get()), "cannot make a type", "dataset");
  check(H5Tinsert(type.get(), "begin", 32, H5T_STD_U64LE), "cannot make a type", "begin");
  check(H5Tinsert(type.get(), "end", 40, H5T_STD_U64LE), "cannot make a type", "end");
  return type;
}

void check_name(std::string_view name, std::string_view what, const fs::path& path) {
  const bool good = !name.empty() && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
  if (!good) {
    throw InputError(
        fmt::format("not a name of a {}: '{}' in {} (letters, digits, and _ - . "
                    "behind the first). Choose another",
                    what, name, path.string()));
  }
}

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string canonical_configuration(std::string_view json) {
  // Json keeps the order of members; its sibling sorts them.
  return nlohmann::json::parse(parse_json(json, "configuration of a state").dump()).dump();
}

struct StateWriter::State {
  OutputFile file;
  StateHeader header;
  std::vector<std::string> columns;
  std::vector<ChunkRecord> chunks;
  std::optional<PartWriter> part;   // of the section that is open
  std::vector<std::byte> buffered;  // less than a chunk
  Coverage coverage;

  State(fs::path path, bool overwrite)
      : file(std::move(path), overwrite, OutputFile::Alignment::lanes) {}

  void open_section(std::string_view name) {
    const Part description{fmt::format("/sections/{}", name), Role::screen, 1, 0, 0};
    header.sections.push_back({std::string(name), 0, 1});
    part.emplace(file, Codec::none, description, copy_of(H5T_STD_U8LE));
  }

  // The first chunk says how long all are, so that a small section is a small dataset.
  void write_chunk() {
    Section& section = header.sections.back();
    if (!part->created()) {
      section.chunk_bytes = std::max<std::size_t>(1, buffered.size());
      part->create(section.chunk_bytes);
    }
    part->append(buffered);
    part->flush();
    section.bytes += buffered.size();
    buffered.clear();
  }

  void close_section() {
    if (!part) return;
    if (!buffered.empty() || !part->created()) write_chunk();
    part->close();
    for (ChunkRecord record : part->chunks()) {
      record.part = static_cast<std::uint16_t>(header.sections.size() - 1);
      chunks.push_back(record);
    }
    part.reset();
  }

  std::string column_path(std::string_view name) {
    check_name(name, "column", file.path());
    if (columns.empty()) {
      file.create_group("/summary");
      const Hdf5Lock lock;
      const std::string& where = file.temporary().native();
      const Handle group = owned(H5Gopen2(file.id(), "/summary", H5P_DEFAULT), H5Gclose,
                                 "cannot write state file", where);
      write_attribute(group.get(), "note", note, where);
    }
    if (std::ranges::find(columns, name) != columns.end()) {
      throw InputError(fmt::format("two columns of one name: '{}' in {}. Choose another", name,
                                   file.path().string()));
    }
    columns.emplace_back(name);
    return fmt::format("/summary/{}", name);
  }

  StateSeal write_index() {
    const std::string text = format_state_header(header);
    const std::vector<std::byte> ranges = coverage.to_bytes();
    const Bytes records = std::as_bytes(std::span(chunks));
    StateSeal seal;
    seal.header =
        file.write_table("/header", string_type(text.size()).get(), 1, bytes_of(text), true);
    seal.coverage = file.write_table("/coverage", range_type().get(), ranges.size() / 48, ranges);
    seal.chunks = file.write_table("/chunks", chunk_type().get(), chunks.size(), records);
    seal.index_digest = index_digest_of(text, text_of(ranges), text_of(records));
    return seal;
  }

  // Closing alone proves nothing: HDF5 1.10 can report success for a file that lost data.
  void check_written(const StateSeal& seal, const Fd& fd) const {
    const fs::path& path = file.temporary();
    bool good =
        index_digest_of(read_place(fd, seal.header, path), read_place(fd, seal.coverage, path),
                        read_place(fd, seal.chunks, path)) == seal.index_digest;
    std::vector<std::byte> stored;
    for (const ChunkRecord& record : chunks) {
      stored.resize(record.stored);
      read_exactly(fd, record.address, stored.data(), stored.size(), path);
      good = good && xxh3(stored) == record.digest;
    }
    if (!good) {
      throw DataError(
          fmt::format("cannot write state file: {} (what was written does not come "
                      "back). Check the disk",
                      file.path().string()));
    }
  }
};

StateWriter::StateWriter(fs::path path, std::string kind, std::string configuration,
                         bool overwrite) {
  if (canonical_configuration(configuration) != configuration) {
    throw InputError(
        fmt::format("configuration of a state is not canonical: {} (it would be "
                    "{}). Pass what canonical_configuration returns",
                    configuration, canonical_configuration(configuration)));
  }
  state_ = std::make_unique<State>(std::move(path), overwrite);
  state_->header.kind = std::move(kind);
  state_->header.configuration = std::move(configuration);
  state_->file.create_group("/sections");
}

StateWriter::~StateWriter() = default;

void StateWriter::add_section(std::string_view name) {
  check_name(name, "section", state_->file.path());
  if (std::ranges::find(state_->header.sections, name, &Section::name) !=
      state_->header.sections.end()) {
    throw InputError(fmt::format("two sections of one name: '{}' in {}. Choose another", name,
                                 state_->file.path().string()));
  }
  if (state_->header.sections.size() > UINT16_MAX)
    throw InputError("a state cannot have that many sections: 65,537. Put several into one");
  state_->close_section();
  state_->open_section(name);
}

void StateWriter::append(Bytes bytes) {
  if (!state_->part) throw InputError("bytes of a state belong to no section: add_section first");
  std::vector<std::byte>& buffered = state_->buffered;
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), state_chunk_bytes - buffered.size());
    buffered.insert(buffered.end(), bytes.begin(),
                    bytes.begin() + static_cast<std::ptrdiff_t>(size));
    bytes = bytes.subspan(size);
    if (buffered.size() == state_chunk_bytes) state_->write_chunk();
  }
}

void StateWriter::add_column(std::string_view name, std::span<const double> values) {
  state_->file.write_table(state_->column_path(name), H5T_IEEE_F64LE, values.size(),
                           std::as_bytes(values));
}

void StateWriter::add_column(std::string_view name, std::span<const std::int64_t> values) {
  state_->file.write_table(state_->column_path(name), H5T_STD_I64LE, values.size(),
                           std::as_bytes(values));
}

void StateWriter::add_column(std::string_view name, std::span<const std::string> values) {
  std::size_t width = 1;
  for (const std::string& value : values) width = std::max(width, value.size());
  std::string padded;
  for (const std::string& value : values) {
    padded += value;
    padded.append(width - value.size(), '\0');
  }
  state_->file.write_table(state_->column_path(name), string_type(width).get(), values.size(),
                           bytes_of(padded));
}

void StateWriter::set_coverage(Coverage coverage) {
  state_->coverage = std::move(coverage);
}

WrittenState StateWriter::finish() {
  state_->close_section();
  StateSeal seal = state_->write_index();
  OutputFile& file = state_->file;
  file.close();
  const Fd fd = open_for_reading(file.temporary());
  state_->check_written(seal, fd);
  seal.bytes = file_bytes(fd, file.temporary());
  seal.content_digest = digest_from(fd, seal_bytes, file.temporary());
  file.publish(format_state_seal(seal));
  return {file.path(), seal.bytes, seal.content_digest};
}

}  // namespace trawl::store
