#include "key_reader.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
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

void read_lines(const core::KeyListRef& ref, int parts, int part, const Take& take) {
  const Fd fd = open_list(ref);
  const std::uint64_t size = file_bytes(fd, ref.path);
  std::uint64_t first = 0;
  const std::string text = lines_beginning_in(fd, slice(size, parts, part), size, ref.path, first);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view key = std::string_view(text).substr(at, end - at);
    if (!key.empty() && key.back() == '\r') key.remove_suffix(1);
    if (!key.empty()) {
      take(key,
           [&] { return fmt::format("line {} of '{}'", line_of(ref.path, first + at), ref.path); });
    }
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

void read_dataset_column(const core::KeyListRef& ref, int parts, int part,
                         const std::function<void(const ColumnView&)>& take) {
  const auto dataset = store::open_dataset({ref.path, ref.path, "", 0, 0});
  std::vector<std::string> names;
  for (const ColumnSchema& column : dataset->info().schema) names.push_back(column.name);
  const std::size_t column = key_column(ref, names);
  const Type type = dataset->info().schema[column].type;
  if (is_text(type) != is_text(ref.type) ||
      (!is_text(type) && type != Type::int64 && !is_time(type))) {
    throw InputError(file_error(ref, fmt::format("its column '{}' holds {}, the searched column {}",
                                                 names[column], name_of(type), name_of(ref.type))));
  }
  const Slice groups = slice(dataset->info().row_groups(), parts, part);
  ColumnBuffer buffer;
  for (std::uint64_t group = groups.begin; group < groups.end; ++group) {
    dataset->read(group, column, buffer);
    take(buffer.view);
  }
}

bool ends_with(const std::string& path, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view end) { return path.ends_with(end); });
}

void read_keys(const core::KeyListRef& ref, int parts, int part, const Take& take,
               const std::function<void(const ColumnView&)>& take_column) {
  try {
    if (ends_with(ref.path, {".csv", ".csv.gz", ".csv.zst"})) {
      read_csv_column(ref, parts, part, take);
    } else if (ends_with(ref.path, {".h5", ".hdf5"})) {
      read_dataset_column(ref, parts, part, take_column);
    } else {
      read_lines(ref, parts, part, take);
    }
  } catch (const DataError& error) {
    throw InputError(file_error(ref, error.what()));
  }
}

}  // namespace

std::vector<std::int64_t> read_integer_keys(const core::KeyListRef& ref, int parts, int part) {
  std::vector<std::int64_t> keys;
  const Take take = [&](std::string_view text, const Place& place) {
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
  read_keys(ref, parts, part, take, [&](const ColumnView& column) {
    for (std::size_t row = 0; row < column.rows; ++row) {
      if (column.is_valid(row)) keys.push_back(column.integer(row));
    }
  });
  return keys;
}

std::vector<std::string> read_text_keys(const core::KeyListRef& ref, int parts, int part) {
  std::vector<std::string> keys;
  const Take take = [&](std::string_view text, const Place&) { keys.emplace_back(text); };
  read_keys(ref, parts, part, take, [&](const ColumnView& column) {
    for (std::size_t row = 0; row < column.rows; ++row) {
      if (column.is_valid(row)) keys.push_back(std::get<std::string>(column.value(row)));
    }
  });
  return keys;
}

}  // namespace trawl::fold
