// What is in a state of evidence: each thing has one form of bytes, and nothing else is read.
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "fold/evidence/state_entity.hpp"
#include "fold/evidence/state_record.hpp"

namespace trawl::fold {
namespace {

using Random = std::mt19937_64;

evidence::Key random_key(Random& random) {
  if (random() % 2 == 0) return static_cast<std::int64_t>(random() % 100) - 50;
  return fmt::format("name {}", random() % 50);
}

IdentityRecord random_record(Random& random) {
  IdentityRecord record;
  append_identity(record.identity, {random_key(random), random_key(random), random_key(random)});
  for (std::size_t left = 1 + random() % 3; left > 0; --left)
    record.contents.push_back(fmt::format("{}", random()));
  std::ranges::sort(record.contents);
  record.deliveries = record.contents.size() + random() % 300;
  return record;
}

std::string body_of(const IdentityRecord& record) {
  std::string bytes;
  record.append_bytes(bytes);
  std::string_view rest = bytes;
  const std::uint64_t size = take_varint(rest);
  EXPECT_EQ(size, rest.size());
  return std::string(rest);
}

EvidenceEntity random_entity(Random& random, bool priors) {
  EvidenceEntity entity;
  entity.notes.refused = static_cast<std::int64_t>(random() % 3);
  for (std::size_t left = 1 + random() % 4; left > 0; --left) {
    SourceState& source = entity.sources[random_key(random)];
    for (std::size_t rows = 1 + random() % 5; rows > 0; --rows) {
      const double value = static_cast<double>(random() % 1000) / 64 - 7;
      source.sums.add(random_key(random), {value, 1, random() % 4 == 0, evidence::Refusal::none});
      ++entity.notes.accepted;
    }
    source.duplicates += 2;
    entity.notes.accepted += 2;
  }
  if (priors) entity.notes.merge({0, 0, 0.25, 0.5});
  return entity;
}

// A few bytes changed, or the end cut off.
std::string damaged(std::string bytes, Random& random) {
  for (std::size_t left = 1 + random() % 2; left > 0; --left)
    bytes[random() % bytes.size()] = static_cast<char>(random() % 8 == 0 ? random() : random() % 3);
  if (random() % 4 == 0) bytes.resize(random() % bytes.size());
  return bytes;
}

TEST(EvidenceState, RecordsHaveOneForm) {
  Random random(1);
  for (int i = 0; i < 5000; ++i) {
    const std::string bytes = body_of(random_record(random));
    EXPECT_EQ(body_of(IdentityRecord::from_bytes(bytes)), bytes);
    const std::string other = damaged(bytes, random);
    try {
      EXPECT_EQ(body_of(IdentityRecord::from_bytes(other)), other);
    } catch (const Error&) {
    }
  }
}

TEST(EvidenceState, EntitiesHaveOneForm) {
  Random random(2);
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    const bool priors = i % 2 == 0;
    const auto bytes_of_entity = [&](const EvidenceEntity& entity) {
      std::string bytes;
      entity.append_bytes(bytes, priors);
      return bytes;
    };
    const std::string bytes = bytes_of_entity(random_entity(random, priors));
    EXPECT_EQ(bytes_of_entity(EvidenceEntity::from_bytes(bytes, priors)), bytes);
    const std::string other = damaged(bytes, random);
    try {
      EXPECT_EQ(bytes_of_entity(EvidenceEntity::from_bytes(other, priors)), other);
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(EvidenceState, NumbersHaveOneForm) {
  Random random(3);
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t value = random() >> random() % 64;
    std::string bytes;
    put_varint(bytes, value);
    std::string_view rest = bytes;
    EXPECT_EQ(take_varint(rest), value);
    EXPECT_TRUE(rest.empty());
  }
  for (const std::string_view wrong :
       {std::string_view("\x80", 1), std::string_view("\x80\0", 2),
        std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")}) {
    std::string_view rest = wrong;
    EXPECT_THROW(take_varint(rest), Error);
  }
}

TEST(EvidenceState, TotalsHaveOneForm) {
  Random random(4);
  for (int i = 0; i < 2000; ++i) {
    const auto bytes = random_entity(random, false).total().to_bytes();
    EXPECT_EQ(evidence::Total::from_bytes(bytes).to_bytes(), bytes);
    auto other = bytes;
    other[random() % other.size()] ^= static_cast<std::byte>(1 << random() % 8);
    try {
      EXPECT_EQ(evidence::Total::from_bytes(other).to_bytes(), other);
    } catch (const DataError&) {
    }
  }
  evidence::Total negative;
  negative.records = -1;
  EXPECT_THROW(evidence::Total::from_bytes(negative.to_bytes()), DataError);
}

}  // namespace
}  // namespace trawl::fold
