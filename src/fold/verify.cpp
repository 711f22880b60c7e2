#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/partition.hpp>
#include <trawl/core/predicate/reference.hpp>
#include <trawl/core/predicate/zone_test.hpp>
#include <trawl/fold/verify.hpp>

#include "catalogs.hpp"
#include "filter_screen.hpp"
#include "fold/recount.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

constexpr std::uint64_t rescan_seed = 1;  // another sample than the audit's
constexpr std::size_t reported_per_rank = 1000;

// Where the datasets of the certificate are now.
std::vector<store::DatasetRef> locate(const RunFiles& run, const std::vector<std::string>& inputs) {
  std::map<std::string, store::DatasetRef> given;
  const Json& entries = run.record.at("inputs");
  if (!inputs.empty()) {
    for (store::DatasetRef& ref : store::list_inputs(inputs, run.certificate.body.at("table")))
      given[ref.name] = ref;
  }
  std::vector<store::DatasetRef> refs;
  for (std::size_t i = 0; i < run.certificate.body.at("datasets").size(); ++i) {
    const std::string name = run.certificate.body.at("datasets")[i].at("name");
    const auto found = given.find(name);
    if (found != given.end()) {
      refs.push_back(found->second);
    } else if (!inputs.empty()) {
      refs.push_back({name, name + " (not among the inputs given)", "", 0, 0, {}});
    } else {
      const Json& entry = entries.at(i);
      refs.push_back({name, entry.at("location"), entry.at("table"), entry.at("index"),
                      entry.at("bytes"), entry.value("catalog", std::string())});
    }
  }
  return refs;
}

// What matches.jsonl says about one row group: lines by row.
using Lines = std::map<std::uint64_t, std::string>;

class Verifier {
 public:
  Verifier(const RunFiles& run, const VerifyRequest& request, const Comm& comm)
      : run_(run),
        body_(run.certificate.body),
        request_(request),
        comm_(comm),
        is_search_(body_.value("command", "search") == "search"),
        lists_matches_(is_search_ && !body_.value("count_only", false)) {}

  VerifyReport verify() {
    comm_.agree("verifying the files of the run", [this] {
      if (comm_.is_root()) {
        for (std::string& problem : verify_arithmetic(run_)) fail(std::move(problem));
      }
    });
    comm_.agree("finding the data", [this] { prepare(); });
    verify_digests();
    verify_key_lists();
    verify_rows();
    verify_recount();
    return collect();
  }

 private:
  void fail(std::string problem) {
    ++report_.problem_count;
    if (report_.problems.size() < reported_per_rank) report_.problems.push_back(std::move(problem));
  }

  const Json& entry(std::uint64_t index) const { return body_.at("datasets").at(index); }
  std::string name(std::uint64_t index) const { return entry(index).at("name"); }

  void prepare() {
    Query query{core::parse(body_.at("predicate").get<std::string>()), {}};
    for (const Json& column : body_.at("select")) query.select.push_back(column);
    prepare_recount(query);
    catalogs_.emplace(query);
    pool_ = std::make_unique<DatasetPool>(locate(run_, request_.inputs), query);
    if (!lists_matches_) return;
    for (std::size_t at = 0, number = 1; at < run_.result.size(); ++number) {
      const std::size_t end = std::min(run_.result.find('\n', at), run_.result.size());
      const std::string line = run_.result.substr(at, end - at);
      try {
        const Json match = parse_json(line, "match");
        lines_[match.at("dataset")][match.at("row")] = line;
      } catch (const std::exception& error) {
        if (comm_.is_root()) fail(fmt::format("matches.jsonl, line {}: {}", number, error.what()));
      }
      at = end + 1;
    }
  }

  // Collective. Every dataset's digest, from all of its bytes, each on one rank.
  void verify_digests() {
    std::vector<std::uint64_t> bytes;
    for (const store::DatasetRef& ref : pool_->refs()) bytes.push_back(ref.bytes + 1);
    const auto owned = cut_by_weight(bytes, comm_.size());
    const auto rank = static_cast<std::size_t>(comm_.rank());
    comm_.agree("verifying the data", [&] {
      for (std::uint64_t i = owned[rank]; i < owned[rank + 1]; ++i) verify_digest(i);
    });
  }

