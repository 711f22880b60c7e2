// An index in a file of its own, beside a dataset that is not to be touched (or that trawl did not
// write): zones and screens of some columns, bound to the content of that dataset.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/store/dataset.hpp>
#include <trawl/store/screen.hpp>
#include <trawl/store/writer.hpp>

namespace trawl::store {

inline constexpr std::string_view sidecar_ending = ".trawl-index";

// Where open_dataset looks: the dataset's file name with that ending behind it. One table of a
// file can have a sidecar.
std::filesystem::path sidecar_path(const DatasetRef& ref);

// Local. Written like a dataset: under a temporary name, sealed, fsynced, renamed.
class SidecarWriter {
 public:
  // `columns`: numbers of columns of `dataset`. InputError when there is a sidecar already and
  // `overwrite` is false, or the dataset is not a file.
  SidecarWriter(const DatasetRef& ref, const DatasetInfo& dataset, std::vector<std::size_t> columns,
                bool overwrite);
  ~SidecarWriter();

  // The next row group: the columns given, in that order. Zones are computed here.
  void append(std::span<const ColumnView> columns);
  // `column` counts the columns given. As DatasetWriter.
  void append_screen(Screen screen, std::size_t column, Bytes chunk);
  void describe_screen(Screen screen, std::size_t column, std::string layout);
  WrittenDataset finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Local. `dataset` with what a sidecar beside it adds; just `dataset` when there is none, or when
// it is damaged or belongs to other content (a warning says so: an index that cannot be trusted
// proves nothing).
std::unique_ptr<Dataset> with_sidecar(const DatasetRef& ref, std::unique_ptr<Dataset> dataset);

// Local. Whether there is a file where a sidecar would be.
bool has_sidecar(const DatasetRef& ref);

}  // namespace trawl::store
