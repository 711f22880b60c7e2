// make_measurements: what many agents measure over time, as datasets of trawl and as raw columns.
//
// Record t of agent e has the features f<j> = (e (2 j + 3) 7919 mod 1000) + (((e R + t) (2 j + 1)
// 104729 + 12345) mod 2001 - 1000) / 100, with R records of each agent: integers first and one
// division, so that every engine can make the same doubles. Rows come as time goes, all agents of
// one moment after another, so that no two records of an agent are near each other. One dataset for
// each tenth of the time.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/file.hpp>
#include <trawl/store/writer.hpp>

namespace trawl::bench {
namespace {

struct Size {
  std::uint64_t agents, records, features;
};

constexpr std::uint64_t row_group_rows = 65536, parts = 10;

double value(const Size& size, std::uint64_t agent, std::uint64_t time, std::uint64_t feature) {
  const std::uint64_t level = agent * (2 * feature + 3) * 7919 % 1000;
  const std::uint64_t noise =
      ((agent * size.records + time) * (2 * feature + 1) * 104729 + 12345) % 2001;
  return static_cast<double>(level) +
         static_cast<double>(static_cast<std::int64_t>(noise) - 1000) / 100;
}

// Agents in an order that is not theirs.
std::uint64_t agent_at(const Size& size, std::uint64_t place) {
  return place * 611'953 % size.agents;  // a prime that divides no power of ten
}

Schema schema_of(const Size& size) {
  std::vector<ColumnSchema> columns{{"agent", Type::int64, Lane::i64, false, nullptr}};
  for (std::uint64_t j = 0; j < size.features; ++j)
    columns.push_back({fmt::format("f{}", j), Type::float64, Lane::f64, false, nullptr});
  return Schema(std::move(columns));
}

class Rows {
 public:
  explicit Rows(const Size& size) : size_(size), features_(size.features) {}

  void fill(std::uint64_t begin, std::uint64_t end) {
    agents_.clear();
    for (auto& column : features_) column.clear();
    for (std::uint64_t row = begin; row < end; ++row) {
      const std::uint64_t time = row / size_.agents, agent = agent_at(size_, row % size_.agents);
      agents_.push_back(static_cast<std::int64_t>(agent));
      for (std::uint64_t j = 0; j < size_.features; ++j)
        features_[j].push_back(value(size_, agent, time, j));
    }
  }

  std::vector<ColumnView> views() const {
    std::vector<ColumnView> views;
    views.push_back(view(Type::int64, Lane::i64, agents_.data()));
    for (const auto& column : features_)
      views.push_back(view(Type::float64, Lane::f64, column.data()));
    return views;
  }

 private:
  ColumnView view(Type type, Lane lane, const void* values) const {
    ColumnView view;
    view.type = type;
    view.lane = lane;
    view.rows = agents_.size();
    view.values = values;
    return view;
  }

  Size size_;
  std::vector<std::int64_t> agents_;
  std::vector<std::vector<double>> features_;
};

void make(const Size& size, const fs::path& folder) {
  fs::create_directories(folder / "tables");
  fs::create_directories(folder / "columns");
  std::vector<std::FILE*> raw;
  const Schema schema = schema_of(size);
  for (const ColumnSchema& column : schema)
    raw.push_back(std::fopen((folder / "columns" / column.name).c_str(), "wb"));
  const std::uint64_t rows = size.agents * size.records;
  Rows buffer(size);
  for (std::uint64_t part = 0; part < parts; ++part) {
    const std::uint64_t begin = rows * part / parts, end = rows * (part + 1) / parts;
    store::DatasetWriter writer(
        folder / "tables" / fmt::format("part-{}.h5", part), schema,
        {.codec = store::Codec::none, .row_group_rows = row_group_rows, .overwrite = true});
    for (std::uint64_t at = begin; at < end; at += row_group_rows) {
      buffer.fill(at, std::min(at + row_group_rows, end));
      const auto views = buffer.views();
      writer.append(views);
      for (std::size_t i = 0; i < raw.size(); ++i)
        std::fwrite(views[i].values, 8, views[i].rows, raw[i]);
    }
    writer.finish();
  }
  for (std::FILE* file : raw) {
    if (std::fclose(file) != 0) throw std::runtime_error("cannot write the raw columns");
  }
}

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  const std::string word = text;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || stop != word.data() + word.size() || value == 0)
    throw std::runtime_error("no number above 0: " + word);
  return value;
}

}  // namespace
}  // namespace trawl::bench

int main(int count, char** words) {
  try {
    if (count != 5)
      throw std::runtime_error("usage: make_measurements AGENTS RECORDS FEATURES OUT");
    trawl::bench::make({trawl::bench::number(words[1]), trawl::bench::number(words[2]),
                        trawl::bench::number(words[3])},
                       words[4]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_measurements: %s\n", error.what());
    return 1;
  }
}
