// What a forger of a state, or of a proof, can do: be found.
#include <random>

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/fold/merge_states.hpp>
#include <trawl/fold/state_proof.hpp>
#include <trawl/fold/stats_state.hpp>

#include "base/temp_folder.hpp"
#include "fold/stats/entity_key.hpp"
#include "fold/stats/state.hpp"
#include "fold/stats/state_entities.hpp"
#include "fold/stats/state_root.hpp"
#include "fold/stats/state_write.hpp"

namespace trawl::fold {
namespace {

using test::TempFolder;
using testing::HasSubstr;
using Random = std::mt19937_64;
using Sums = core::FixedSums;

StatsRequest request_to(const fs::path& path) {
  StatsRequest request;
  request.features = {"amount"};
  request.group_by = "agent";
  request.unit_exponents = {-10};
  request.state = path;
  request.overwrite_state = true;
  return request;
}

// Entities 0, 2, 4, ...; returns its root.
Sha256Digest write_state_of(std::int64_t entities, const fs::path& path) {
  const StatsRequest request = request_to(path);
  Population<Sums> population(configuration_of<Sums>(request), 2);
  for (std::int64_t i = 0; i < entities; ++i) {
    const EntityKey key{2 * i, {}};
    const std::string bytes = key.to_bytes();
    population.entities.add({{bytes}, {key.hash(bytes)}, {0}, {static_cast<double>(i % 97)}});
  }
  const comm::Comm solo = comm::Comm::solo();
  const std::string configuration = state_configuration(request, Opened(), {});
  const auto root = root_of(population.entities, request, configuration, solo);
  write_state(request, configuration, population, SearchResult(), root, solo);
  return root->root;
}

LeafName entity(std::int64_t id) {
  return {stats::EntityId(id), {}};
}

TEST(StateProof, SaysWhatIsInTheState) {
  const TempFolder folder;
  for (const std::int64_t entities : {1, 2, 3, 7, 100}) {
    const Sha256Digest root = write_state_of(entities, folder / "s");
    for (std::int64_t id = 0; id < 2 * entities; id += 2) {
      const MadeProof made = prove(folder / "s", entity(id), false);
      const Proved proved = check_state_proof(made.bytes, root, std::nullopt);
      EXPECT_EQ(proved.name.entity, stats::EntityId(id));
      EXPECT_EQ(proved.leaves, static_cast<std::uint64_t>(entities));
      EXPECT_EQ(proved.own["mean"]["amount"], static_cast<double>(id / 2 % 97));
      EXPECT_EQ(proved.total["records"], entities);
      EXPECT_THROW(prove(folder / "s", entity(id), true), InputError);
      EXPECT_THROW(check_state_proof(made.bytes, root, entity(id + 1)), CheckError);
    }
    for (std::int64_t id = -1; id < 2 * entities; id += 2) {
      const MadeProof made = prove(folder / "s", entity(id), true);
      check_state_proof(made.bytes, root, entity(id));
      EXPECT_THROW(prove(folder / "s", entity(id), false), InputError);
      for (std::int64_t there = 0; there < 2 * entities; there += 2)
        EXPECT_THROW(check_state_proof(made.bytes, root, entity(there)), CheckError);
    }
  }
}

TEST(StateProof, EveryChangedBitOfAProofIsFound) {
  const TempFolder folder;
  const Sha256Digest root = write_state_of(9, folder / "s");
  for (const bool absent : {false, true}) {
    const LeafName name = entity(absent ? 3 : 4);
    std::vector<std::byte> bytes = prove(folder / "s", name, absent).bytes;
    check_state_proof(bytes, root, name);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
      EXPECT_THROW(check_state_proof(bytes, root, name), CheckError) << bit;
      bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    }
  }
}

class File {
 public:
  explicit File(const fs::path& path) : fd_(::open(path.c_str(), O_RDWR)) {}
  void flip(std::uint64_t bit) {
    std::uint8_t byte = 0;
    const auto at = static_cast<off_t>(bit / 8);
    if (::pread(fd_.get(), &byte, 1, at) != 1) throw DataError("no such byte");
    byte = static_cast<std::uint8_t>(byte ^ 1u << bit % 8);
    if (::pwrite(fd_.get(), &byte, 1, at) != 1) throw DataError("not written");
  }

