// What a dataset holds, from its index where there is one, else by reading it.
#pragma once

#include <string>

#include <trawl/base/json.hpp>
#include <trawl/store/dataset.hpp>

namespace trawl::command {

// Local. One JSON object: dataset, location, kind, rows, row_groups, row_group_rows, codec, bytes,
// digest, columns (name, type, lane, nullable, nulls, nans, min, max, distinct, bytes), and
// "scanned": true when columns had to be read. With `scan` false, what would need reading is left
// null. DataError when the dataset cannot be read.
Json inspect_dataset(const store::DatasetRef& ref, bool scan);

// The same for people.
std::string inspection_text(const Json& inspection);

}  // namespace trawl::command
