// How fast are chunks read from the page cache, checked and decoded, per codec? Bytes are decoded
// bytes.
#include <filesystem>

#include <trawl/store/dataset.hpp>
#include <trawl/store/generator.hpp>
#include <trawl/store/writer.hpp>

#include "support.hpp"

namespace {

using namespace trawl;

std::filesystem::path folder() {
  static const std::filesystem::path place = [] {
    const auto path = std::filesystem::temp_directory_path() / "trawl-bench-chunks";
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
    return path;
  }();
  return place;
}

const store::Dataset& dataset(const std::string& codec) {
  static std::map<std::string, std::unique_ptr<store::Dataset>> all;
  auto& open = all[codec];
  if (open) return *open;
  const store::Transactions source({.datasets = 1, .rows = 1'000'000});
  const std::string path = (folder() / (codec + ".h5")).string();
  store::DatasetWriter writer(path, source.schema(),
                              {.codec = store::codec_named(codec), .overwrite = true});
  for (std::uint64_t begin = 0; begin < 1'000'000; begin += 65536) {
    std::vector<ColumnBuffer> buffers(source.schema().size());
    std::vector<ColumnView> views;
    for (std::size_t c = 0; c < buffers.size(); ++c) {
      source.fill(0, begin, std::min<std::uint64_t>(begin + 65536, 1'000'000), c, buffers[c]);
      views.push_back(buffers[c].view);
    }
    writer.append(views);
  }
  writer.finish();
  open = store::open_dataset({codec, path, "", 0, 0});
  return *open;
}

void read_column(benchmark::State& state, const std::string& codec, const std::string& column) {
  const store::Dataset& data = dataset(codec);
  const std::size_t position = *data.info().schema.find(column);
  ColumnBuffer buffer;
  std::int64_t bytes = 0;
  for (auto _ : state) {
    for (std::uint64_t group = 0; group < data.info().row_groups(); ++group) {
      data.read(group, position, buffer);
      bytes += static_cast<std::int64_t>(buffer.view.rows * lane_bytes(buffer.view.lane));
    }
  }
  state.SetBytesProcessed(bytes);
  state.counters["stored_bytes"] = static_cast<double>(data.info().column_bytes[position]);
}

// user_id: 40 random bits in 64; time: ascending with jitter.
BENCHMARK_CAPTURE(read_column, none_user_id, "none", "user_id")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_column, lz4_user_id, "lz4", "user_id")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_column, packed_user_id, "packed", "user_id")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_column, packed_amount, "packed", "amount")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_column, packed_time, "packed", "time")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_column, zstd_user_id, "zstd", "user_id")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_column, gzip_user_id, "gzip", "user_id")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_column, lz4_time, "lz4", "time")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_column, zstd_time, "zstd", "time")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_column, gzip_time, "gzip", "time")->Unit(benchmark::kMillisecond);
TRAWL_BENCH_YARDSTICKS();

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  std::filesystem::remove_all(folder());
  return 0;
}
