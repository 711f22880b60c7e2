// State files: a summary that can be merged with others of its kind, in a sealed HDF5 file
// (docs/formats/state.md). What the bytes of its sections mean is known to those who make them.
//
// Equal content makes equal files, byte for byte, however it was cut when it was appended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/store/coverage.hpp>
#include <trawl/store/state_merge.hpp>

namespace trawl::store {

// Sections are stored, and come back, in chunks of so many bytes; the last one is shorter.
inline constexpr std::size_t state_chunk_bytes = std::size_t{1} << 20;

// The one text of a configuration: JSON with members by name, without spaces. Two states can be
// merged when their configurations, written like this, are equal. DataError when it is not JSON.
std::string canonical_configuration(std::string_view json);

struct WrittenState {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::string digest;  // XXH3-128 of all bytes behind the seal
};

// Local. Writes under a temporary name; `finish` reads back, seals, fsyncs and renames. A writer
// that is destroyed unfinished removes its temporary file. Nothing may be called after an error.
// Memory: one chunk, and 32 bytes for each.
class StateWriter {
 public:
  // InputError: `path` exists and overwrite is false; the configuration is JSON, but not canonical.
  // DataError: it is not JSON.
  StateWriter(std::filesystem::path path, std::string kind, std::string configuration,
              bool overwrite = false);
  ~StateWriter();
  StateWriter(const StateWriter&) = delete;
  StateWriter& operator=(const StateWriter&) = delete;

  // Begins a section; what is appended from now on belongs to it. Names: of letters, digits, and
  // _ - . (not first); each once (InputError). The order of sections counts.
  void add_section(std::string_view name);
  // Any number of bytes. InputError before the first section.
  void append(Bytes bytes);

  // A column for people and h5py: /summary/<name>, one value for each entity. A copy, possibly
  // rounded, that no merge reads. Names as those of sections. Texts are padded with zeros to the
  // longest.
  void add_column(std::string_view name, std::span<const double> values);
  void add_column(std::string_view name, std::span<const std::int64_t> values);
  void add_column(std::string_view name, std::span<const std::string> values);

  // Nothing is covered unless said here. The last call counts.
  void set_coverage(Coverage coverage);
  WrittenState finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Local. Reads without HDF5: seal, header, coverage and chunk list are checked against their
// digests when opened, chunks when read. So no changed byte can change what is delivered; bytes
// that are never delivered (HDF5's own, /summary) are checked by check_intact alone.
class StateReader {
 public:
  // DataError: no state file, of another version, or damaged.
  explicit StateReader(const std::filesystem::path& path);
  ~StateReader();
  StateReader(StateReader&&) noexcept;
  StateReader& operator=(StateReader&&) noexcept;

  const std::string& kind() const;
  const std::string& configuration() const;
  const Coverage& coverage() const;
  // XXH3-128 of kind, configuration, coverage, and names, sizes and chunks of the sections, as hex:
  // equal for equal states.
  const std::string& digest() const;
  const std::string& content_digest() const;  // WrittenState::digest

  std::vector<std::string> sections() const;  // in the order written
  // InputError when there is none of that name.
  std::uint64_t section_bytes(std::string_view name) const;
  // Calls with one chunk after the other, valid during the call only. DataError when one is
  // damaged; those before have been delivered then. Memory: one chunk.
  void read_section(std::string_view name, const std::function<void(Bytes)>& on_chunk) const;
  // One of these chunks, for those who read several states side by side: chunk `number`, counted
  // from 0, replaces `into`. False, and nothing changed, behind the last one.
  bool read_chunk(std::string_view name, std::uint64_t number, std::vector<std::byte>& into) const;
  // At once; only for sections that are known to be small.
  std::vector<std::byte> read_section(std::string_view name) const;

  // Reads every byte. DataError when any is not as written.
  void check_intact() const;

  // For plan_merge.
  MergeInput merge_input() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trawl::store
