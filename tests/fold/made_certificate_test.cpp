// A certificate is written as text; this is the text of the tree that it is read as.
#include <fstream>

#include <gmock/gmock.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/file.hpp>
#include <trawl/fold/certificate.hpp>
#include <trawl/fold/search.hpp>
#include <trawl/store/writer.hpp>

#include "base/temp_folder.hpp"
#include "store/index.hpp"
#include "store/seal.hpp"

namespace trawl::fold {
namespace {

void write_dataset(const fs::path& path, std::int64_t first, const std::string& column = "a") {
  const ColumnSchema schema{column, Type::int64, Lane::i64, false, nullptr};
  store::DatasetWriter writer(path, Schema({schema}),
                              {.codec = store::Codec::none, .row_group_rows = 16});
  for (int group = 0; group < 5; ++group) {
    ColumnBuilder builder(schema);
    for (std::int64_t row = 0; row < 16; ++row)
      builder.append(first + group % 3 * 1000 + row * row);
    writer.append(std::vector<ColumnView>{builder.view()});
  }
  writer.finish();
}

void damage_chunks(const fs::path& path) {
  const store::Seal seal = *store::read_seal(open_with_size(path), path);
  const store::Index index = store::read_index(open_for_reading(path), seal, path);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  for (const store::ChunkRecord& record : index.chunks) {
    file.seekp(static_cast<std::streamoff>(record.address));
    file.put('\xAB');
  }
}

// Datasets that are scanned, pruned, half of each, damaged, of another schema, and oddly named.
void write_folder(const fs::path& folder) {
  for (int i = 0; i < 200; ++i)
    write_dataset(folder / (std::to_string(i) + ".h5"), i % 2 == 0 ? i * 10 : 5000 + i);
  write_dataset(folder / "quoted \"name\"\\ and\ttab.h5", 0);
  write_dataset(folder / "caf\xC3\xA9.h5", 0);
  write_dataset(folder / "not UTF-8 \xFF.h5", 0);
  write_dataset(folder / "another.h5", 0, "b");
  std::ofstream(folder / "broken \xFE.h5") << "no dataset";
  write_dataset(folder / "cut.h5", 100);
  fs::resize_file(folder / "cut.h5", 5000);
  write_dataset(folder / "damaged.h5", 0);
  damage_chunks(folder / "damaged.h5");
}

// The entry of a dataset, as a tree.
Json entry_of(const SearchResult& result, std::uint64_t index) {
  const DatasetFacts& facts = result.opened.facts[index];
  Json entry = {{"name", result.opened.refs()[index].name},
                {"kind", facts.kind},
                {"digest", facts.digest},
                {"index_digest", facts.index_digest},
                {"row_group_rows", facts.row_group_rows},
                {"coverage", to_json(result.coverage[index])}};
  if (!facts.failure.empty()) entry["failure"] = facts.failure;
  entry["ledger"] = Json::array();
  for (const LedgerRun& run : result.ledger.of_dataset(index))
    entry["ledger"].push_back(to_json(run));
  return entry;
}

class MadeCertificates : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    write_folder(folder_.path());
    request_.where = "a BETWEEN 40 AND 900";
    request_.inputs = {folder_.path().string()};
    request_.threads = GetParam();
    request_.parameters = {{"what", "a \"parameter\""}};
    PhaseTimer timer;
    testing::internal::CaptureStderr();
    result_ = search(request_, comm::Comm::solo(), {}, timer);
    testing::internal::GetCapturedStderr();
  }
  test::TempFolder folder_;
  SearchRequest request_;
  SearchResult result_;
};
INSTANTIATE_TEST_SUITE_P(Threads, MadeCertificates, testing::Values(1, 3));

TEST_P(MadeCertificates, HaveEveryKindOfEntry) {
  EXPECT_GT(result_.total.scanned, 0u);
  EXPECT_GT(result_.total.pruned, 0u);
  EXPECT_GT(result_.total.failed, 0u);
  EXPECT_GT(result_.total.matches, 0u);
  const auto& facts = result_.opened.facts;
  EXPECT_EQ(std::ranges::count_if(facts, [](const auto& f) { return !f.failure.empty(); }), 3);
}

TEST_P(MadeCertificates, AreTheTextOfTheirTrees) {
  const MadeCertificate made =
      make_certificate(request_, result_, "0123", {{"found", 3}, {"list", Json::array()}});
  const Certificate read = Certificate::from_text(made.to_text(), "certificate");
  EXPECT_EQ(canonical_text(read.body), made.canonical);
  EXPECT_EQ(read.to_text(), made.to_text());
  EXPECT_EQ(read.digest, made.digest);
  EXPECT_EQ(made.digest, hex(sha256(bytes_of(made.canonical))));
  const Json& entries = read.body.at("datasets");
  ASSERT_EQ(entries.size(), result_.opened.facts.size());
  for (std::size_t i = 0; i < entries.size(); ++i)
    EXPECT_EQ(canonical_text(entries[i]), canonical_text(entry_of(result_, i)));
  EXPECT_EQ(read.body.at("merkle_root"), merkle_root_of(entries));
  std::vector<std::string> keys;
  for (const auto& [key, _] : read.body.items()) keys.push_back(key);
  EXPECT_THAT(keys, testing::ElementsAre("format", "program", "command", "status", "predicate",
                                         "select", "table", "count_only", "limit", "key_lists",
                                         "coverage", "audit", "result_digest", "merkle_root",
                                         "datasets", "parameters", "counts"));
}

}  // namespace
}  // namespace trawl::fold
