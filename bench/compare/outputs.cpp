#include "outputs.hpp"

#include <algorithm>
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include <trawl/base/column.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>

#include "command/shares.hpp"

namespace trawl::bench {
namespace {

constexpr std::uint64_t block_rows = 65536;

std::string part_name(std::uint64_t dataset) {
  return fmt::format("part-{:03}", dataset);
}

// A file that says so when something could not be written.
class Output {
 public:
  explicit Output(fs::path path) : path_(std::move(path)), file_(path_, std::ios::binary) {
    check();
  }
  void write(const void* bytes, std::size_t size) {
    file_.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
    check();
  }
  template <class T>
  void write(const std::vector<T>& items) {
    write(items.data(), items.size() * sizeof(T));
  }
  void close() {
    file_.close();
    check();
  }

 private:
  void check() const {
    if (!file_) throw DataError(fmt::format("cannot write {} (disk full?)", path_.string()));
  }
  fs::path path_;
  std::ofstream file_;
};

// Calls `body` for consecutive blocks [begin, end) that tile [0, rows).
template <class F>
void for_each_block(std::uint64_t rows, std::uint64_t step, F body) {
  for (std::uint64_t begin = 0; begin < rows; begin += step)
    body(begin, std::min(rows, begin + step));
}

template <class T>
ColumnView view_of(const ColumnSchema& column, const std::vector<T>& values) {
  ColumnView view;
  view.type = column.type;
  view.lane = column.lane;
  view.rows = values.size();
  view.values = values.data();
  view.categories = column.categories.get();
  return view;
}

Schema transactions_schema() {
  const auto shared = [](const Categories& names) {
    return std::make_shared<const Categories>(names);
  };
  return Schema({{"record_id", Type::int64, Lane::i64, false, nullptr},
                 {"user_id", Type::int64, Lane::i64, false, nullptr},
                 {"action", Type::categorical, Lane::u8, false, shared(actions())},
                 {"amount", Type::float64, Lane::f64, false, nullptr},
                 {"country", Type::categorical, Lane::u8, false, shared(countries())},
                 {"timestamp", Type::timestamp, Lane::i64, false, nullptr}});
}

void write_table(const Transactions& source, std::uint64_t dataset,
                 const command::DatasetOutput& output, const fs::path& path) {
  const Schema schema = transactions_schema();
  command::CountingWriter writer(path, schema, output);
  Rows rows;
  for_each_block(source.params().rows, output.write.row_group_rows,
                 [&](std::uint64_t begin, std::uint64_t end) {
                   source.fill(dataset, begin, end, rows);
                   const ColumnView views[] = {
                       view_of(schema[0], rows.record_id), view_of(schema[1], rows.user_id),
                       view_of(schema[2], rows.action),    view_of(schema[3], rows.amount),
                       view_of(schema[4], rows.country),   view_of(schema[5], rows.timestamp)};
                   writer.append(views);
                 });
  writer.finish();
}

// Notes [begin, end) of one dataset: all notes cut into as many datasets as the transactions have.
struct NoteRange {
  std::uint64_t begin, end;
};
NoteRange notes_of(const DataParams& params, std::uint64_t dataset) {
  return {params.notes * dataset / params.datasets, params.notes * (dataset + 1) / params.datasets};
}

void write_note_table(const DataParams& params, const Notes& notes, std::uint64_t dataset,
                      const command::DatasetOutput& output, const fs::path& path) {
  const Schema schema({{"record_id", Type::int64, Lane::i64, false, nullptr},
                       {"note", Type::text, Lane::text, false, nullptr}});
  command::CountingWriter writer(path, schema, output);
  ColumnBuilder ids(schema[0]), texts(schema[1]);
  const NoteRange range = notes_of(params, dataset);
  for_each_block(range.end - range.begin, output.write.row_group_rows,
                 [&](std::uint64_t begin, std::uint64_t end) {
                   ids.clear();
                   texts.clear();
                   for (std::uint64_t i = range.begin + begin; i < range.begin + end; ++i) {
                     ids.append(static_cast<std::int64_t>(i));
                     texts.append(std::string_view(notes.note(i)));
                   }
                   const ColumnView views[] = {ids.view(), texts.view()};
                   writer.append(views);
                 });
  writer.finish();
}

void write_raw_columns(const Transactions& source, std::uint64_t dataset, const fs::path& folder) {
  fs::create_directory(folder);
  Output id(folder / "record_id.i64"), user(folder / "user_id.i64"), action(folder / "action.u8"),
      amount(folder / "amount.f64"), country(folder / "country.u8"), time(folder / "timestamp.i64");
  Rows rows;
  for_each_block(source.params().rows, block_rows, [&](std::uint64_t begin, std::uint64_t end) {
    source.fill(dataset, begin, end, rows);
    id.write(rows.record_id);
    user.write(rows.user_id);
    action.write(rows.action);
    amount.write(rows.amount);
    country.write(rows.country);
    time.write(rows.timestamp);
  });
  for (Output* file : {&id, &user, &action, &amount, &country, &time}) file->close();
}

void write_csv_file(const Transactions& source, std::uint64_t dataset, const fs::path& path) {
  Output file(path);
  Rows rows;
  fmt::memory_buffer text;
  fmt::format_to(std::back_inserter(text), "record_id,user_id,action,amount,country,timestamp\n");
  for_each_block(source.params().rows, block_rows, [&](std::uint64_t begin, std::uint64_t end) {
    source.fill(dataset, begin, end, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      fmt::format_to(std::back_inserter(text), "{},{},{},{}.{:02},{},{}\n", rows.record_id[i],
                     rows.user_id[i], actions()[rows.action[i]], rows.cents[i] / 100,
                     rows.cents[i] % 100, countries()[rows.country[i]], rows.timestamp[i]);
    }
    file.write(text.data(), text.size());
    text.clear();
  });
  file.close();
}

void write_note_csv_file(const DataParams& params, const Notes& notes, std::uint64_t dataset,
                         const fs::path& path) {
  Output file(path);
  std::string text = "record_id,note\n";
  const NoteRange range = notes_of(params, dataset);
  for (std::uint64_t i = range.begin; i < range.end; ++i) {
    text += fmt::format("{},{}\n", i, notes.note(i));
    if (text.size() < (1u << 20)) continue;
    file.write(text.data(), text.size());
    text.clear();
  }
  file.write(text.data(), text.size());
  file.close();
}

void for_each_dataset(const DataParams& params, int threads,
                      const std::function<void(std::uint64_t)>& body) {
  command::for_each_parallel(params.datasets, threads, body);
}

}  // namespace

void make_part(const fs::path& path, bool overwrite,
               const std::function<void(const fs::path&)>& write) {
  if (fs::exists(path) && !overwrite) {
    throw InputError(
        fmt::format("{} exists. Remove it, or say --overwrite to make it anew", path.string()));
  }
  const fs::path temporary = path.string() + ".partial";
  fs::remove_all(temporary);
  fs::create_directories(temporary);
  write(temporary);
  fs::remove_all(path);
  fs::rename(temporary, path);
}

void write_tables(const Transactions& source, const command::DatasetOutput& output, int threads,
                  const fs::path& folder) {
  for_each_dataset(source.params(), threads, [&](std::uint64_t d) {
    write_table(source, d, output, folder / (part_name(d) + ".h5"));
  });
}

void write_notes(const DataParams& params, const command::DatasetOutput& output, int threads,
                 const fs::path& folder) {
  const Notes notes(params);
  for_each_dataset(params, threads, [&](std::uint64_t d) {
    write_note_table(params, notes, d, output, folder / (part_name(d) + ".h5"));
  });
}

void write_columns(const Transactions& source, int threads, const fs::path& folder) {
  const Json about = {{"datasets", source.params().datasets},
                      {"rows", source.params().rows},
                      {"actions", actions()},
                      {"countries", countries()}};
  const std::string text = about.dump(2) + "\n";
  Output file(folder / "columns.json");
  file.write(text.data(), text.size());
  file.close();
  for_each_dataset(source.params(), threads,
                   [&](std::uint64_t d) { write_raw_columns(source, d, folder / part_name(d)); });
}

void write_csv(const Transactions& source, int threads, const fs::path& folder) {
  for_each_dataset(source.params(), threads, [&](std::uint64_t d) {
    write_csv_file(source, d, folder / (part_name(d) + ".csv"));
  });
}

void write_notes_csv(const DataParams& params, int threads, const fs::path& folder) {
  const Notes notes(params);
  for_each_dataset(params, threads, [&](std::uint64_t d) {
    write_note_csv_file(params, notes, d, folder / (part_name(d) + ".csv"));
  });
}

void write_keys(const DataParams& params, const fs::path& folder) {
  const std::vector<std::int64_t> keys = watch_list(params);
  Output raw(folder / "keys.i64");
  raw.write(keys);
  raw.close();
  std::string text = "key\n";
  for (const std::int64_t key : keys) text += fmt::format("{}\n", key);
  Output csv(folder / "keys.csv");
  csv.write(text.data(), text.size());
  csv.close();

  const Schema schema({{"key", Type::int64, Lane::i64, false, nullptr}});
  store::WriteOptions options;
  options.codec = store::Codec::none;
  store::DatasetWriter writer(folder / "keys.h5", schema, options);
  for_each_block(keys.size(), options.row_group_rows, [&](std::uint64_t begin, std::uint64_t end) {
    ColumnView view = view_of(schema[0], keys);
    view.rows = end - begin;
    view.values = keys.data() + begin;
    writer.append({&view, 1});
  });
  writer.finish();
}

}  // namespace trawl::bench
