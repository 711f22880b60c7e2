// A dataset whose rows are made when they are read.
#pragma once

#include <memory>

#include <trawl/store/dataset.hpp>

namespace trawl::store {

// Local. `ref.location` is a gen: source with all its parameters (GeneratedSource::canonical),
// `ref.index` the number of the dataset. Reads are thread-safe and report 0 stored bytes.
// InputError: the source is wrong or has no such dataset.
std::unique_ptr<Dataset> open_generated(const DatasetRef& ref);

}  // namespace trawl::store
