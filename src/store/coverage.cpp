#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/store/coverage.hpp>

namespace trawl::store {
namespace {

constexpr std::size_t digest_digits = 32;
constexpr std::size_t range_bytes = digest_digits + 16;

bool is_digest(std::string_view text) {
  return text.size() == digest_digits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

[[noreturn]] void twice(const Coverage& both) {
  throw InputError(
      fmt::format("row groups are covered already: {}. Data may be added once only; leave them out",
                  describe(both)));
}

}  // namespace

Coverage::Ranges Coverage::common(const Ranges& a, const Ranges& b) {
  Ranges out;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const Range both{std::max(a[i].begin, b[j].begin), std::min(a[i].end, b[j].end)};
    if (both.begin < both.end) out.push_back(both);
    a[i].end < b[j].end ? ++i : ++j;
  }
  return out;
}

Coverage::Ranges Coverage::united(const Ranges& a, const Ranges& b) {
  Ranges all;
  std::ranges::merge(a, b, std::back_inserter(all), {}, &Range::begin, &Range::begin);
  Ranges out;
  for (const Range& range : all) {
    if (!out.empty() && out.back().end >= range.begin) {
      out.back().end = std::max(out.back().end, range.end);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

void Coverage::add(const CoveredRange& range) {
  if (!is_digest(range.dataset)) {
    throw InputError(
        fmt::format("not a content digest: '{}' (32 lower-case hex digits)", range.dataset));
  }
  if (range.begin > range.end) {
    throw InputError(fmt::format("row groups end before they begin: [{}, {}) of dataset {}",
                                 range.begin, range.end, range.dataset));
  }
  if (range.begin == range.end) return;
  Coverage one;
  one.datasets_[range.dataset] = {{range.begin, range.end}};
  add(one);
}

void Coverage::add(const Coverage& other) {
  const Coverage both = intersection(other);
  if (!both.empty()) twice(both);
  for (const auto& [dataset, ranges] : other.datasets_) {
    Ranges& mine = datasets_[dataset];
    mine = united(mine, ranges);
  }
}

std::uint64_t Coverage::row_groups() const {
  std::uint64_t sum = 0;
  for (const auto& [dataset, ranges] : datasets_) {
    for (const Range& range : ranges) sum += range.end - range.begin;
  }
  return sum;
}

std::vector<CoveredRange> Coverage::ranges() const {
  std::vector<CoveredRange> out;
  for (const auto& [dataset, ranges] : datasets_) {
    for (const Range& range : ranges) out.push_back({dataset, range.begin, range.end});
  }
  return out;
}

Coverage Coverage::intersection(const Coverage& other) const {
  Coverage out;
  for (const auto& [dataset, ranges] : other.datasets_) {
    const auto mine = datasets_.find(dataset);
    if (mine == datasets_.end()) continue;
    Ranges both = common(mine->second, ranges);
    if (!both.empty()) out.datasets_.emplace(dataset, std::move(both));
  }
  return out;
}

std::vector<std::byte> Coverage::to_bytes() const {
  std::vector<std::byte> out;
  const auto append = [&](const void* data, std::size_t size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    out.insert(out.end(), bytes, bytes + size);
  };
  for (const CoveredRange& range : ranges()) {
    append(range.dataset.data(), digest_digits);
    append(&range.begin, sizeof range.begin);
    append(&range.end, sizeof range.end);
  }
  return out;
}

Coverage Coverage::from_bytes(Bytes bytes) {
  const auto damaged = [](std::string_view why) -> DataError {
    return DataError(fmt::format("damaged bytes of a coverage: {}", why));
  };
  if (bytes.size() % range_bytes != 0) throw damaged("not a whole number of ranges");
  Coverage out;
  CoveredRange before;
  for (std::size_t at = 0; at < bytes.size(); at += range_bytes) {
    CoveredRange range;
    range.dataset.assign(reinterpret_cast<const char*>(bytes.data() + at), digest_digits);
    std::memcpy(&range.begin, bytes.data() + at + digest_digits, sizeof range.begin);
    std::memcpy(&range.end, bytes.data() + at + digest_digits + 8, sizeof range.end);
    if (!is_digest(range.dataset)) throw damaged("not a digest");
    if (range.begin >= range.end) throw damaged("an empty range");
    const bool ascends = range.dataset > before.dataset ||
                         (range.dataset == before.dataset && range.begin > before.end);
    if (at > 0 && !ascends) throw damaged("ranges out of order, or not joined");
    out.datasets_[range.dataset].push_back({range.begin, range.end});
    before = range;
  }
  return out;
}

std::string describe(const Coverage& coverage, std::size_t most) {
  const std::vector<CoveredRange> ranges = coverage.ranges();
  if (ranges.empty()) return "nothing";
  std::string out;
  for (std::size_t i = 0; i < std::min(most, ranges.size()); ++i) {
    out += fmt::format("{}dataset {}, row groups [{}, {})", i == 0 ? "" : "; ", ranges[i].dataset,
                       ranges[i].begin, ranges[i].end);
  }
  if (ranges.size() > most) out += fmt::format("; and {} more", ranges.size() - most);
  return out;
}

}  // namespace trawl::store