  void verify_digest(std::uint64_t index) {
    if (entry(index).contains("failure")) return;
    try {
      const auto dataset = open_with_retry(pool_->refs()[index]);
      const std::string digest = dataset->recompute_digest();
      if (digest != entry(index).at("digest")) {
        fail(fmt::format("dataset '{}' was changed: its digest is {}, the certificate says {}",
                         name(index), digest, entry(index).at("digest").get<std::string>()));
      }
      if (dataset->info().rows != entry(index).at("coverage").at("rows")) {
        fail(fmt::format("dataset '{}' has {} rows, the certificate says {}", name(index),
                         dataset->info().rows, entry(index).at("coverage").at("rows").dump()));
      }
      ++report_.datasets;
      report_.bytes += dataset->info().bytes;
    } catch (const DataError& error) {
      fail(fmt::format("dataset '{}' cannot be read: {}", name(index), error.what()));
    }
  }

  // Collective. The key lists of the first dataset that the predicate fits; digests as certified.
  void verify_key_lists() {
    std::vector<core::KeyListRef> refs;
    if (!body_.at("key_lists").empty()) {
      for (std::uint64_t i = 0; i < pool_->refs().size() && refs.empty(); ++i) {
        try {
          refs = pool_->open(i)->predicate.key_lists;
        } catch (const Error&) {  // reported by verify_digest
        }
      }
    }
    keys_ = KeyLists::load(refs, request_.fpr, 1, comm_);
    for (std::size_t i = 0; comm_.is_root() && i < refs.size(); ++i) {
      const std::string certified = body_.at("key_lists").at(i).at("digest");
      if (keys_.facts()[i].digest == certified) continue;
      const bool same_kind =
          certified.find(':') != std::string::npos &&
          keys_.facts()[i].digest.starts_with(certified.substr(0, certified.find(':') + 1));
      fail(same_kind
               ? fmt::format("the key list '{}' was changed since the run", refs[i].path)
               : fmt::format("the key list '{}' has a digest of another version of this program, "
                             "which cannot be checked. Verify with that one, or search again",
                             refs[i].path));
    }
  }

  // Collective. Matches, proofs and the rescan, spread over all ranks by row groups.
  void verify_rows() {
    std::vector<Work> work;
    for (std::uint64_t i = 0; i < pool_->refs().size(); ++i) {
      const std::uint64_t rows = entry(i).at("coverage").at("rows"),
                          group_rows = entry(i).at("row_group_rows");
      if (rows > 0 && !entry(i).contains("failure"))
        work.push_back({i, 0, (rows + group_rows - 1) / group_rows, 1});
    }
    const auto shares = assign(work, comm_.size());
    comm_.agree("verifying the matches", [&] {
      for (const Work& piece : shares[static_cast<std::size_t>(comm_.rank())]) verify_piece(piece);
    });
  }

  void verify_piece(const Work& piece) {
    try {
      const auto open = pool_->open(piece.dataset);
      std::vector<LedgerRun> ledger;
      for (const Json& json : entry(piece.dataset).at("ledger"))
        ledger.push_back(ledger_run_from(json, piece.dataset));
      const FilterScreen filters(*open, keys_.sets());
      filters_ = &filters;
      for (std::uint64_t group = piece.begin; group < piece.end; ++group) {
        const auto run = std::find_if(ledger.begin(), ledger.end(), [&](const LedgerRun& r) {
          return r.begin <= group && group < r.end;
        });
        if (run == ledger.end() || run->state == GroupState::failed) continue;
        verify_group(*open, piece.dataset, group, *run);
      }
    } catch (const std::exception& error) {
      fail(fmt::format("dataset '{}' cannot be searched again: {}", name(piece.dataset),
                       error.what()));
    }
  }

  void verify_group(const OpenDataset& open, std::uint64_t dataset, std::uint64_t group,
                    const LedgerRun& run) {
    const bool by_catalog = run.state == GroupState::pruned &&
                            run.reason.ends_with(fmt::format("[{}]", Catalogs::screen));
    const bool proved = by_catalog && verify_catalog_proof(dataset, group, run);
    if (run.state == GroupState::pruned && !by_catalog) verify_proof(open, dataset, group, run);
    const std::uint64_t begin = open.info().group_begin(group),
                        end = begin + open.info().group_rows(group);
    columns_.begin(*open.dataset, group, end - begin);
    const auto found = lines_.find(name(dataset));
    const Lines none;
    const Lines& lines = found == lines_.end() ? none : found->second;
    for (auto line = lines.lower_bound(begin); line != lines.end() && line->first < end; ++line) {
      verify_match(open, line->first, begin, line->second);
    }
    const bool wanted = request_.rescan > 0 &&
                        in_sample(sample_hash(name(dataset), group, rescan_seed), request_.rescan);
    if (wanted || (by_catalog && !proved)) {
      rescan(open, dataset, begin, end, lines);
    }
  }

