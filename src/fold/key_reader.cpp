#include "key_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/base/partition.hpp>
#include <trawl/base/text.hpp>
#include <trawl/store/csv.hpp>
#include <trawl/store/dataset.hpp>

namespace trawl::fold {
namespace {

using Place = std::function<std::string()>;  // where a key stands, built only for an error
using Take = std::function<void(std::string_view key, const Place& place)>;

std::string file_error(const core::KeyListRef& ref, const std::string& why) {
  return fmt::format("cannot read the key list '{}' of {} IN FILE: {}", ref.path, ref.searched,
                     why);
}

Fd open_list(const core::KeyListRef& ref) {
  try {
    return open_for_reading(ref.path);
  } catch (const DataError& error) {
    throw InputError(file_error(ref, error.what()));
  }
}

// Only for the text of an error: line number (from 1) of a byte offset.
std::uint64_t line_of(const std::string& path, std::uint64_t offset) {
  const std::string text = read_file(path);
  return 1 + static_cast<std::uint64_t>(std::count(
                 text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

// The bytes of all lines that begin in [slice.begin, slice.end) of a file of `size` bytes; `first`
// is their offset.
std::string lines_beginning_in(const Fd& fd, Slice slice, std::uint64_t size,
                               const std::string& path, std::uint64_t& first) {
  if (slice.size() == 0) return {};
  const std::uint64_t from = slice.begin == 0 ? 0 : slice.begin - 1;
  std::string text(slice.end - from, '\0');
  read_exactly(fd, from, text.data(), text.size(), path);
  first = from;
  if (slice.begin > 0) {
    const std::size_t newline = text.find('\n');
    if (newline == std::string::npos) return {};  // one long line that began before
    text.erase(0, newline + 1);
    first += newline + 1;
    if (first >= slice.end) return {};
  }
  std::uint64_t end = slice.end;
  std::array<char, 65536> more{};
  while (end < size && text.back() != '\n') {
    const std::size_t bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(more.size(), size - end));
    read_exactly(fd, end, more.data(), bytes, path);
    const std::string_view piece(more.data(), bytes);
    const std::size_t newline = piece.find('\n');
    text.append(piece.substr(0, newline == std::string_view::npos ? bytes : newline + 1));
    end += newline == std::string_view::npos ? bytes : newline + 1;
  }
  return text;
}

// The keys on the lines that begin in `part` of a file of `size` bytes.
void read_lines(const core::KeyListRef& ref, const Fd& fd, std::uint64_t size, Slice part,
                const Take& take) {
  std::uint64_t first = 0;
  const std::string text = lines_beginning_in(fd, part, size, ref.path, first);
  std::size_t at = 0;
  const Place place = [&] {
    return fmt::format("line {} of '{}'", line_of(ref.path, first + at), ref.path);
  };
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view key = std::string_view(text).substr(at, end - at);
    if (!key.empty() && key.back() == '\r') key.remove_suffix(1);
    if (!key.empty()) take(key, place);
    at = end + 1;
  }
}

// Which of the list's columns holds the keys.
std::size_t key_column(const core::KeyListRef& ref, const std::vector<std::string>& names) {
  const std::string& wanted = ref.column.empty() && names.size() > 1 ? ref.searched : ref.column;
  if (wanted.empty() && names.size() == 1) return 0;
  const auto found = std::find(names.begin(), names.end(), wanted);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  throw InputError(file_error(
      ref, fmt::format("it has no column '{}' but {}. Name one: IN FILE '{}' COLUMN name", wanted,
                       fmt::join(names, ", "), ref.path)));
}

void read_csv_column(const core::KeyListRef& ref, int parts, int part, const Take& take) {
  store::CsvReader reader(ref.path);
  const std::size_t column = key_column(ref, reader.header());
  store::CsvRecord record;
  for (std::uint64_t i = 0; reader.next(record); ++i) {
    const auto place = [&] { return fmt::format("line {} of '{}'", record.line, ref.path); };
    if (!record.problem.empty())
      throw InputError(file_error(ref, fmt::format("{}: {}", place(), record.problem)));
    if (static_cast<int>(i % static_cast<std::uint64_t>(parts)) != part) continue;
    const store::CsvField& field = record.fields[column];
    if (!field.text.empty() || field.quoted) take(field.text, place);
  }
}

// A list that is a column of a dataset.
struct ListColumn {
  std::unique_ptr<store::Dataset> dataset;
  std::size_t column = 0;
};

ListColumn open_column(const core::KeyListRef& ref) {
  ListColumn list{store::open_dataset({ref.path, ref.path, "", 0, 0}), 0};
  const Schema& schema = list.dataset->info().schema;
  std::vector<std::string> names;
  for (const ColumnSchema& column : schema) names.push_back(column.name);
  list.column = key_column(ref, names);
  const Type type = schema[list.column].type;
  if (is_text(type) != is_text(ref.type) ||
      (!is_text(type) && type != Type::int64 && !is_time(type))) {
    throw InputError(
        file_error(ref, fmt::format("its column '{}' holds {}, the searched column {}",
                                    names[list.column], name_of(type), name_of(ref.type))));
  }
  return list;
}

bool is_csv(const std::string& path) {
  return path.ends_with(".csv") || path.ends_with(".csv.gz") || path.ends_with(".csv.zst");
}
bool is_dataset(const std::string& path) {
  return path.ends_with(".h5") || path.ends_with(".hdf5");
}

// Appends the valid integers of a column to keys[at]...; returns where they end.
std::size_t copy_integers(const ColumnView& column, std::span<std::int64_t> keys, std::size_t at) {
  with_lane(column.lane, [&]<class T>(T*) {
    if constexpr (std::is_integral_v<T>) {
      const T* values = column.lanes<T>();
      if (column.valid == nullptr) {
        std::copy_n(values, column.rows, keys.begin() + static_cast<std::ptrdiff_t>(at));
        at += column.rows;
        return;
      }
      for (std::size_t row = 0; row < column.rows; ++row) {
        if (column.is_valid(row)) keys[at++] = static_cast<std::int64_t>(values[row]);
      }
    }
  });
  return at;
}

// Keys of several threads, each behind its place for the most that it can have: moves them
// together.
std::size_t close_gaps(std::span<std::int64_t> keys, std::span<const Slice> filled) {
  std::size_t end = 0;
  for (const Slice& part : filled) {
    if (part.begin != end) {
      std::memmove(keys.data() + end, keys.data() + part.begin, part.size() * sizeof keys[0]);
    }
    end += part.size();
  }
  return end;
}

IntegerKeys read_integer_column(const core::KeyListRef& ref, int parts, int part, int threads) {
  const ListColumn list = open_column(ref);
  const store::DatasetInfo& info = list.dataset->info();
  const Slice groups = slice(info.row_groups(), parts, part);
  const auto row_of = [&](std::uint64_t group) {
    return std::min(info.rows, info.group_begin(group)) - info.group_begin(groups.begin);
  };
  IntegerKeys read{PageMemory(groups.size() == 0 ? 0 : row_of(groups.end) * sizeof(std::int64_t))};
  const auto keys = read.memory.as<std::int64_t>();
  std::vector<Slice> filled(static_cast<std::size_t>(threads));
  parallel_for(filled.size(), threads, [&](std::size_t thread) {
    const Slice mine = slice(groups.size(), threads, static_cast<int>(thread));
    if (mine.size() == 0) return;
    std::size_t at = row_of(groups.begin + mine.begin);
    filled[thread].begin = at;
    ColumnBuffer buffer;
    for (std::uint64_t i = mine.begin; i < mine.end; ++i) {
      list.dataset->read(groups.begin + i, list.column, buffer);
      at = copy_integers(buffer.view, keys, at);
    }
    filled[thread].end = at;
  });
  list.dataset->check_intact();
  read.count = close_gaps(keys, filled);
  return read;
}

Take take_integers(const core::KeyListRef& ref, std::vector<std::int64_t>& keys) {
  return [&ref, &keys](std::string_view text, const Place& place) {
    const auto key = is_time(ref.type) ? parse_timestamp(text) : parse_int64(text);
    if (!key) {
      throw InputError(file_error(
          ref, fmt::format("{}: '{}' is not {}", place(), text.substr(0, 80),
                           is_time(ref.type)
                               ? "a date or time such as 2025-12-31 or 2025-12-31T23:59:59Z"
                               : "an integer of 64 bits")));
    }
    keys.push_back(*key);
  };
}

// Text that a thread holds at a time.
constexpr std::uint64_t piece_bytes = std::uint64_t{1} << 20;

// The keys of the lines that begin in `part`, in pieces; space for all after the first.
void read_integer_lines(const core::KeyListRef& ref, const Fd& fd, std::uint64_t size, Slice part,
                        std::vector<std::int64_t>& keys) {
  const Take take = take_integers(ref, keys);
  for (std::uint64_t at = part.begin; at < part.end; at += piece_bytes) {
    read_lines(ref, fd, size, {at, std::min(part.end, at + piece_bytes)}, take);
    if (at == part.begin && part.size() > piece_bytes) {
      const std::uint64_t pieces = (part.size() + piece_bytes - 1) / piece_bytes;
      keys.reserve(keys.size() * pieces + keys.size() * pieces / 64);
    }
  }
}

// Every thread reads lines as a rank of its own.
IntegerKeys read_integer_texts(const core::KeyListRef& ref, int parts, int part, int threads) {
  std::vector<std::vector<std::int64_t>> found(
      is_csv(ref.path) ? 1u : static_cast<std::size_t>(threads));
  if (is_csv(ref.path)) {
    read_csv_column(ref, parts, part, take_integers(ref, found[0]));
  } else {
    const Fd fd = open_list(ref);
    const std::uint64_t size = file_bytes(fd, ref.path);
    parallel_for(found.size(), threads, [&](std::size_t thread) {
      const Slice mine = slice(size, parts * threads, part * threads + static_cast<int>(thread));
      read_integer_lines(ref, fd, size, mine, found[thread]);
    });
  }
  std::vector<std::size_t> begins{0};
  for (const auto& keys : found) begins.push_back(begins.back() + keys.size());
  IntegerKeys read{PageMemory(begins.back() * sizeof(std::int64_t)), begins.back()};
  parallel_for(found.size(), threads, [&](std::size_t thread) {
    std::copy(found[thread].begin(), found[thread].end(),
              read.keys().begin() + static_cast<std::ptrdiff_t>(begins[thread]));
    found[thread] = {};
  });
  return read;
}

void read_texts(const core::KeyListRef& ref, int parts, int part, std::vector<std::string>& keys) {
  const Take take = [&](std::string_view text, const Place&) { keys.emplace_back(text); };
  if (is_csv(ref.path)) return read_csv_column(ref, parts, part, take);
  if (!is_dataset(ref.path)) {
    const Fd fd = open_list(ref);
    const std::uint64_t size = file_bytes(fd, ref.path);
    return read_lines(ref, fd, size, slice(size, parts, part), take);
  }
  const ListColumn list = open_column(ref);
  const Slice groups = slice(list.dataset->info().row_groups(), parts, part);
  ColumnBuffer buffer;
  for (std::uint64_t group = groups.begin; group < groups.end; ++group) {
    list.dataset->read(group, list.column, buffer);
    for (std::size_t row = 0; row < buffer.view.rows; ++row) {
      if (buffer.view.is_valid(row)) keys.push_back(std::get<std::string>(buffer.view.value(row)));
    }
  }
}

}  // namespace

IntegerKeys read_integer_keys(const core::KeyListRef& ref, int parts, int part, int threads) {
  threads = std::max(threads, 1);
  try {
    return is_dataset(ref.path) ? read_integer_column(ref, parts, part, threads)
                                : read_integer_texts(ref, parts, part, threads);
  } catch (const DataError& error) {
    throw InputError(file_error(ref, error.what()));
  }
}

std::vector<std::string> read_text_keys(const core::KeyListRef& ref, int parts, int part) {
  std::vector<std::string> keys;
  try {
    read_texts(ref, parts, part, keys);
  } catch (const DataError& error) {
    throw InputError(file_error(ref, error.what()));
  }
  return keys;
}

}  // namespace trawl::fold
