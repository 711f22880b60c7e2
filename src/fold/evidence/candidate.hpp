// A record whose identity may come twice, kept whole until all that share it are together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <trawl/base/type.hpp>
#include <trawl/core/evidence/consensus.hpp>

#include "fold/evidence/columns.hpp"

namespace trawl::fold {

// What an identity does not fix of a record: equal ones are duplicates, bit for bit.
struct RecordContent {
  std::optional<evidence::Key> type;  // NULL, or no such column: nothing
  Type time_type = Type::int64;
  std::optional<std::int64_t> time;        // of Type::float64: its bits
  std::uint64_t log_odds = 0, weight = 0;  // bits of doubles
};

evidence::Contribution contribution_of(const RecordContent& content, const evidence::Rules& rules);

// What names a piece of evidence.
struct Identity {
  evidence::Key entity, source, id;
  auto operator<=>(const Identity&) const = default;
};

struct Candidate {
  evidence::Key entity, source, id;
  RecordContent content;
  Place place;
};

// Bytes whose order is that of identities (entity, source, id; as Keys are ordered), then contents
// (as evidence::Content is ordered; nothing before something), then places. Equal identities, and
// contents, have equal bytes; none is the beginning of another.
struct CandidateBytes {
  std::string_view identity, content, place;
};

void append_candidate(std::string& out, const Candidate& candidate);
// Of one candidate.
CandidateBytes split_candidate(std::string_view bytes);
Candidate read_candidate(const CandidateBytes& bytes);

// Of these parts; Error for bytes that are not one as a whole.
void append_identity(std::string& out, const Identity& identity);
Identity read_identity(std::string_view bytes);
RecordContent read_content(std::string_view bytes);

}  // namespace trawl::fold
