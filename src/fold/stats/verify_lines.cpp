#include "fold/stats/verify_lines.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>

#include <fmt/format.h>

#include <trawl/core/stats/tree.hpp>

#include "fold/stats/verify_pairs.hpp"

namespace trawl::fold {
namespace {

struct Counts {
  std::uint64_t records = 0, refused = 0, entities = 0;
  bool operator==(const Counts&) const = default;
  void add(const Counts& other) {
    records += other.records;
    refused += other.refused;
    entities += other.entities;
  }
};

std::string text_of(const Counts& c) {
  return fmt::format("{} records, {} refused, {} entities", c.records, c.refused, c.entities);
}

stats::Path path_of(const Json& line) {
  stats::Path path;
  for (const Json& name : line.at("path")) path.push_back(text_from(name));
  return path;
}

std::string text_of(const stats::Path& path) {
  return fmt::format("/{}", fmt::join(path, "/"));
}

class StatsLines {
 public:
  explicit StatsLines(const Json& body)
      : body_(body), grouped_(body.at("parameters").at("group_by") != "") {}

  void add(const Json& line) {
    if (line.contains("row")) return;  // a record that is an anomaly: counted above already
    if (line.contains("pair")) {
      pairs_.push_back(line);
      return;
    }
    const stats::Path path = path_of(line);
    Counts counts{line.at("records"), line.at("refused"), 0};
    if (line.contains("entity")) {
      counts.entities = 1;
      ++entities_;
      of_entities_[path].add(counts);
      return;
    }
    if (grouped_) counts.entities = line.at("entities");
    expect(entities_ == 0 && (nodes_.empty() ? path.empty() : last_ < path),
           fmt::format("node {}: not in canonical order", text_of(path)));
    nodes_[path] = counts;
    last_ = path;
    for (const Json& feature : line.at("features")) {
      if (feature.contains("nulls")) nulls_[path].push_back(feature.at("nulls"));
    }
  }

  std::vector<std::string> check() {
    std::map<stats::Path, Counts> children;
    for (const auto& [path, counts] : nodes_) {
      if (path.empty()) continue;
      const stats::Path parent(path.begin(), path.end() - 1);
      expect(nodes_.contains(parent), fmt::format("node {}: has no parent", text_of(path)));
      children[parent].add(counts);
    }
    for (const auto& [path, counts] : of_entities_)
      expect(nodes_.contains(path), fmt::format("no node {} above its entities", text_of(path)));
    for (const auto& [path, counts] : nodes_) check_node(path, counts, children);
    check_nulls();
    check_root();
    const auto is_node = [&](const stats::Path& path) { return nodes_.contains(path); };
    for (std::string& problem : verify_pair_lines(pairs_, body_, is_node))
      problems_.push_back(std::move(problem));
    return std::move(problems_);
  }

 private:
  void expect(bool holds, std::string problem) {
    if (!holds) problems_.push_back(std::move(problem));
  }

  void check_node(const stats::Path& path, const Counts& counts,
                  const std::map<stats::Path, Counts>& children) {
    Counts below;
    if (const auto found = children.find(path); found != children.end()) below.add(found->second);
    if (const auto found = of_entities_.find(path); found != of_entities_.end())
      below.add(found->second);
    if (!grouped_ && !children.contains(path)) return;  // its records are in no line below it
    expect(below == counts, fmt::format("node {}: {}, but below it are {}", text_of(path),
                                        text_of(counts), text_of(below)));
  }

  // Of nodes that say how many values are NULL, as all nodes of levels do.
  void check_nulls() {
    std::map<stats::Path, Nulls> below;
    for (const auto& [path, nulls] : nulls_) {
      if (path.empty()) continue;
      Nulls& sum = below[stats::Path(path.begin(), path.end() - 1)];
      sum.resize(nulls.size());
      std::ranges::transform(sum, nulls, sum.begin(), std::plus());
    }
    for (const auto& [path, nulls] : nulls_) {
      const auto found = below.find(path);
      expect(found == below.end() || found->second == nulls,
             fmt::format("node {}: other numbers of NULLs than below it", text_of(path)));
    }
    const auto root = nulls_.find({});
    if (root == nulls_.end()) return;
    const Json& refusals = body_.at("counts").at("refusals");  // of features, then of keys
    for (std::size_t i = 0; i < root->second.size(); ++i) {
      expect(refusals.at(i).at("nulls") == root->second[i],
             fmt::format("column {}: the certificate counts other NULLs than the root",
                         refusals.at(i).at("column").dump()));
    }
  }

  void check_root() {
    const auto found = nodes_.find({});
    if (found == nodes_.end()) {
      expect(false, "there is no root");
      return;
    }
    const Counts& root = found->second;
    const Json& counts = body_.at("counts");
    const std::uint64_t rows =
        root.records + root.refused + counts.at("without_key").get<std::uint64_t>();
    expect(rows == body_.at("coverage").at("matches"),
           fmt::format("{} rows are accounted for, {} match", rows,
                       body_.at("coverage").at("matches").dump()));
    expect(counts.at("records") == root.records && counts.at("refused") == root.refused &&
               counts.at("entities") == entities_ && counts.at("nodes") == nodes_.size(),
           fmt::format("the certificate counts otherwise: {}", counts.dump()));
  }

  const Json& body_;
  const bool grouped_;
  using Nulls = std::vector<std::uint64_t>;  // by feature
  std::map<stats::Path, Nulls> nulls_;
  std::map<stats::Path, Counts> nodes_, of_entities_;  // of entities directly below a node
  stats::Path last_;
  std::uint64_t entities_ = 0;
  std::vector<Json> pairs_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> verify_stats_lines(std::string_view lines, const Json& body) {
  StatsLines all(body);
  for (std::size_t at = 0, number = 1; at < lines.size(); ++number) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    all.add(parse_json(lines.substr(at, end - at), fmt::format("stats.jsonl, line {}", number)));
    at = end + 1;
  }
  return all.check();
}

}  // namespace trawl::fold
