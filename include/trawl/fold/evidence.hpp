// Evidence for and against entities, of many sources: exact, each record once, and robust against
// sources that lie. The same bytes for any number of ranks and threads and any order of rows.
// docs/evidence.md defines what is computed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/core/evidence/rules.hpp>
#include <trawl/fold/search.hpp>
#include <trawl/fold/source_registry.hpp>
#include <trawl/store/state_file.hpp>

namespace trawl::fold {

// Names of columns. Empty: there is none, and every record has weight 1, is of source 0, of no type
// and of no time, and is a piece of evidence of its own.
struct EvidenceColumns {
  std::string entity, log_odds;  // never empty
  std::string weight, source, id, time, type;
  std::string prior;  // the prior probability of the row's entity; empty: EvidenceRequest::prior
};

struct EvidenceRequest {
  SearchRequest search;  // which rows, of which inputs; the rest as search_of() sets it
  EvidenceColumns columns;
  evidence::Rules rules;  // registered_only: as `registered` says, whatever stands here
  // Only these sources vote, each with its votes; nothing: all do, with one. InputError when it is
  // there and columns.source is not.
  std::optional<SourceRegistry> registered;
  double prior = 0.5;  // of every entity, in (0, 1)
  // Bytes of the screen that a node has at once (a rank, where ranks of a node cannot share
  // memory). Whatever does not fit takes more passes over the data. No result depends on it.
  std::uint64_t screen_bytes = std::uint64_t{4} << 30;
  // Words of 8 bytes of the screen that proves identities to be unique; 0: one for 6 rows. No
  // result depends on it.
  std::uint64_t screen_words = 0;
  // Bytes of records that may come twice which a rank keeps in memory until they are compared; more
  // wait in a file in `scratch` (empty: where this system has files that do not last), which has no
  // name and is gone with the process. No result depends on it.
  std::uint64_t compare_bytes = std::uint64_t{1} << 30;
  std::filesystem::path scratch;
  std::filesystem::path state;  // where the state is written; empty: nowhere
  bool overwrite_state = false;
  bool state_ids = true;  // false: states that share identities cannot be merged with it
  // The root of the sum tree over the entities (state_proof.hpp); with a state always.
  bool entities_root = false;
};

std::string_view name_of(
    evidence::Equivocation policy);  // "distrust", "distrust-on-entity", "drop"

// Rows that are not evidence, each counted for the first reason that holds.
struct EvidenceRefusals {
  std::uint64_t null = 0;     // NULL for the entity, source, id, log-odds, weight or prior
  std::uint64_t inexact = 0;  // an integer that no double equals
  std::uint64_t nan_log_odds = 0;
  std::uint64_t bad_weight = 0;  // NaN, or outside [0, 1]
  std::uint64_t bad_prior = 0;   // NaN, or outside (0, 1)

  void merge(const EvidenceRefusals& other);
  std::uint64_t sum() const { return null + inexact + nan_log_odds + bad_weight + bad_prior; }
  bool operator==(const EvidenceRefusals&) const = default;
};

// matches = records + duplicates + withheld + refused.
struct EvidenceCounts {
  std::uint64_t entities = 0;              // with at least one row that is not refused
  std::uint64_t statements = 0;            // pairs of an entity and a source that speaks about it
  std::uint64_t records = 0;               // counted in sums
  std::uint64_t clamped = 0;               // of these
  std::uint64_t capped_groups = 0;         // with more weight than the cap
  std::uint64_t duplicates = 0;            // rows that repeat another one
  std::uint64_t equivocations = 0;         // identities with more than one content
  std::uint64_t withheld = 0;              // their contents: none counts
  std::uint64_t equivocating_sources = 0;  // anywhere
  // Of the statements, those of sources without votes, for which reason.
  std::uint64_t distrusted = 0, unregistered = 0;
  // Entities by what is guaranteed of them.
  std::uint64_t holds = 0, holds_if_independent = 0, too_few_sources = 0;
  EvidenceRefusals refused;
};

struct EvidenceResult {
  SearchResult search;  // of the pass that sums; bytes_read is of both
  // On root, of all ranks: rows that the screen could not prove to be unique, which depends on the
  // screen and on who came first; and those of them whose identity other rows have too.
  std::uint64_t candidates = 0, compared = 0;
  // Root only, and only unless interrupted:
  std::string lines;  // evidence.jsonl: all entities, then all equivocations
  EvidenceCounts counts;
  // None, too, when the audit found that rows are missing (SearchResult::audit).
  std::optional<store::WrittenState> state;
  std::optional<Sha256Digest> entities_root;
};

// Collective. What --entity and so on are when they are not given: the columns with these names
// (entity, log_odds, weight, source, id, time, type) of the first dataset that can be opened, as
// far as it has them. InputError (as CollectiveError) when no dataset can be opened.
EvidenceColumns usual_columns(const SearchRequest& search, const comm::Comm& comm);

// Collective. Whether the first dataset that can be opened has whole numbers in this column; false
// when it does not have it. InputError (as CollectiveError) when no dataset can be opened.
bool has_whole_numbers(const SearchRequest& search, const std::string& column,
                       const comm::Comm& comm);

// Local. request.search with what the columns and options of evidence add to it.
SearchRequest search_of(const EvidenceRequest& request);

// Local. The request that a certificate of `trawl evidence` certifies, from its body: all but where
// the data lies and how fast to go. DataError (or a JSON exception) for another body.
EvidenceRequest evidence_request_of(const Json& body);

// Root. What a certificate counts of a result besides the coverage.
Json counts_of(const EvidenceCounts& counts);
Json counts_of(const EvidenceResult& result);

// Collective. `request.search` is from search_of(). Reads the data twice if there are ids.
// InputError (as CollectiveError): no such column, or of a type that does not fit; rules that
// cannot be; an entity with two priors. Error: the data changed between the passes.
EvidenceResult evidence(const EvidenceRequest& request, const comm::Comm& comm,
                        const SearchHooks& hooks, PhaseTimer& timer);

}  // namespace trawl::fold
