#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>
#include <trawl/core/stats/profiles.hpp>

#include "command/collective.hpp"
#include "command/stats/stats.hpp"

namespace trawl::command {
namespace {

// They stand in the certificate, one by one.
constexpr std::size_t max_named = 100'000;

std::pair<stats::EntityId, stats::EntityId> pair_of(std::string_view line,
                                                    const std::string& where) {
  try {
    const Json pair = parse_json(line, where);
    if (pair.is_array() && pair.size() == 2)
      return {fold::entity_id_from(pair[0]), fold::entity_id_from(pair[1])};
  } catch (const Error&) {  // said below
  } catch (const Json::exception&) {
  }
  throw InputError(fmt::format(
      "{}: a pair is a line of JSON with two entities, as [17,42] or [\"anna\",\"bob\"]", where));
}

fold::PairRequest pairs_in(std::string_view text, const std::string& path) {
  fold::PairRequest request;
  for (std::size_t at = 0, number = 1; at < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    request.named.push_back(pair_of(line, fmt::format("{}, line {}", path, number)));
    if (request.named.size() > max_named) {
      throw InputError(
          fmt::format("{}: more than {} pairs", path, with_thousands(std::uint64_t{max_named})));
    }
  }
  if (request.named.empty()) throw InputError(fmt::format("{}: there is no pair in it", path));
  return request;
}

}  // namespace

void describe(PairParams& p, Options& visit) {
  visit.section("Who behaves alike");
  visit.option("similar", p.similar, Range{0, 100'000}, "K",
               "the K most correlated pairs of entities below every parent: over their features, "
               "each in its spread among the parent's entities; 0: none");
  visit.option("pairs", p.pairs, "FILE",
               "the correlation of these pairs, below the node that both share: a JSON array of "
               "two entities on each line, as [17,42]");
  visit.flag("only-pairs", p.only, "print only pairs");
}

void check_pairs(const StatsParams& p, Problems& problems) {
  if (p.pairs.similar == 0 && !p.pairs.pairs) {
    if (p.pairs.only) problems.push_back("--only-pairs: there are none; give --similar or --pairs");
    return;
  }
  if (p.pairs.only && p.anomalies.flagged)
    problems.push_back("--only-pairs, --flagged: only one of them can be all that is printed");
  if (!p.from_state.empty()) return;  // states say what there is
  if (p.group_by.empty()) {
    problems.push_back(
        "--similar, --pairs compare entities: name the column that tells them by --group-by");
  }
  if (names_in(p.features).size() < core::min_profile_features) {
    problems.push_back(
        fmt::format("--similar, --pairs: entities are correlated over features; name at least {}",
                    core::min_profile_features));
  }
}

std::optional<fold::PairRequest> request_of(const PairParams& p, const comm::Comm& comm) {
  if (p.similar == 0 && !p.pairs) return std::nullopt;
  fold::PairRequest request;
  if (p.pairs) {
    const std::string text = file_from_root(comm, *p.pairs);
    comm.agree("reading pairs", [&] { request = pairs_in(text, p.pairs->string()); });
  }
  request.similar = p.similar;
  comm.agree("reading pairs", [&] { request = fold::canonical(std::move(request)); });
  return request;
}

std::string story_of_pairs(const Json& pairs) {
  const auto count = [&](const char* key) {
    return with_thousands(pairs.at(key).get<std::uint64_t>());
  };
  return fmt::format(
      "pairs       {} similar below {} parents ({} with too few features that vary; {} entities "
      "without a profile), {} named ({} undefined)",
      count("similar"), count("parents"), count("undecided_parents"), count("flat"), count("named"),
      count("undefined"));
}

}  // namespace trawl::command
