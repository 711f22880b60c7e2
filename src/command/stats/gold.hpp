// The gold layer of `trawl stats`: its result as datasets, to be searched as any other, and read by
// h5py without plugins (docs/formats/gold.md).
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/fold/stats.hpp>

#include "command/gold/layer.hpp"

namespace trawl::command {

// What the names of columns do not depend on.
struct GoldFacts {
  bool text_entities = false;      // some entity is a text: all are stored as such
  std::vector<Categories> levels;  // the names of each level, ascending
};

GoldTable node_table(const fold::StatsRequest& request, const GoldFacts& facts);
GoldTable entity_table(const fold::StatsRequest& request, const GoldFacts& facts);
GoldTable pair_table(const fold::StatsRequest& request, const GoldFacts& facts);
GoldTable record_table(const fold::StatsRequest& request, const GoldFacts& facts);

// Root. Before any work. InputError: `folder` exists and `overwrite` is false, or holds anything
// but a gold layer; two columns of a table would have one name, because of how the data's are
// named.
void check_gold(const fold::StatsRequest& request, const std::filesystem::path& folder,
                bool overwrite);

// Root. Writes nodes.h5, with entities entities.h5, with pairs pairs.h5, and with judged records
// records.h5, from the lines of stats.jsonl: all of them, or none. The same bytes for the same
// lines. Memory: one row group. O(bytes of the lines).
std::vector<store::WrittenDataset> write_gold(std::string_view lines,
                                              const fold::StatsRequest& request,
                                              const std::filesystem::path& folder, bool overwrite);

}  // namespace trawl::command
