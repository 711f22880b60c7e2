// Pieces that are used again: their names are known then, and nothing else is left in them.
#include <random>

#include <gtest/gtest.h>

#include <trawl/comm/comm.hpp>

#include "fold/evidence/population.hpp"

namespace trawl::fold {
namespace {

using evidence::Key;

// Rows about `entities` entities from `first` on, notes, a refusal and a record that may repeat.
void fill(EvidencePiece& piece, std::int64_t first, std::int64_t entities, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::uint32_t no_type = piece.types.number(Key(std::int64_t{0}));
  for (std::int64_t i = 0; i < entities; ++i) {
    const std::uint32_t entity = piece.entities.number(Key(first + i)),
                        source = piece.sources.number(Key("s" + std::to_string(random() % 9)));
    piece.rows[EvidencePiece::part_of(piece.entities.hash(entity))].push_back(
        {entity, source, no_type, 0, static_cast<double>(random() % 100) / 8, 1});
    if (i % 5 == 0) ++piece.note(entity).refused;
  }
  ++piece.refusals.null;
  append_candidate(piece.candidates, {Key(first), Key("s1"), Key("id"), {}, {0, seed}});
  piece.candidate_ends.push_back(piece.candidates.size());
  piece.candidate_entities.push_back(0);
}

struct Work {
  std::int64_t first, entities;
};

TEST(EvidencePiece, UsedAgainIsAsGoodAsNew) {
  // More names than are kept, and few again.
  const std::vector<Work> works = {{0, 50}, {20, 70}, {-5, 140'000}, {3, 100}, {1'000'000, 40}};
  EvidencePopulation again{evidence::Rules()}, anew{evidence::Rules()};
  for (std::size_t i = 0; i < works.size(); ++i) {
    EvidencePiece piece = again.take_piece();
    EXPECT_TRUE(piece.candidates.empty() && piece.noted.empty());
    fill(piece, works[i].first, works[i].entities, i);
    again.add(piece);
    again.give_back(std::move(piece));
    EvidencePiece other;
    fill(other, works[i].first, works[i].entities, i);
    anew.add(other);
  }
  for (EvidencePopulation* population : {&again, &anew}) population->resolve(comm::Comm::solo());
  EXPECT_EQ(again.refusals.null, works.size());
  EXPECT_EQ(again.candidates, works.size());
  std::int64_t refused = 0, want = 0;
  for (const Work& work : works) want += (work.entities + 4) / 5;
  for (std::size_t part = 0; part < EvidenceTable::parts; ++part) {
    EXPECT_EQ(again.part_to_bytes(part), anew.part_to_bytes(part));
    again.table.each_of(part,
                        [&](const Key&, const EntityState& e) { refused += e.notes.refused; });
  }
  EXPECT_EQ(refused, want);
}

}  // namespace
}  // namespace trawl::fold
