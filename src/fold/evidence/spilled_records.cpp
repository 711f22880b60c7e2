#include "fold/evidence/spilled_records.hpp"

#include <algorithm>
#include <vector>

#include "fold/evidence/state_record.hpp"
#include "fold/state_section.hpp"
#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

constexpr std::string_view phase = "writing the records of the state";
// Of all ranks together, brought together at once: enough to be quick, little beside the table.
constexpr std::uint64_t step_bytes = std::uint64_t{64} << 20;

// Buckets [first, last) whose bytes are brought together at once.
struct Step {
  std::size_t first, last;

  // Within a step, ranks own equal ranges of hashes.
  std::size_t owner_of(std::uint64_t hash, std::size_t ranks) const {
    __extension__ using Wide = unsigned __int128;
    const Wide begin = Wide{first} << 56, size = Wide{last - first} << 56;
    return static_cast<std::size_t>((hash - begin) * ranks / size);
  }
};

std::vector<Step> steps_of(const RecordSpill& spill, const Comm& comm) {
  std::vector<std::uint64_t> bytes;
  for (std::size_t i = 0; i < RecordSpill::buckets; ++i) bytes.push_back(spill.bytes(i));
  comm.all_sum(bytes);
  std::vector<Step> steps;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (steps.empty() || sum + bytes[i] > step_bytes) {
      steps.push_back({i, i});
      sum = 0;
    }
    steps.back().last = i + 1;
    sum += bytes[i];
  }
  return steps;
}

// By owner.
std::vector<std::vector<char>> messages(RecordSpill& spill, const Step& step, std::size_t ranks) {
  std::vector<std::vector<char>> out(ranks);
  for (std::size_t bucket = step.first; bucket < step.last; ++bucket) {
    const std::string bytes = spill.take(bucket);
    for (std::string_view rest = bytes; !rest.empty();) {
      const char* const begin = rest.data();
      const std::string_view identity = take_text(rest);
      take_text(rest);
      std::vector<char>& to = out[step.owner_of(xxh3(bytes_of(identity)), ranks)];
      to.insert(to.end(), begin, rest.data());
    }
  }
  return out;
}

struct Row {
  std::uint64_t hash;
  std::string_view identity, content;
  auto operator<=>(const Row&) const = default;
};

// The records of one rank, sorted, as bytes of the section.
std::string resolve(const std::vector<std::vector<char>>& received, SpilledCounts& counts) {
  std::vector<Row> rows;
  for (const std::vector<char>& message : received) {
    for (std::string_view rest(message.data(), message.size()); !rest.empty();) {
      const std::string_view identity = take_text(rest);
      rows.push_back({xxh3(bytes_of(identity)), identity, take_text(rest)});
    }
  }
  std::ranges::sort(rows);
  std::string out;
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    IdentityRecord record;
    record.identity = rows[begin].identity;
    for (; end < rows.size() && rows[end].identity == record.identity; ++end) {
      if (record.contents.empty() || record.contents.back() != rows[end].content)
        record.contents.emplace_back(rows[end].content);
    }
    record.deliveries = end - begin;
    record.append_bytes(out);
    ++counts.identities;
    counts.equivocations += record.contents.size() > 1 ? 1 : 0;
  }
  counts.rows += rows.size();
  return out;
}

}  // namespace

SpilledCounts collect_records(RecordSpill& spill, const Comm& comm,
                              const std::function<void(std::string_view)>& on_records) {
  SpilledCounts counts;
  for (const Step& step : steps_of(spill, comm)) {
    std::vector<std::vector<char>> mine;
    comm.agree(phase, [&] { mine = messages(spill, step, static_cast<std::size_t>(comm.size())); });
    auto received = comm.exchange(mine);
    mine.clear();
    std::string records;
    comm.agree(phase, [&] { records = resolve(received, counts); });
    received.clear();
    std::size_t at = 0;
    const Pieces pieces{[&] {
                          const std::string piece = records.substr(at, Pieces::bytes);
                          at += piece.size();
                          return std::vector<char>(piece.begin(), piece.end());
                        },
                        [&] { return at == records.size(); }};
    collect_pieces(phase, pieces, comm, on_records);
  }
  for (std::uint64_t* count : {&counts.rows, &counts.identities, &counts.equivocations})
    *count = comm.sum(*count);
  return counts;
}

}  // namespace trawl::fold
