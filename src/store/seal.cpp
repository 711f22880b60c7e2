#include "store/seal.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>

namespace trawl::store {
namespace {

constexpr std::string_view magic = "trawl dataset ";
constexpr std::string_view first_line = "trawl dataset 1 (HDF5 begins at byte 4096)";

[[noreturn]] void damaged(const fs::path& path, std::string_view why) {
  throw DataError(
      fmt::format("dataset is damaged: {}, first {} bytes ({}). Restore the file or write it anew",
                  path.string(), seal_bytes, why));
}

// Takes "name value[ value]" lines one after the other.
class Lines {
 public:
  Lines(std::string_view text, const fs::path& path) : rest_(text), path_(path) {}

  std::string_view next(std::string_view name) {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) damaged(path_, fmt::format("line '{}' is missing", name));
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (line.substr(0, name.size()) != name || line.substr(name.size(), 1) != " ") {
      damaged(path_, fmt::format("line '{}' is missing", name));
    }
    return line.substr(name.size() + 1);
  }
  std::uint64_t number(std::string_view text) {
    const auto value = parse_int64(text);
    if (!value || *value < 0) damaged(path_, fmt::format("'{}' is not a number", text));
    return static_cast<std::uint64_t>(*value);
  }
  Place place(std::string_view name) {
    const std::string_view text = next(name);
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) damaged(path_, fmt::format("line '{}' is short", name));
    return {number(text.substr(0, space)), number(text.substr(space + 1))};
  }

 private:
  std::string_view rest_;
  const fs::path& path_;
};

bool inside(const Place& place, std::uint64_t file_bytes) {
  return place.bytes == 0 || (place.offset >= seal_bytes && place.offset <= file_bytes &&
                              place.bytes <= file_bytes - place.offset);
}

}  // namespace

std::string format_seal(const Seal& seal) {
  const IndexPlaces& at = seal.places;
  std::string text;
  text.reserve(seal_bytes);
  fmt::format_to(std::back_inserter(text),
                 "{}\nbytes {}\nrows {}\nheader {} {}\nchunks {} {}\nzones {} {}\ntexts {} {}\n"
                 "index {}\ncontent {}\n",
                 first_line, seal.bytes, seal.rows, at.header.offset, at.header.bytes,
                 at.chunks.offset, at.chunks.bytes, at.zones.offset, at.zones.bytes,
                 at.texts.offset, at.texts.bytes, seal.index_digest, seal.content_digest);
  const std::uint64_t check = xxh3(bytes_of(text));
  fmt::format_to(std::back_inserter(text), "check {:016x}\n", check);
  text.resize(seal_bytes, '\0');
  return text;
}

std::optional<Seal> parse_seal(std::string_view block, std::uint64_t actual_bytes,
                               const fs::path& path) {
  if (block.starts_with("trawl state ")) {
    throw DataError(
        fmt::format("a state file, not a dataset: {} (it holds sums, not rows). Name the "
                    "datasets it was made from",
                    path.string()));
  }
  if (block.substr(0, magic.size()) != magic) return std::nullopt;
  if (block.substr(0, first_line.size()) != first_line) {
    throw DataError(fmt::format("dataset of another version: {} ('{}'; this program reads '{}')",
                                path.string(), block.substr(0, block.find('\n')).substr(0, 40),
                                first_line));
  }
  Lines lines(block.substr(block.find('\n') + 1), path);
  Seal seal;
  seal.bytes = lines.number(lines.next("bytes"));
  seal.rows = lines.number(lines.next("rows"));
  seal.places = {lines.place("header"), lines.place("chunks"), lines.place("zones"),
                 lines.place("texts")};
  seal.index_digest = lines.next("index");
  seal.content_digest = lines.next("content");
  // Everything is in canonical form, so comparing with what would be written checks every byte.
  if (format_seal(seal) != block) damaged(path, "the check line does not fit");
  if (seal.bytes != actual_bytes) {
    throw DataError(fmt::format("dataset is {}: {} ({} bytes, {} when written)",
                                actual_bytes < seal.bytes ? "truncated" : "longer than written",
                                path.string(), actual_bytes, seal.bytes));
  }
  for (const Place& place :
       {seal.places.header, seal.places.chunks, seal.places.zones, seal.places.texts}) {
    if (!inside(place, actual_bytes)) damaged(path, "the index lies outside the file");
  }
  return seal;
}

std::optional<Seal> read_seal(const SizedFd& file, const fs::path& path) {
  std::array<char, seal_bytes> space;
  const std::size_t bytes = std::min<std::uint64_t>(file.bytes, seal_bytes);
  read_exactly(file.fd, 0, space.data(), bytes, path);
  return parse_seal({space.data(), bytes}, file.bytes, path);
}

std::string digest_from(const Fd& fd, std::uint64_t begin, const fs::path& path) {
  const std::uint64_t end = file_bytes(fd, path);
  std::vector<std::byte> block(std::size_t{1} << 20);
  Xxh3Stream stream;
  while (begin < end) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), end - begin));
    read_exactly(fd, begin, block.data(), size, path);
    stream.add({block.data(), size});
    begin += size;
  }
  return stream.hex();
}

std::string read_place(const Fd& fd, const Place& place, const fs::path& path) {
  if (!inside(place, file_bytes(fd, path))) damaged(path, "the index lies outside the file");
  std::string text(place.bytes, '\0');
  read_exactly(fd, place.offset, text.data(), text.size(), path);
  return text;
}

}  // namespace trawl::store
