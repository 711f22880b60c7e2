// Exact statistics of the rows that match: of all, of every group of a hierarchy, and of every
// entity. The same bytes for any number of ranks and threads and any order of rows and datasets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/comm/comm.hpp>
#include <trawl/core/stats/entity_id.hpp>
#include <trawl/core/stats/fdr.hpp>
#include <trawl/fold/search.hpp>
#include <trawl/store/state_file.hpp>

namespace trawl::fold {

// Which entities are unusual beside those that share their parent, or which records.
struct AnomalyRequest {
  double fdr = 0.01;  // expected share of wrong ones among those that are flagged; (0, 1]
  core::FdrMethod method = core::FdrMethod::benjamini_hochberg;
  bool robust = false;   // baselines that outliers cannot bend; not with records
  bool records = false;  // records are judged too
};

// Which entities are compared with each other, by the correlation of their profiles
// (core/stats/profiles.hpp).
struct PairRequest {
  std::uint64_t similar = 0;  // so many most correlated pairs below each parent
  // By name, anywhere below the root; canonical() of them.
  std::vector<std::pair<stats::EntityId, stats::EntityId>> named;
};

// Local. Each pair in order, pairs in order and once. InputError: an entity with itself.
PairRequest canonical(PairRequest request);

// "7" or "\"7\"", as in lines.
std::string json_text(const stats::EntityId& id);
// DataError (or a JSON exception) for what json_text would not have written.
stats::EntityId entity_id_from(const Json& json);

std::string_view name_of(core::FdrMethod method);  // "bh", "by", "e-bh"

struct StatsRequest {
  SearchRequest search;  // which rows, of which inputs; the rest as search_of() sets it
  std::vector<std::string> features;  // 1 to core::max_features columns of numbers or times
  std::string group_by;               // the column that names a row's entity; empty: no entities
  std::vector<std::string> levels;    // columns that name a row's path, top first
  std::uint64_t fanout = 10;          // of the balanced tree of entities when there are no levels
  std::vector<int> unit_exponents;    // fixed point: one per feature; empty: sums of the doubles
  double confidence = 0.95;           // of the intervals, in (0, 1)
  bool correlate = false;             // covariances and correlations of the features too
  bool distributions = true;          // range, quantiles, distinct values and NULLs of the nodes
  std::optional<AnomalyRequest> anomalies;  // of entities (with group_by), and of records
  std::filesystem::path state;              // where the state is written; empty: nowhere
  bool overwrite_state = false;
  std::optional<PairRequest> pairs;  // requires group_by, and 3 features
  // The root of the sum tree over the entities (state_proof.hpp); with a state always.
  bool entities_root = false;
};

// Rows that are in no record, and why: counted once for each column that says so.
struct ColumnRefusals {
  std::string column;
  std::uint64_t nulls = 0;
  std::uint64_t inexact = 0;  // integers that no double is equal to
};

// What was judged, and how it went.
struct AnomalyCounts {
  std::uint64_t judged = 0;
  std::uint64_t undecided = 0;  // no baseline with enough to compare, or nothing counted
  std::uint64_t flagged = 0;
  double log_threshold = 0;  // flagged: log p at most this, or -log e; -infinity: none are
};

// What was compared, and how it went.
struct PairCounts {
  std::uint64_t parents = 0;            // whose most correlated pairs were looked for
  std::uint64_t undecided_parents = 0;  // of two or more entities, but not 3 features that vary
  std::uint64_t flat = 0;       // entities of these parents that are as high in all features
  std::uint64_t similar = 0;    // pairs that were found
  std::uint64_t named = 0;      // lines of pairs that were named
  std::uint64_t undefined = 0;  // of these: have no correlation
};

struct StatsResult {
  SearchResult search;
  // Root only, and only unless interrupted:
  std::string lines;  // stats.jsonl: all nodes, parents first, siblings by name; then all entities,
                      // then flagged records
  std::uint64_t nodes = 0;
  std::uint64_t entities = 0;            // pairs of an entity and a path
  std::uint64_t split_entities = 0;      // entities whose rows name several paths
  std::uint64_t records = 0;             // counted in the root
  std::uint64_t refused = 0;             // rows with a value that cannot be added
  std::uint64_t without_key = 0;         // rows with NULL for the entity or a level: in no node
  std::vector<ColumnRefusals> refusals;  // features, then entity and levels
  AnomalyCounts anomalies;               // as far as anomalies were asked for: of entities
  AnomalyCounts record_anomalies;
  PairCounts pairs;  // as far as pairs were asked for
  // None, too, when the audit found that rows are missing (SearchResult::audit).
  std::optional<store::WrittenState> state;
  std::optional<Sha256Digest> entities_root;
};

// Local. request.search with what the columns and options of the statistics add to it: what is
// searched for, and certified. Requires that no column is named twice among features or keys.
SearchRequest search_of(const StatsRequest& request);

// Local. The request that a certificate of `trawl stats` certifies, from its body: all but where
// the data lies and how fast to go. DataError (or a JSON exception) for another body.
StatsRequest stats_request_of(const Json& body);

// Root. What a certificate counts of a result besides the coverage.
Json counts_of(const StatsRequest& request, const StatsResult& result);

// Collective. `request.search` is from search_of(). InputError (as CollectiveError): no such
// column, or of a type that does not fit; or, before any row is read, that a state would cover the
// same data twice. A row is refused as a whole, and counted, when a feature
// is NULL, NaN, infinite, out of the range of its fixed-point unit, or an integer that no double
// equals. NULL for the entity or a level leaves the row out of every node: without_key. An entity
// whose rows name several paths is one entity on each of these paths, and counted in
// split_entities.
StatsResult stats(const StatsRequest& request, const comm::Comm& comm, const SearchHooks& hooks,
                  PhaseTimer& timer);

}  // namespace trawl::fold