  // A catalog may have gone or been made anew since: then its proofs are checked by scanning what
  // they pruned.
  bool verify_catalog_proof(std::uint64_t dataset, std::uint64_t group, const LedgerRun& run) {
    ++report_.proofs;
    const store::DatasetRef& ref = pool_->refs()[dataset];
    const auto known = catalogs_->find(ref);
    if (!known || *known->catalog_digest != entry(dataset).at("catalog_digest")) return false;
    const auto proof = catalogs_->prove(ref, keys_.sets());
    if (!proof || proof->rule != run.reason) {
      fail(fmt::format(
          "dataset '{}', row group {}: pruned by '{}', but the catalog does not prove that",
          name(dataset), group, run.reason));
    }
    return true;
  }

  void verify_proof(const OpenDataset& open, std::uint64_t dataset, std::uint64_t group,
                    const LedgerRun& run) {
    // What filters prove goes before zones where both would do, but a run may have been told not to
    // use them.
    const bool by_filter = run.reason.ends_with(" filter]");
    const auto proof = prove(open, group, keys_.sets(), by_filter ? filters_ : nullptr);
    const bool same_bounds =
        proof && (proof->bounds.empty() ? run.bounds.empty()
                                        : group - run.begin < run.bounds.size() &&
                                              bounds_json(*proof) == run.bounds[group - run.begin]);
    if (!proof || proof->rule != run.reason || !same_bounds) {
      fail(fmt::format(
          "dataset '{}', row group {}: pruned by '{}', but the index does not prove that",
          name(dataset), group, run.reason));
    }
    ++report_.proofs;
  }

  // What a command made of the matching rows is made again when all of them are found again.
  void prepare_recount(Query& query) {
    recount_ = make_recount(body_);
    if (!recount_) return;
    query.numbers = recount_->search().numbers;
    query.names = recount_->search().names;
    if (request_.rescan != 1) recount_.reset();
  }

  void add_to_recount(const OpenDataset& open, std::uint64_t dataset, std::uint64_t row,
                      std::uint64_t row_in_group) {
    recount_->add(open, dataset, row, [&](std::size_t column) {
      return columns_.column(column).value(static_cast<std::size_t>(row_in_group));
    });
  }

  // Collective.
  void verify_recount() {
    if (!recount_) return;
    report_.recounted = true;
    const std::string again = recount_->lines(comm_);
    const auto root = recount_->entities_root(comm_);
    if (!comm_.is_root()) return;
    const Json& counts = body_.at("counts");
    if (counts.contains("entities_root") && (!root || counts.at("entities_root") != hex(*root)))
      fail("the root of the entities' sums (entities_root) is not what the data says");
    if (again == run_.result) return;
    const auto [one, other] = std::ranges::mismatch(again, run_.result);
    const auto line = 1 + std::count(again.begin(), one, '\n');
    fail(fmt::format("{}, line {}: is not what the data says",
                     result_file(body_.at("command").get<std::string>()), line));
  }

  core::Truth evaluate(const OpenDataset& open, std::uint64_t row_in_group) {
    const auto cell = [&](std::size_t column) {
      return columns_.column(column).value(static_cast<std::size_t>(row_in_group));
    };
    return core::evaluate_reference(open.predicate, cell, keys_.sets());
  }

  void verify_match(const OpenDataset& open, std::uint64_t row, std::uint64_t begin,
                    const std::string& line) {
    ++report_.matches;
    std::vector<const ColumnView*> views;
    for (const std::size_t column : open.select) views.push_back(&columns_.column(column));
    const auto row_in_group = static_cast<std::size_t>(row - begin);
    if (match_line(open.info(), row, open.select, views, row_in_group) != line) {
      fail(fmt::format("dataset '{}', row {}: the match is not what the data says",
                       open.info().name, row));
    }
    if (evaluate(open, row - begin) != core::Truth::yes) {
      fail(fmt::format("dataset '{}', row {}: does not satisfy the predicate", open.info().name,
                       row));
    }
  }

