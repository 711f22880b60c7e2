// What a summary covers: row groups of datasets, named by the digest of their content, so that data
// that come twice are noticed whatever their files are called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/digest.hpp>

namespace trawl::store {

// Row groups [begin, end) of the dataset with this content digest (DatasetInfo::digest). Tables of
// one foreign file share its digest: states of different tables need different configurations.
struct CoveredRange {
  std::string dataset;  // 32 lower-case hex digits
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool operator==(const CoveredRange&) const = default;
};

// A set of row groups. Ranges that touch become one, so equal sets have equal bytes, whatever they
// were put together from. Local; n ranges of m datasets.
class Coverage {
 public:
  // Disjoint unions: InputError, and nothing changed, when something is in both. The first also
  // when the digest is none, or begin > end. An empty range adds nothing.
  // O(log m + ranges of that dataset); O(n log m) for n ranges of `other`.
  void add(const CoveredRange& range);
  void add(const Coverage& other);

  bool empty() const { return datasets_.empty(); }
  std::uint64_t row_groups() const;
  // Ascending by digest, then begin.
  std::vector<CoveredRange> ranges() const;

  // Row groups in both. O(n log m) for n ranges of `other`, and all ranges of its datasets here.
  Coverage intersection(const Coverage& other) const;
  // Whether all of `other` is in this. As intersection.
  bool contains(const Coverage& other) const { return intersection(other) == other; }
  bool operator==(const Coverage&) const = default;

  // Canonical: 48 bytes for each of ranges(): 32 hex digits, u64 begin, u64 end, little-endian.
  std::vector<std::byte> to_bytes() const;
  // DataError for everything that to_bytes would not have written.
  static Coverage from_bytes(Bytes bytes);

 private:
  struct Range {
    std::uint64_t begin, end;
    bool operator==(const Range&) const = default;
  };
  using Ranges = std::vector<Range>;  // ascending, not empty, with gaps between them
  static Ranges common(const Ranges& a, const Ranges& b);
  static Ranges united(const Ranges& a, const Ranges& b);

  std::map<std::string, Ranges, std::less<>> datasets_;
};

// "dataset 0123..., row groups [0, 4)", at most `most` ranges, then how many more there are.
std::string describe(const Coverage& coverage, std::size_t most = 3);

}  // namespace trawl::store
