#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/log.hpp>
#include <trawl/store/dataset.hpp>
#include <trawl/store/sidecar.hpp>

#include "store/generated_dataset.hpp"
#include "store/hdf5_dataset.hpp"
#include "store/native_dataset.hpp"
#include "store/seal.hpp"

namespace trawl::store {
namespace {

std::unique_ptr<Dataset> open_file(const DatasetRef& ref, const std::string& known_digest) {
  SizedFd file = open_with_size(ref.location);
  const auto seal = read_seal(file, ref.location);
  if (!seal) return open_through_hdf5(ref, known_digest);
  check_own_table(ref);
  std::string problem;
  std::optional<Index> index;
  try {
    index = read_index(file.fd, *seal, ref.location);
  } catch (const DataError& error) {
    problem = error.what();
  }
  if (index && !index->header.indexes.empty()) {
    throw DataError(
        fmt::format("an index, not a dataset: {}. Name the file that it indexes", ref.location));
  }
  if (index)
    return std::make_unique<NativeDataset>(ref, std::move(file.fd), *seal, std::move(*index));
  // Without an index nothing is pruned and everything can still be scanned. The digest of such a
  // file is computed, so it differs from the one that was sealed.
  auto dataset = open_through_hdf5(ref, known_digest);
  log::any_rank(fmt::format("{}. Everything in it is scanned, through HDF5", problem));
  return dataset;
}

}  // namespace

std::unique_ptr<Dataset> open_dataset(const DatasetRef& ref, const std::string& known_digest) {
  if (ref.location.starts_with("gen:")) return open_generated(ref);
  return with_sidecar(ref, open_file(ref, known_digest));
}

}  // namespace trawl::store
