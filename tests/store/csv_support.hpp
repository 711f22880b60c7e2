// What the CSV tests share: files in a folder that goes away, compression, whole ingestion into
// plain values.
#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <trawl/store/csv.hpp>

namespace trawl::store::testing {

class TempFolder {
 public:
  TempFolder() {
    static std::atomic<int> number{0};
    path_ = std::filesystem::temp_directory_path() /
            ("trawl-csv-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::filesystem::path write(const std::string& name, std::string_view bytes) const {
    // A new file each time: replacing one by truncation makes some file systems wait for the disk.
    std::filesystem::remove(path_ / name);
    std::ofstream file(path_ / name, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) throw std::runtime_error("cannot write the test file");
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline std::string gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib");
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("zlib");
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

inline std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3);
  if (ZSTD_isError(size) != 0) throw std::runtime_error("zstd");
  out.resize(size);
  return out;
}

// A record that owns its texts.
struct ReadRecord {
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
  std::string raw;
  std::vector<std::string> fields;
  std::vector<bool> quoted;
  std::string problem;
};

inline std::vector<ReadRecord> read_all(const std::filesystem::path& path) {
  CsvReader reader(path);
  CsvRecord record;
  std::vector<ReadRecord> all;
  while (reader.next(record)) {
    ReadRecord& copy = all.emplace_back();
    copy.line = record.line;
    copy.offset = record.offset;
    copy.raw = record.raw;
    copy.problem = record.problem;
    for (const CsvField& field : record.fields) {
      copy.fields.emplace_back(field.text);
      copy.quoted.push_back(field.quoted);
    }
  }
  return all;
}

// Both passes over one file.
struct Ingested {
  InferredCsv inferred;
  CsvCounts counts;
  std::vector<std::vector<Value>> rows;
  std::vector<std::size_t> group_rows;
  std::vector<QuarantinedRow> quarantined;

  const ColumnSchema& column(std::size_t i) const { return inferred.schema[i]; }
};

inline Ingested ingest(const std::filesystem::path& path, const IngestOptions& options = {},
                       std::uint64_t group_rows = 65536) {
  Ingested result;
  result.inferred = infer_csv(path, options);
  const auto keep = [&](std::span<const ColumnView> columns) {
    result.group_rows.push_back(columns[0].rows);
    for (std::size_t row = 0; row < columns[0].rows; ++row) {
      std::vector<Value>& values = result.rows.emplace_back();
      for (const ColumnView& column : columns) values.push_back(column.value(row));
    }
  };
  result.counts = read_csv(path, result.inferred.schema, options, group_rows, keep,
                           [&](const QuarantinedRow& row) { result.quarantined.push_back(row); });
  return result;
}

}  // namespace trawl::store::testing
