#include "fold/stats/verify_pairs.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include <trawl/fold/stats.hpp>

#include "fold/stats/pair_request.hpp"

namespace trawl::fold {
namespace {

using Pair = std::pair<stats::EntityId, stats::EntityId>;

stats::Path path_from(const Json& json) {
  stats::Path path;
  for (const Json& name : json) path.push_back(text_from(name));
  return path;
}

class PairLines {
 public:
  PairLines(const Json& body, const std::function<bool(const stats::Path&)>& is_node)
      : body_(body), is_node_(is_node) {
    if (body.at("parameters").contains("pairs"))
      request_ = pairs_from(body.at("parameters").at("pairs"));
  }

  void add(const Json& line) {
    const Pair pair(entity_id_from(line.at("pair").at(0)), entity_id_from(line.at("pair").at(1)));
    const stats::Path path = path_from(line.at("path"));
    const Json& r = line.at("correlation");
    const std::string name =
        fmt::format("pair [{},{}]", json_text(pair.first), json_text(pair.second));
    expect(pair.first < pair.second, name + ": not in canonical order");
    expect(is_node_(path), name + ": of no node");
    const bool number = r.is_number() && r.get<double>() >= -1 && r.get<double>() <= 1;
    if (line.contains("paths")) {
      expect(number || r.is_null(), name + ": no correlation");
      add_named(name, pair, path, line);
    } else {
      expect(number, name + ": no correlation");
      if (number) add_similar(name, pair, path, r.get<double>());
    }
  }

  std::vector<std::string> check() {
    for (const Pair& pair : request_.named) {
      expect(named_.contains(pair), fmt::format("pair [{},{}]: has no line", json_text(pair.first),
                                                json_text(pair.second)));
    }
    const Json counts = body_.at("counts").value("pairs", to_json(PairCounts()));
    expect(counts.at("similar") == similar_lines_ && counts.at("named") == named_lines_ &&
               counts.at("undefined") == undefined_,
           fmt::format("the certificate counts other pairs: {}", counts.dump()));
    return std::move(problems_);
  }

 private:
  void expect(bool holds, std::string problem) {
    if (!holds) problems_.push_back(std::move(problem));
  }

  void add_similar(const std::string& name, const Pair& pair, const stats::Path& path, double r) {
    of_path_ = similar_lines_ > 0 && std::get<0>(last_similar_) == path ? of_path_ + 1 : 1;
    std::tuple<stats::Path, double, Pair> now(path, -r, pair);
    expect(named_lines_ == 0 && (similar_lines_ == 0 || last_similar_ < now),
           name + ": not in canonical order");
    expect(of_path_ <= request_.similar, name + ": more than were asked for");
    last_similar_ = std::move(now);
    ++similar_lines_;
  }

  void add_named(const std::string& name, const Pair& pair, const stats::Path& path,
                 const Json& line) {
    const stats::Path a = path_from(line.at("paths").at(0)), b = path_from(line.at("paths").at(1));
    expect(path == stats::Path(a.begin(), std::ranges::mismatch(a, b).in1) && is_node_(a) &&
               is_node_(b),
           name + ": not of the node that both share");
    expect(std::ranges::binary_search(request_.named, pair), name + ": was not asked for");
    std::tuple<Pair, stats::Path, stats::Path> now(pair, a, b);
    expect(named_lines_ == 0 || last_named_ < now, name + ": not in canonical order");
    last_named_ = std::move(now);
    named_.insert(pair);
    ++named_lines_;
    if (line.at("correlation").is_null()) ++undefined_;
  }

  const Json& body_;
  const std::function<bool(const stats::Path&)>& is_node_;
  PairRequest request_;
  std::uint64_t similar_lines_ = 0, named_lines_ = 0, undefined_ = 0, of_path_ = 0;
  std::tuple<stats::Path, double, Pair> last_similar_;
  std::tuple<Pair, stats::Path, stats::Path> last_named_;
  std::set<Pair> named_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> verify_pair_lines(const std::vector<Json>& lines, const Json& body,
                                           const std::function<bool(const stats::Path&)>& is_node) {
  PairLines all(body, is_node);
  for (const Json& line : lines) all.add(line);
  return all.check();
}

}  // namespace trawl::fold
