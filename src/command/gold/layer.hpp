// A gold layer: a result as datasets in a folder, to be searched as any other, and read by h5py
// without plugins (docs/formats/gold.md). All of them, or none.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include <trawl/base/json.hpp>
#include <trawl/store/writer.hpp>

#include "command/gold/columns.hpp"

namespace trawl::command {

// Called with each row of a table.
using TakeRow = std::function<void(const Json& row)>;

// A table and the lines of the result that it is made of.
struct GoldPart {
  GoldTable table;
  std::string_view lines;
  // The rows of a line; empty: the line is a row.
  std::function<void(const Json& line, const TakeRow& take)> rows = {};
};

// Root. Before any work. InputError: two columns of a table would have one name, because of how
// the data's are named.
void check_names(const GoldTable& table);
// Root. Before any work. InputError: `folder` exists and `overwrite` is false, or holds anything
// but a gold layer.
void check_gold_place(const std::filesystem::path& folder, bool overwrite);

// Root. The same bytes for the same lines. Memory: one row group. O(bytes of the lines).
std::vector<store::WrittenDataset> write_layer(std::span<const GoldPart> parts,
                                               const std::filesystem::path& folder, bool overwrite);

Json json_of(const std::vector<store::WrittenDataset>& gold);

}  // namespace trawl::command
