// Datasets as the engine sees them: one table of typed columns cut into row groups, wherever it
// comes from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/base/digest.hpp>
#include <trawl/base/schema.hpp>
#include <trawl/base/zone.hpp>
#include <trawl/store/screen.hpp>

namespace trawl::store {

// Where one dataset is. Small and plain, so that root can list inputs once and send the list to all
// ranks as text.
struct DatasetRef {
  std::string name;         // the dataset's name in results: does not depend on where the data lies
  std::string location;     // path of the file, or the gen: source with all its parameters
                            // (GeneratedSource::canonical)
  std::string table;        // HDF5 path of the table inside a foreign file; empty: the only one
  std::uint64_t index = 0;  // gen: number of the dataset within its source
  std::uint64_t bytes = 0;  // size of the file; gen: estimate. Only for balancing
  std::string catalog = {};  // path of the catalog that may know it (catalog.hpp); empty: none
  bool no_index = false;     // known, when it was listed, to have no index beside it (sidecar.hpp)
  bool operator==(const DatasetRef&) const = default;
};

// Local. Expands INPUT arguments (files, folders searched recursively for *.h5 and *.hdf5, globs in
// quotes, gen: sources) into datasets in canonical order: ascending bytewise by name. The name of a
// file is its path below the deepest folder that all input files share, without the .h5/.hdf5
// ending; names of generated datasets are KIND-00000, ... as `trawl generate` names its
// files. The same file named twice is one dataset. InputError when an argument matches nothing
// (glob, folder without datasets), when two datasets would have the same name, or a gen: source is
// wrong. A named file that does not exist is listed all the same: opening it fails as a DataError,
// which is recorded. `sizes`: whether `bytes` of files is wanted, which costs a system call for
// each.
std::vector<DatasetRef> list_inputs(std::span<const std::string> inputs,
                                    const std::string& table = "", bool sizes = true);

// One line per dataset; parse_refs(format_refs(refs)) == refs.
std::string format_refs(std::span<const DatasetRef> refs);
std::vector<DatasetRef> parse_refs(std::string_view text);

struct DatasetInfo {
  std::string name;
  std::string kind;  // "trawl", "hdf5 columns", "hdf5 compound", "generated"
  Schema schema;
  std::uint64_t rows = 0;
  std::uint64_t row_group_rows = 0;  // every row group but the last has this many rows
  std::string codec;                 // "none", "gzip", "lz4", "zstd", "mixed", "-" (generated)
  std::uint64_t bytes = 0;           // of the file; 0 for generated
  // XXH3-128, hex. Trawl's own files: of all bytes behind the 512-byte seal, as sealed when written
  // (the seal is covered by its own rules, docs/formats/dataset.md). Other files, and own ones
  // whose index cannot be used: of all bytes, computed when opened. Generated: of the source's
  // canonical parameters.
  std::string digest;
  // XXH3-128 of the index the zones come from, hex; empty: no usable index, so nothing may be
  // pruned by it.
  std::string index_digest;
  std::vector<std::uint64_t> column_bytes;             // stored bytes per column
  std::vector<std::optional<std::uint64_t>> distinct;  // estimate per column, where known
  std::vector<std::string> clustered_by;               // columns that the rows were ordered by

  std::uint64_t row_groups() const {
    return row_group_rows == 0 ? 0 : (rows + row_group_rows - 1) / row_group_rows;
  }
  std::uint64_t group_begin(std::uint64_t group) const { return group * row_group_rows; }
  std::uint64_t group_rows(std::uint64_t group) const {
    const std::uint64_t begin = group_begin(group);
    return rows - begin < row_group_rows ? rows - begin : row_group_rows;
  }
};

// An open dataset. Thread-safe after opening: any number of threads may read at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  const DatasetInfo& info() const { return info_; }

  // The zone of a column in a row group, when a valid index holds it. O(1), no file access.
  virtual std::optional<Zone> zone(std::uint64_t group, std::size_t column) const = 0;

  // Reads one column of one row group into `into.view`, which stays valid as long as `into`
  // (unchanged) and this dataset live; it may show the mapped file itself. Digests recorded at
  // writing are checked on every read; DataError names column, row group, file and offset. Returns
  // the number of stored bytes that were read.
  virtual std::uint64_t read(std::uint64_t group, std::size_t column, ColumnBuffer& into) const = 0;

  // The same, but only values of rows whose bit is set in `rows` (bit i % 64 of word i / 64) need
  // be there; others may be anything. `partial` says whether any may be missing. Reads and checks
  // less than `read` where the file allows it.
  virtual std::uint64_t read_rows(std::uint64_t group, std::size_t column,
                                  std::span<const std::uint64_t> rows, ColumnBuffer& into,
                                  bool& partial) const {
    (void)rows;
    partial = false;
    return read(group, column, into);
  }

  // What the index holds of a screen; null: nothing. O(1), no file access.
  virtual const ScreenInfo* screen(Screen screen, std::size_t column) const {
    (void)screen, (void)column;
    return nullptr;
  }
  // One chunk of a screen that there is, its digest checked: of the mapped file, or in `space`.
  // DataError when it is damaged.
  virtual Bytes read_screen(Screen screen, std::size_t column, std::uint64_t chunk,
                            std::vector<std::byte>& space) const {
    (void)screen, (void)column, (void)chunk, (void)space;
    return {};
  }

  // Has the disk read what `read` of a column will need in row groups [begin, end), and waits for
  // most of it. Best effort, without errors. Whether any of it was not in memory yet.
  virtual bool fetch(std::uint64_t begin, std::uint64_t end, std::size_t column) const {
    (void)begin, (void)end, (void)column;
    return false;
  }
  // The same for chunks [begin, end) of a screen.
  virtual bool fetch_screen(Screen screen, std::size_t column, std::uint64_t begin,
                            std::uint64_t end) const {
    (void)screen, (void)column, (void)begin, (void)end;
    return false;
  }
  // Asks the system to read a chunk of a screen, and returns at once.
  virtual void prefetch_screen(Screen screen, std::size_t column, std::uint64_t chunk) const {
    (void)screen, (void)column, (void)chunk;
  }

  // After views were used: DataError when what they showed was lost meanwhile (a mapped file that
  // shrank, a disk that failed), so that nothing found in them counts.
  virtual void check_intact() const {}

  // Recomputes the digest of everything the dataset consists of, from the bytes as they are now;
  // equals info().digest exactly when nothing changed since it was sealed (own files) or since it
  // was opened (foreign files). DataError when the seal of an own file changed, or the file is
  // gone.
  virtual std::string recompute_digest() const = 0;

 protected:
  DatasetInfo info_;
};

// Local. Opens the header: reads no column data of trawl's own files, all bytes once (for the
// digest) of foreign ones. DataError: missing, not HDF5, truncated, refused content (external
// storage, external or soft links, virtual datasets, references, nested compounds, sizes beyond the
// file), several tables and no --table. `known_digest`: what another rank found by reading all of a
// foreign file; it is then not read again for that.
std::unique_ptr<Dataset> open_dataset(const DatasetRef& ref, const std::string& known_digest = "");

// Local. The tables inside a foreign HDF5 file, as paths that --table takes.
std::vector<std::string> list_tables(const std::filesystem::path& path);

}  // namespace trawl::store
