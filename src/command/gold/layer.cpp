#include "command/gold/layer.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>

#include "command/dataset_output.hpp"
#include "command/json_lines.hpp"

namespace trawl::command {
namespace {

class GoldWriter {
 public:
  GoldWriter(GoldTable table, const fs::path& folder)
      : table_(std::move(table)), writer_(folder / table_.file, schema(), output()) {
    for (const GoldColumn& column : table_.columns) builders_.emplace_back(column.schema);
  }

  void add(const Json& row) {
    for (std::size_t i = 0; i < builders_.size(); ++i) table_.columns[i].add(row, builders_[i]);
    if (builders_[0].rows() == output().write.row_group_rows) flush();
  }

  store::WrittenDataset finish() {
    if (builders_[0].rows() > 0) flush();
    return writer_.finish();
  }

 private:
  Schema schema() const {
    std::vector<ColumnSchema> columns;
    for (const GoldColumn& column : table_.columns) columns.push_back(column.schema);
    return Schema(std::move(columns));
  }

  // Short row groups: there are several columns for each feature. gzip: h5py reads it without
  // plugins.
  static DatasetOutput output() {
    DatasetOutput output;
    output.write = {store::Codec::gzip, 8192, true, {}, {}};
    return output;
  }

  void flush() {
    std::vector<ColumnView> views;
    for (const ColumnBuilder& builder : builders_) views.push_back(builder.view());
    writer_.append(views);
    for (ColumnBuilder& builder : builders_) builder.clear();
  }

  GoldTable table_;
  CountingWriter writer_;
  std::vector<ColumnBuilder> builders_;
};

store::WrittenDataset write_table(const GoldPart& part, const fs::path& folder) {
  GoldWriter writer(part.table, folder);
  const TakeRow take = [&](const Json& row) { writer.add(row); };
  each_line(part.lines, [&](std::string_view text) {
    const Json line = Json::parse(text);
    part.rows ? part.rows(line, take) : take(line);
  });
  return writer.finish();
}

bool is_gold(const fs::path& folder) {
  if (!fs::is_directory(folder)) return false;
  static const std::set<fs::path> ours = {"nodes.h5",   "entities.h5", "pairs.h5",
                                          "records.h5", "sources.h5",  "equivocations.h5",
                                          "replaced"};
  return std::ranges::all_of(fs::directory_iterator(folder), [](const fs::directory_entry& entry) {
    const fs::path name = entry.path().filename();
    const bool beside = name.extension() == ".trawl-index" || name.extension() == ".partial";
    return ours.contains(beside ? name.stem() : name);
  });
}

void check_place(const fs::path& folder, bool overwrite) {
  if (!fs::exists(folder)) return;
  if (!overwrite)
    throw InputError(fmt::format("'{}' exists; --overwrite replaces it", folder.string()));
  if (!is_gold(folder)) {
    throw InputError(
        fmt::format("'{}' holds other things than a gold layer, so --overwrite does not touch it. "
                    "Choose another --gold",
                    folder.string()));
  }
}

// Without a slash at the end, which would name a file within.
fs::path plain(const fs::path& folder) {
  const fs::path normal = folder.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

// What is replaced moves into the new folder first: no other name is touched.
constexpr const char* replaced_name = "replaced";

void publish_folder(const fs::path& partial, const fs::path& folder) {
  fsync_folder(partial);
  if (fs::exists(folder)) fs::rename(folder, partial / replaced_name);
  fs::rename(partial, folder);
  fsync_folder(fs::absolute(folder).parent_path());
  fs::remove_all(folder / replaced_name);
}

}  // namespace

void check_names(const GoldTable& table) {
  std::set<std::string> seen;
  for (const GoldColumn& column : table.columns) {
    if (seen.insert(column.schema.name).second) continue;
    throw InputError(
        fmt::format("--gold: {} would have two columns '{}', one of them named as the data's. "
                    "Leave out --gold, "
                    "or rename the column of the data",
                    table.file, column.schema.name));
  }
}

void check_gold_place(const fs::path& folder, bool overwrite) {
  for (const fs::path& place : {plain(folder), temporary_name(plain(folder))})
    check_place(place, overwrite || place != plain(folder));
}

std::vector<store::WrittenDataset> write_layer(std::span<const GoldPart> parts,
                                               const fs::path& given, bool overwrite) {
  const fs::path folder = plain(given), partial = temporary_name(folder);
  check_gold_place(folder, overwrite);
  fs::remove_all(partial);  // what was left by a run that was killed: its place was looked at
  make_folder(partial);
  std::vector<store::WrittenDataset> written;
  for (const GoldPart& part : parts) written.push_back(write_table(part, partial));
  publish_folder(partial, folder);
  for (store::WrittenDataset& dataset : written) dataset.path = folder / dataset.path.filename();
  return written;
}

Json json_of(const std::vector<store::WrittenDataset>& gold) {
  Json files = Json::array();
  for (const store::WrittenDataset& dataset : gold) {
    files.push_back({{"path", dataset.path.string()},
                     {"rows", dataset.rows},
                     {"bytes", dataset.bytes},
                     {"digest", dataset.digest}});
  }
  return files;
}

}  // namespace trawl::command
