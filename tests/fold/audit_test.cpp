// A dataset whose index lies, sealed as if all were well: the audit of pruned row groups must find
// it.
#include <cmath>
#include <cstring>
#include <fstream>

#include <gtest/gtest.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/file.hpp>
#include <trawl/fold/search.hpp>
#include <trawl/store/writer.hpp>

#include "base/temp_folder.hpp"
#include "store/index.hpp"
#include "store/seal.hpp"

namespace trawl::fold {
namespace {

constexpr std::int64_t needle = 777'777;

// Two row groups of small numbers, with the needle in the second.
void write_honest(const fs::path& path) {
  const ColumnSchema column{"a", Type::int64, Lane::i64, false, nullptr};
  store::DatasetWriter writer(path, Schema({column}),
                              {.codec = store::Codec::none, .row_group_rows = 16});
  for (int group = 0; group < 2; ++group) {
    ColumnBuilder builder(column);
    for (std::int64_t row = 0; row < 16; ++row)
      builder.append(group == 1 && row == 7 ? needle : row);
    writer.append(std::vector<ColumnView>{builder.view()});
  }
  writer.finish();
}

// Replaces the needle by `max` in the zones, and seals the file again.
void lie(const fs::path& path, std::int64_t max) {
  std::string bytes = read_file(path);
  store::Seal seal = *store::parse_seal(bytes.substr(0, store::seal_bytes), bytes.size(), path);
  const std::string true_max(reinterpret_cast<const char*>(&needle), sizeof needle);
  const std::size_t at = bytes.find(true_max, seal.places.zones.offset);
  ASSERT_LT(at, seal.places.zones.offset + seal.places.zones.bytes);
  std::memcpy(bytes.data() + at, &max, sizeof max);
  const auto part = [&](const store::Place& p) {
    return bytes_of(std::string_view(bytes).substr(p.offset, p.bytes));
  };
  seal.index_digest = store::index_digest(part(seal.places.header), part(seal.places.chunks),
                                          part(seal.places.zones), part(seal.places.texts));
  Xxh3Stream content;
  content.add(bytes_of(std::string_view(bytes).substr(store::seal_bytes)));
  seal.content_digest = content.hex();
  bytes.replace(0, store::seal_bytes, store::format_seal(seal));
  write_file_atomically(path, bytes, true);
}

SearchResult find_needle(const fs::path& path, double audit) {
  SearchRequest request;
  request.where = "a = 777777";
  request.inputs = {path.string()};
  request.audit = audit;
  PhaseTimer timer;
  return search(request, comm::Comm::solo(), {}, timer);
}

TEST(Audit, FindsAnIndexThatLies) {
  const test::TempFolder folder;
  const fs::path path = folder / "a.h5";
  write_honest(path);
  const SearchResult honest = find_needle(path, 1);
  EXPECT_EQ(honest.total.matches, 1u);
  EXPECT_EQ(honest.total.pruned, 16u);
  EXPECT_EQ(honest.audit.audited, 1u);
  EXPECT_EQ(honest.audit.hits, 0u);

  lie(path, 15);
  const SearchResult deceived = find_needle(path, 1);
  EXPECT_EQ(deceived.total.matches, 0u);
  EXPECT_EQ(deceived.audit.audited, 2u);
  EXPECT_EQ(deceived.audit.hits, 1u);
  EXPECT_NE(deceived.audit.first_hit.find("'a'"), std::string::npos) << deceived.audit.first_hit;
}

TEST(Audit, TakesAtLeastOneRowGroupAndNoneWhenToldSo) {
  const test::TempFolder folder;
  const fs::path path = folder / "a.h5";
  write_honest(path);
  EXPECT_EQ(find_needle(path, 1e-9).audit.audited, 1u);
  EXPECT_EQ(find_needle(path, 0).audit.audited, 0u);
}

TEST(Audit, SamplesTheShareThatWasAskedFor) {
  for (const double share : {0.0, 0.001, 0.1, 0.5, 1.0}) {
    int sampled = 0;
    for (std::uint64_t group = 0; group < 100'000; ++group)
      sampled += in_sample(sample_hash("data", group, 0), share);
    EXPECT_NEAR(sampled, share * 100'000, 4 * std::sqrt(share * 100'000) + 1) << share;
  }
}

}  // namespace
}  // namespace trawl::fold