  void rescan(const OpenDataset& open, std::uint64_t dataset, std::uint64_t begin,
              std::uint64_t end, const Lines& lines) {
    const Coverage coverage = coverage_from(entry(dataset).at("coverage"));
    const std::uint64_t visited =
        coverage.rows - coverage.unvisited;  // a limit leaves the last rows
    ++report_.rescanned_groups;
    std::uint64_t matches = 0;
    for (std::uint64_t row = begin; row < std::min(end, visited); ++row) {
      const core::Truth truth = evaluate(open, row - begin);
      ++report_.rescanned_rows;
      matches += truth == core::Truth::yes ? 1 : 0;
      if (truth == core::Truth::undecidable) {
        fail(fmt::format("dataset '{}', row {}: the predicate cannot be decided (integer overflow)",
                         name(dataset), row));
      }
      if (truth == core::Truth::yes && recount_) add_to_recount(open, dataset, row, row - begin);
      if (truth == core::Truth::yes && lists_matches_ && !lines.contains(row)) {
        fail(fmt::format(
            "dataset '{}', row {}: satisfies the predicate, but is not among the matches",
            name(dataset), row));
      }
    }
    rescanned_matches_[dataset] += matches;
    rescanned_rows_[dataset] += std::min(end, visited) - std::min(begin, visited);
  }

  // Collective. Where all of a dataset was rescanned, the counts must agree too (all there is to
  // check for --count).
  void verify_rescanned_counts() {
    std::vector<std::uint64_t> matches(pool_->refs().size()), rows(pool_->refs().size());
    for (const auto& [dataset, count] : rescanned_matches_) matches[dataset] = count;
    for (const auto& [dataset, count] : rescanned_rows_) rows[dataset] = count;
    comm_.all_sum(matches);
    comm_.all_sum(rows);
    for (std::size_t i = 0; comm_.is_root() && i < rows.size(); ++i) {
      const Coverage coverage = coverage_from(entry(i).at("coverage"));
      if (rows[i] == 0 || rows[i] != coverage.scanned + coverage.pruned ||
          matches[i] == coverage.matches)
        continue;
      fail(fmt::format("dataset '{}': the rescan finds {} matches, the certificate says {}",
                       name(i), matches[i], coverage.matches));
    }
  }

  VerifyReport collect() {
    verify_rescanned_counts();
    std::string mine;
    for (const std::string& problem : report_.problems) mine += problem + '\n';
    const auto join = [](std::string a, const std::string& b) { return std::move(a) + b; };
    const std::string all = comm_.merge_to_root(mine, join);
    report_.problems.clear();
    for (std::size_t at = 0; at < all.size();) {
      const std::size_t end = all.find('\n', at);
      report_.problems.push_back(all.substr(at, end - at));
      at = end + 1;
    }
    for (std::uint64_t* count :
         {&report_.problem_count, &report_.datasets, &report_.bytes, &report_.matches,
          &report_.proofs, &report_.rescanned_groups, &report_.rescanned_rows}) {
      *count = comm_.sum(*count);
    }
    check_all_lines_were_verified();
    return std::move(report_);
  }

  void check_all_lines_were_verified() {
    std::uint64_t lines = 0;
    for (const auto& [dataset, of_dataset] : lines_) lines += of_dataset.size();
    if (!comm_.is_root() || report_.matches == lines) return;
    ++report_.problem_count;
    report_.problems.push_back(fmt::format("{} matches could not be checked against the data",
                                           lines - std::min(lines, report_.matches)));
  }

  const RunFiles& run_;
  const Json& body_;
  const VerifyRequest& request_;
  const Comm& comm_;
  VerifyReport report_;
  std::unique_ptr<DatasetPool> pool_;
  std::optional<Catalogs> catalogs_;
  KeyLists keys_;
  std::map<std::string, Lines> lines_;
  GroupColumns columns_;
  const FilterScreen* filters_ = nullptr;  // of the piece that is verified
  const bool is_search_, lists_matches_;
  std::unique_ptr<Recount> recount_;  // of a whole rescan
  std::map<std::uint64_t, std::uint64_t> rescanned_matches_, rescanned_rows_;
};

}  // namespace

VerifyReport verify(const RunFiles& run, const VerifyRequest& request, const Comm& comm) {
  return Verifier(run, request, comm).verify();
}

}  // namespace trawl::fold
