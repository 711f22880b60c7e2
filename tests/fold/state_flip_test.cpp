// One changed bit anywhere in a state of 10,000 leaves is found by the reader that everybody uses.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/fold/evidence_state.hpp>
#include <trawl/fold/merge_states.hpp>
#include <trawl/fold/stats_state.hpp>

#include "base/temp_folder.hpp"

namespace trawl::fold {
namespace {

using test::TempFolder;

constexpr std::size_t seal_bytes = 512;

void expect_leaves(const fs::path& path) {
  const std::vector<std::byte> root = store::StateReader(path).read_section("root");
  std::uint64_t leaves = 0;
  std::memcpy(&leaves, root.data(), sizeof leaves);
  EXPECT_GE(leaves, 10'000u);
}

constexpr const char* many_entities =
    "gen:evidence?datasets=1&rows=60000&seed=3&entities=10100&sources=5&equivocations=0.001";
constexpr const char* few_entities =
    "gen:evidence?datasets=1&rows=300&seed=3&entities=20&sources=5&equivocations=0.1";

void write_evidence(const fs::path& path, const char* source) {
  EvidenceRequest request;
  request.search.inputs = {source};
  request.columns = {"entity", "log_odds", "weight", "source", "id", "time", "type", ""};
  request.state = path;
  request.search = search_of(request);
  PhaseTimer timer;
  evidence(request, comm::Comm::solo(), {}, timer);
}

// The smallest that there are.
void write_statistics(const fs::path& path, const char* source) {
  StatsRequest request;
  request.search.inputs = {source};
  request.features = {"amount"};
  request.group_by = "user_id";
  request.unit_exponents = {-10};
  request.distributions = false;
  request.state = path;
  request.search = search_of(request);
  PhaseTimer timer;
  stats(request, comm::Comm::solo(), {}, timer);
}

// As `trawl inspect` looks at it.
bool is_found(const fs::path& path) {
  try {
    const store::StateReader reader(path);
    reader.check_intact();
    return false;
  } catch (const DataError&) {
    return true;
  }
}

// All that a merge, a report or a proof gets of it; nothing when something is found.
std::string what_is_read(const fs::path& path) {
  try {
    const store::StateReader reader(path);
    std::string all = reader.kind() + reader.configuration() + describe(reader.coverage());
    for (const std::string& name : reader.sections()) {
      reader.read_section(name, [&](Bytes bytes) {
        all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      });
    }
    return all;
  } catch (const DataError&) {
    return "";
  }
}

class Flipper {
 public:
  explicit Flipper(const fs::path& path)
      : path_(path), fd_(::open(path.c_str(), O_RDWR)), bytes_(read_file(path)) {}

  std::uint64_t bits() const { return 8 * bytes_.size(); }
  // Calls with one bit of the file changed, and changes it back.
  template <class Function>
  auto with(std::uint64_t bit, const Function& function) {
    put(bit, static_cast<char>(bytes_[bit / 8] ^ (1 << bit % 8)));
    const auto result = function(path_);
    put(bit, bytes_[bit / 8]);
    return result;
  }

 private:
  void put(std::uint64_t bit, char byte) {
    if (::pwrite(fd_.get(), &byte, 1, static_cast<off_t>(bit / 8)) != 1) throw Error("pwrite");
  }

  fs::path path_;
  Fd fd_;
  std::string bytes_;
};

TEST(StateFlip, IsFoundByTheReader) {
  const TempFolder folder;
  write_evidence(folder / "s", many_entities);
  expect_leaves(folder / "s");
  ASSERT_FALSE(is_found(folder / "s"));
  const std::string honest = what_is_read(folder / "s");
  Flipper flipper(folder / "s");
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> bits;
  for (std::uint64_t bit = 0; bit < 8 * seal_bytes; ++bit) bits.push_back(bit);
  for (int i = 0; i < 400; ++i) bits.push_back(random() % flipper.bits());
  std::size_t missed = 0, delivered = 0;
  for (const std::uint64_t bit : bits) {
    if (!flipper.with(bit, is_found)) ++missed;
    // Whoever does not read the whole file is never given anything but what was written.
    const std::string read = flipper.with(bit, what_is_read);
    if (!read.empty() && read != honest) ++delivered;
  }
  EXPECT_EQ(missed, 0u);
  EXPECT_EQ(delivered, 0u);
  EXPECT_FALSE(is_found(folder / "s"));
}

struct Kind {
  const char* name;
  void (*write)(const fs::path&, const char* source);
  const char* sources[2];
  std::string (*report)(const fs::path&);
};
constexpr const char* other_entities =
    "gen:evidence?datasets=1&rows=300&seed=4&entities=20&sources=5&equivocations=0.1";
std::string report_evidence(const fs::path& state) {
  const std::vector states = {state};
  return report_evidence_states({}, states, comm::Comm::solo()).evidence.lines;
}
std::string report_statistics(const fs::path& state) {
  const std::vector states = {state};
  return report_states({}, states, comm::Comm::solo()).stats.lines;
}

constexpr Kind kinds[] = {
    {"evidence", write_evidence, {few_entities, other_entities}, report_evidence},
    {"statistics",
     write_statistics,
     {"gen:transactions?datasets=1&rows=60&seed=7", "gen:transactions?datasets=1&rows=60&seed=8"},
     report_statistics}};

// Bytes of the merged state; nothing when a state is refused, and nothing is written then.
std::string merged(const std::vector<fs::path>& states, const fs::path& out) {
  fs::remove(out);
  try {
    merge_states(states, out, {});
    return read_file(out);
  } catch (const DataError&) {
    EXPECT_FALSE(fs::exists(out));
    return "";
  }
}

std::string reported(const Kind& kind, const fs::path& state) {
  try {
    return kind.report(state);
  } catch (const CollectiveError& error) {
    EXPECT_EQ(error.code(), ExitCode::incomplete);
    return "";
  }
}

// Sections, summary, root, what HDF5 keeps for itself, and what nobody reads.
TEST(StateFlip, IsRefusedByMergesAndReports) {
  for (const Kind& kind : kinds) {
    SCOPED_TRACE(kind.name);
    const TempFolder folder;
    const fs::path state = folder / "s", other = folder / "t", out = folder / "m";
    kind.write(state, kind.sources[0]);
    kind.write(other, kind.sources[1]);
    Flipper flipper(state);
    const auto alone = [&](const fs::path& path) { return merged({path}, out); };
    const auto with_other = [&](const fs::path& path) { return merged({other, path}, out); };
    const auto report = [&](const fs::path& path) { return reported(kind, path); };
    ASSERT_NE(alone(state), "");
    ASSERT_NE(with_other(state), "");
    ASSERT_NE(report(state), "");
    std::mt19937_64 random(5);
    for (int i = 0; i < 300; ++i) {
      const std::uint64_t bit = random() % flipper.bits();
      EXPECT_EQ(flipper.with(bit, alone), "") << bit;
      EXPECT_EQ(flipper.with(bit, with_other), "") << bit;
      EXPECT_EQ(flipper.with(bit, report), "") << bit;
    }
  }
}

// Every bit behind the seal, by what check_intact compares: the digest of all bytes there with that
// in the seal, of which IsFoundByTheReader changes every bit. The file is in memory. All bits, some
// minutes: TRAWL_TEST_ALL_FLIPS=<threads>; otherwise one in 20,011.
TEST(StateFlip, ChangesTheDigestInTheSeal) {
  const TempFolder folder;
  write_statistics(folder / "s", "gen:transactions?datasets=2&rows=5100&seed=7");
  expect_leaves(folder / "s");
  const std::string file = read_file(folder / "s");
  const std::string sealed = store::StateReader(folder / "s").content_digest();
  const char* const all = std::getenv("TRAWL_TEST_ALL_FLIPS");
  const auto threads = all == nullptr ? 1 : std::max(1, std::atoi(all));
  const std::uint64_t step = all == nullptr ? 20'011 : 1;
  const std::uint64_t bits = 8 * (file.size() - seal_bytes);
  constexpr std::uint64_t parts = 64;
  std::atomic<std::uint64_t> tried = 0, missed = 0;
  parallel_for(parts, threads, [&](std::size_t part) {
    std::string bytes = file.substr(seal_bytes);
    const auto digest = [&] {
      Xxh3Stream stream;
      stream.add(bytes_of(bytes));
      return stream.hex();
    };
    if (digest() != sealed) ++missed;
    for (std::uint64_t bit = part * step; bit < bits; bit += parts * step) {
      const char honest = bytes[bit / 8];
      bytes[bit / 8] = static_cast<char>(honest ^ (1 << bit % 8));
      ++tried;
      if (digest() == sealed) ++missed;
      bytes[bit / 8] = honest;
    }
  });
  EXPECT_EQ(missed, 0u);
  if (all != nullptr) {
    EXPECT_EQ(tried, bits);
  }
  std::printf("%llu of %llu bits changed, %llu not found\n", static_cast<unsigned long long>(tried),
              static_cast<unsigned long long>(bits), static_cast<unsigned long long>(missed));
}

}  // namespace
}  // namespace trawl::fold
