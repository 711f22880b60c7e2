// trawl index --catalog: one file that knows which keys many datasets hold.
#pragma once

#include <string>
#include <vector>

#include <trawl/base/error.hpp>
#include <trawl/comm/comm.hpp>
#include <trawl/store/dataset.hpp>

namespace trawl::command {

struct CatalogJob {
  std::vector<store::DatasetRef> refs;  // the same on all ranks
  std::vector<std::string> columns;     // names of the key columns
  bool overwrite = false;
  int threads = 1;
};

// Collective. Writes the catalog into the deepest folder that all datasets share. InputError (as
// CollectiveError): a source is no file of trawl's own, no dataset has a column of that name, or
// there is a catalog already. Datasets that cannot be read are left out, with a warning: then
// ExitCode::incomplete.
ExitCode write_catalog(const CatalogJob& job, const comm::Comm& world);

}  // namespace trawl::command