 private:
  Fd fd_;
};

// Bits of the seal, all; of the rest, some: those of sections are found by `prove` as well.
TEST(StateProof, ChangedBitsOfAStateAreFound) {
  const TempFolder folder;
  const fs::path path = folder / "s";
  write_state_of(10'000, path);
  store::StateReader(path).check_intact();
  Random random(1);
  const std::uint64_t bits = 8 * fs::file_size(path);
  std::vector<std::uint64_t> places;
  for (std::uint64_t bit = 0; bit < 8 * 512; ++bit) places.push_back(bit);
  for (int i = 0; i < 2000; ++i) places.push_back(random() % bits);
  File file(path);
  std::size_t missed = 0;
  for (const std::uint64_t bit : places) {
    file.flip(bit);
    try {
      store::StateReader(path).check_intact();
      ++missed;
    } catch (const DataError&) {
    }
    file.flip(bit);
  }
  EXPECT_EQ(missed, 0u);
  store::StateReader(path).check_intact();
}

// Writes a state again, with right digests, and other entities; and with their root when `rooted`.
void forge(const store::StateReader& honest, const std::string& entities, const fs::path& path,
           const std::optional<StateRoot>& root) {
  store::StateWriter writer(path, honest.kind(), honest.configuration(), true);
  writer.set_coverage(honest.coverage());
  for (const std::string& name : honest.sections()) {
    if (name == root_section && root) {
      root->write(writer);
      continue;
    }
    writer.add_section(name);
    if (name == entities_section) writer.append(bytes_of(entities));
    if (name != entities_section) writer.append(honest.read_section(name));
  }
  writer.finish();
}

TEST(StateProof, AStateThatWasSealedAgainHasAnotherRoot) {
  const TempFolder folder;
  const Sha256Digest published = write_state_of(10'000, folder / "s");
  const store::StateReader honest(folder / "s");
  const std::vector<std::byte> section = honest.read_section(entities_section);
  const std::string entities(reinterpret_cast<const char*>(section.data()), section.size());
  const fs::path forged = folder / "forged";
  forge(honest, entities, forged, std::nullopt);
  EXPECT_EQ(prove(forged, entity(8), false).proved.root, published);
  Random random(2);
  std::size_t rooted = 0;
  for (int i = 0; i < 20; ++i) {
    std::string changed = entities;
    changed[random() % changed.size()] ^= static_cast<char>(1 << random() % 8);
    forge(honest, changed, forged, std::nullopt);
    store::StateReader(forged).check_intact();
    EXPECT_THROW(prove(forged, entity(8), false), DataError);
    EXPECT_THROW(merge_states(std::vector{forged}, folder / "m", {}), DataError);
    EXPECT_THROW(report_states({}, std::vector{forged}, comm::Comm::solo()), CollectiveError);
    // With the root that its entities have now, where they are still entities at all.
    const auto state = make_provable(honest.kind(), honest.configuration());
    core::SumTreeRange range(state->sums());
    try {
      const store::StateReader file(forged);
      state->each_leaf(file, "forged", [&](Bytes key, Bytes sum) { range.add(key, sum); });
    } catch (const DataError&) {
      continue;
    }
    const core::SumTree tree = std::move(range).finish();
    EXPECT_NE(tree.root, published);
    forge(honest, changed, forged, StateRoot{tree.leaves, tree.root});
    const MadeProof made = prove(forged, entity(8), false);
    EXPECT_THROW(check_state_proof(made.bytes, published, std::nullopt), CheckError);
    ++rooted;
  }
  EXPECT_GT(rooted, 0u);
}

// A publisher who takes records away from a total by an entity with fewer than none.
TEST(StateProof, NoEntityHasFewerThanNoRecords) {
  const TempFolder folder;
  write_state_of(3, folder / "s");
  const auto state = make_provable("stats", store::StateReader(folder / "s").configuration());
  core::Moments<Sums> moments({-10});
  const std::vector<double> one = {1};
  moments.subtract(one);
  core::SumTreeRange range(state->sums());
  EXPECT_THROW(range.add(bytes_of("k"), moments.to_bytes()), DataError);
}

// Under a key that is not its own, an entity could be counted twice.
TEST(StateProof, AnEntityHasOneKey) {
  const TempFolder folder;
  write_state_of(3, folder / "s");
  const auto state = make_provable("stats", store::StateReader(folder / "s").configuration());
  core::Moments<Sums> moments({-10});
  moments.add(std::vector<double>{1});
  const std::string key = state->key_of(entity(5));
  for (std::size_t at = 0; at < key.size(); ++at) {
    std::string other = key;
    other[at] ^= 1;
    core::SumTreeRange range(state->sums());
    range.watch(0);
    range.add(bytes_of(other), moments.to_bytes());
    const core::SumTree tree = std::move(range).finish();
    EXPECT_THROW(check_state_proof(core::to_bytes(tree.proofs[0]), tree.root, std::nullopt),
                 CheckError);
  }
}

TEST(StateProof, KeysAreReadBack) {
  Random random(5);
  for (int i = 0; i < 2000; ++i) {
    EntityKey key;
    const bool has_id = random() % 3 != 0;
    const auto text = [&] {
      std::string out;
      for (auto n = random() % 4; n > 0; --n) out += "\0\1\2a\xff"[random() % 5];
      return out;
    };
    if (has_id && random() % 2) key.id = static_cast<std::int64_t>(random());
    if (has_id && !key.id) key.id = text();
    for (auto n = random() % 3; n > 0; --n) key.path.push_back(text());
    std::string bytes = key.sort_bytes();
    const EntityKey back = EntityKey::from_sort_bytes(bytes, has_id, key.path.size());
    EXPECT_EQ(back.to_bytes(), key.to_bytes());
    if (bytes.empty()) continue;
    EXPECT_THROW(EntityKey::from_sort_bytes(bytes + "x", has_id, key.path.size()), Error);
    bytes.pop_back();
    EXPECT_THROW(EntityKey::from_sort_bytes(bytes, has_id, key.path.size()), Error);
  }
}

}  // namespace
}  // namespace trawl::fold
