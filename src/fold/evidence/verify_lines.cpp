#include "fold/evidence/verify_lines.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include <trawl/core/evidence/rules.hpp>

#include "fold/evidence/state.hpp"
#include "fold/evidence/state_root.hpp"
#include "fold/recount.hpp"

namespace trawl::fold {
namespace {

using evidence::Key;
using Identity = std::tuple<Key, Key, Key>;

Key key_from(const Json& json) {
  return json.is_number() ? Key(json.get<std::int64_t>()) : Key(text_from(json));
}

constexpr const char* summed[] = {"records", "clamped", "capped_groups", "duplicates", "withheld"};
constexpr std::size_t sums = std::size(summed);
using Counts = std::array<std::uint64_t, sums>;

Counts counts_in(const Json& object) {
  Counts counts{};
  for (std::size_t i = 0; i < sums; ++i) counts[i] = object.at(summed[i]);
  return counts;
}

void add(Counts& into, const Counts& from) {
  for (std::size_t i = 0; i < sums; ++i) into[i] += from[i];
}

class EvidenceLines {
 public:
  explicit EvidenceLines(const Json& body) : body_(body), counts_(body.at("counts")) {
    matches_ = body.at("coverage").at("matches");
  }

  void add_line(const Json& line) {
    if (line.contains("equivocation")) return add_equivocation(line);
    Key entity = key_from(line.at("entity"));
    const std::string name = stats::text_of(entity);
    expect(equivocations_ == 0 && (!last_entity_ || *last_entity_ < entity),
           fmt::format("entity {}: not in canonical order", name));
    last_entity_ = std::move(entity);
    const Counts counts = counts_in(line);
    Counts of_sources{};
    std::optional<Key> last;
    for (const Json& source : line.at("sources")) {
      add(of_sources, counts_in(source));
      Key key = key_from(source.at("source"));
      expect(!last || *last < key,
             fmt::format("entity {}: its sources are not in canonical order", name));
      last = std::move(key);
    }
    expect(of_sources == counts, fmt::format("entity {}: the counts of its sources do not add up "
                                             "to its own",
                                             name));
    add(total_, counts);
    count_standings(line, name);
    refused_ += line.at("refused").get<std::uint64_t>();
    statements_ += line.at("sources").size();
    ++entities_;
  }

  std::vector<std::string> check() {
    for (std::size_t i = 0; i < sums; ++i) expect_count(summed[i], total_[i]);
    expect_count("entities", entities_);
    expect_count("statements", statements_);
    expect_count("equivocations", equivocations_);
    expect_count("distrusted", distrusted_);
    expect_count("unregistered", unregistered_);
    for (const auto& [guarantee, entities] : counts_.at("guarantees").items()) {
      expect(entities == guarantees_[guarantee],
             fmt::format("guarantee {}: of {} entities, but the certificate counts {}", guarantee,
                         guarantees_[guarantee], entities.dump()));
      guarantees_.erase(guarantee);
    }
    expect(guarantees_.empty(), "a guarantee that the certificate does not count");
    expect_count("equivocating_sources", equivocating_.size());
    const std::uint64_t refused = count("refused");
    std::uint64_t by_reason = 0;
    for (const Json& reason : counts_.at("refusals")) by_reason += reason.get<std::uint64_t>();
    expect(by_reason == refused && refused_ <= refused,
           fmt::format("{} rows are refused, {} by reasons and {} by entities", refused, by_reason,
                       refused_));
    const std::uint64_t rows = count("records") + count("duplicates") + count("withheld") + refused;
    check_empty_root(refused);
    expect(rows == matches_, fmt::format("{} rows are accounted for, {} match", rows, matches_));
    return std::move(problems_);
  }

 private:
  // Who votes, by his own and all votes.
  void count_standings(const Json& line, const std::string& name) {
    std::uint64_t distrusted = 0, unregistered = 0, votes = 0, speaking = 0;
    for (const Json& source : line.at("sources")) {
      distrusted += source.at("standing") == "distrusted";
      unregistered += source.at("standing") == "unregistered";
      votes += source.at("votes").get<std::uint64_t>();
      speaking += source.at("votes") != 0;
    }
    const Json& over = line.at("over_sources");
    expect(distrusted == line.at("distrusted") && unregistered == line.at("unregistered") &&
               votes == over.at("votes") && speaking == over.at("sources"),
           fmt::format("entity {}: the standings of its sources do not add up to its own", name));
    distrusted_ += distrusted;
    unregistered_ += unregistered;
    ++guarantees_[line.at("guarantee")];
  }

  void expect(bool holds, std::string problem) {
    if (!holds) problems_.push_back(std::move(problem));
  }
  std::uint64_t count(const char* name) const { return counts_.at(name); }
  void expect_count(const char* name, std::uint64_t found) {
    expect(count(name) == found,
           fmt::format("{}: {}, but the certificate counts {}", name, found, count(name)));
  }

  void add_equivocation(const Json& line) {
    const Json& of = line.at("equivocation");
    Identity identity{key_from(of.at("entity")), key_from(of.at("source")), key_from(of.at("id"))};
    const auto name = [&] { return of.dump(); };
    expect(!last_identity_ || *last_identity_ < identity,
           fmt::format("equivocation {}: not in canonical order", name()));
    expect(line.at("records").size() == 2,
           fmt::format("equivocation {}: not of two records", name()));
    equivocating_.insert(std::get<1>(identity));
    last_identity_ = std::move(identity);
    ++equivocations_;
  }

  // A tree without leaves has one root, whatever the data say. No line shows an entity of which all
  // rows are refused, but it is a leaf.
  void check_empty_root(std::uint64_t refused) {
    if (entities_ != 0 || refused != 0 || !wants_root(body_)) return;
    const std::string configuration = evidence_configuration(
        evidence_request_of(body_), predicate_of(body_), key_list_digests(body_));
    const core::SumTree none = core::SumTreeRange(evidence_sums(configuration)).finish();
    expect(counts_.at("entities_root") == hex(none.root),
           "there are no entities, but the certificate's entities_root is that of some");
  }

  const Json& body_;
  const Json& counts_;
  std::uint64_t matches_ = 0;
  Counts total_{};
  std::uint64_t refused_ = 0, statements_ = 0, entities_ = 0, equivocations_ = 0;
  std::uint64_t distrusted_ = 0, unregistered_ = 0;
  std::map<std::string, std::uint64_t> guarantees_;  // entities by it
  std::set<Key> equivocating_;
  std::optional<Key> last_entity_;
  std::optional<Identity> last_identity_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> verify_evidence_lines(std::string_view lines, const Json& body) {
  EvidenceLines all(body);
  for (std::size_t at = 0, number = 1; at < lines.size(); ++number) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    all.add_line(
        parse_json(lines.substr(at, end - at), fmt::format("evidence.jsonl, line {}", number)));
    at = end + 1;
  }
  return all.check();
}

}  // namespace trawl::fold
