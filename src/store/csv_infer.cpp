#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/store/csv.hpp>

#include "store/csv_inference.hpp"
#include "store/csv_value.hpp"

namespace trawl::store {
namespace {

const ColumnSchema* given_for(const std::string& name, const IngestOptions& options) {
  for (const ColumnSchema& column : options.given) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

void check_given(const std::filesystem::path& path, const std::vector<std::string>& header,
                 const IngestOptions& options) {
  std::set<std::string_view> seen;
  for (const ColumnSchema& column : options.given) {
    if (!seen.insert(column.name).second) {
      throw InputError(fmt::format("the schema names a column twice: '{}'", column.name));
    }
    if (std::find(header.begin(), header.end(), column.name) != header.end()) continue;
    throw InputError(fmt::format(
        "the schema names a column that is not there: '{}' in '{}'. Its columns are {}.",
        column.name, path.string(), fmt::join(header, ", ")));
  }
}

// One look at the whole file.
class InferencePass {
 public:
  InferencePass(const std::filesystem::path& path, const IngestOptions& options,
                const std::vector<bool>& keep_texts)
      : reader_(path), null_texts_(options.null_texts) {
    const std::vector<std::string>& header = reader_.header();
    check_given(path, header, options);
    for (std::size_t i = 0; i < header.size(); ++i) {
      const bool keep = i < keep_texts.size() && keep_texts[i];
      columns_.emplace_back(header[i], given_for(header[i], options), options.max_categories, keep);
    }
    nulls_.resize(columns_.size());
  }

  void run() {
    CsvRecord record;
    while (reader_.next(record)) {
      ++records_;
      if (record.problem.empty() && accepts(record)) add(record);
    }
  }

  // Columns that must be looked at again with their texts kept; empty when there are none.
  std::vector<bool> columns_without_texts() const {
    std::vector<bool> missing;
    for (const ColumnInference& column : columns_) missing.push_back(column.needs_texts());
    if (std::find(missing.begin(), missing.end(), true) == missing.end()) missing.clear();
    return missing;
  }

  InferredCsv result() const {
    std::vector<ColumnSchema> schema;
    for (const ColumnInference& column : columns_) schema.push_back(column.finish());
    return {Schema(std::move(schema)), records_};
  }

 private:
  // A row that the second pass will quarantine must not widen any column.
  bool accepts(const CsvRecord& record) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      nulls_[i] = null_texts_.holds(record.fields[i]);
      if (nulls_[i] ? !columns_[i].allows_null() : !columns_[i].accepts(record.fields[i].text))
        return false;
    }
    return true;
  }
  void add(const CsvRecord& record) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (nulls_[i])
        columns_[i].add_null();
      else
        columns_[i].add(record.fields[i].text);
    }
  }

  CsvReader reader_;
  NullTexts null_texts_;
  std::vector<ColumnInference> columns_;
  std::vector<char> nulls_;  // of the record at hand
  std::uint64_t records_ = 0;
};

}  // namespace

InferredCsv infer_csv(const std::filesystem::path& path, const IngestOptions& options) {
  std::vector<bool> keep_texts;
  for (;;) {
    InferencePass pass(path, options, keep_texts);
    pass.run();
    const std::vector<bool> missing = pass.columns_without_texts();
    if (missing.empty()) return pass.result();
    // Rare: a column began with numbers or times and turned out to be text. Only then texts are
    // counted from the start.
    keep_texts.resize(missing.size());
    for (std::size_t i = 0; i < missing.size(); ++i) keep_texts[i] = keep_texts[i] || missing[i];
  }
}

}  // namespace trawl::store
