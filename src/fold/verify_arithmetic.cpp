#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/fold/run_record.hpp>
#include <trawl/fold/verify.hpp>

#include "fold/evidence/verify_lines.hpp"
#include "fold/stats/verify_lines.hpp"

namespace trawl::fold {
namespace {

class Arithmetic {
 public:
  explicit Arithmetic(const RunFiles& run) : run_(run), body_(run.certificate.body) {}

  std::vector<std::string> check() {
    guarded("files", [this] { check_files(); });
    guarded("run record", [this] { check_record(); });
    guarded("ledger", [this] { check_ledgers(); });
    guarded("result", [this] { check_result(); });
    return std::move(problems_);
  }

 private:
  template <class F>
  void guarded(std::string_view what, F&& f) {
    try {
      f();
    } catch (const std::exception& error) {
      problems_.push_back(fmt::format("{}: cannot be checked: {}", what, error.what()));
    }
  }

  void expect(bool holds, std::string problem) {
    if (!holds) problems_.push_back(std::move(problem));
  }

  void check_files() {
    const std::string digest = hex(sha256(bytes_of(canonical_text(body_))));
    expect(digest == run_.certificate.digest,
           fmt::format("certificate.json was changed: its digest is {}, it claims {}", digest,
                       run_.certificate.digest));
    const std::string result = hex(sha256(bytes_of(run_.result)));
    expect(result == body_.at("result_digest"),
           fmt::format("{} was changed: its SHA-256 is {}, the certificate says {}",
                       result_file(body_.at("command").get<std::string>()), result,
                       body_.at("result_digest").get<std::string>()));
    const std::string root = merkle_root_of(body_.at("datasets"));
    expect(root == body_.at("merkle_root"),
           "certificate.json: the Merkle root is not that of its datasets");
  }

  void check_record() {
    const Json& record = run_.record;
    expect(record.at("certificate") == run_.certificate.digest,
           "run_record.json names another certificate");
    expect(record.value("counts", Json()) == body_.value("counts", Json()),
           "run_record.json: other counts than the certificate's");
    for (const char* key : {"result_digest", "status", "coverage", "audit"}) {
      expect(record.at(key) == body_.at(key),
             fmt::format("run_record.json: '{}' is {}, the certificate says {}", key,
                         record.at(key).dump(), body_.at(key).dump()));
    }
    expect(execution_summary(record) == run_.summary,
           "execution_summary.md is not what run_record.json says");
  }

  void check_ledgers() {
    Coverage total;
    bool failures = false;
    std::uint64_t index = 0;
    for (const Json& entry : body_.at("datasets")) {
      const Coverage claimed = coverage_from(entry.at("coverage"));
      check_ledger(entry, claimed, index++);
      total.merge(claimed);
      failures = failures || entry.contains("failure");
    }
    expect(total == coverage_from(body_.at("coverage")),
           "the totals are not the sums over the datasets");
    const std::string status = body_.at("status");
    const bool whole = total.failed == 0 && !failures;
    expect(status != "complete" || (whole && total.unvisited == 0),
           "the status is complete, the ledger is not");
    expect(status != "bounded" || (whole && total.unvisited > 0),
           "the status is bounded, the ledger is not");
    expect(body_.at("audit").at("hits") == 0, "the audit found matches among pruned row groups");
  }

  void check_ledger(const Json& entry, const Coverage& claimed, std::uint64_t index) {
    const std::string name = entry.at("name");
    const std::uint64_t group_rows = entry.at("row_group_rows");
    Coverage derived;
    derived.rows = claimed.rows;
    std::uint64_t next = 0, visited = 0;
    for (const Json& json : entry.at("ledger")) {
      const LedgerRun run = ledger_run_from(json, index);
      expect(run.begin == next && run.end > run.begin,
             fmt::format("dataset '{}': row groups {} to {} are not accounted for", name, next,
                         run.begin));
      next = run.end;
      visited += run.counts.rows;
      const std::uint64_t last = std::min(run.end * group_rows, claimed.rows);
      expect(visited <= last, fmt::format("dataset '{}': more rows than row groups {} to {} hold",
                                          name, run.begin, run.end));
      derived.add(run);
    }
    derived.unvisited = claimed.rows - std::min(claimed.rows, visited);
    expect(derived == claimed && claimed.closes(),
           fmt::format("dataset '{}': the counts do not close: {}", name,
                       entry.at("coverage").dump()));
    expect(derived.unvisited == 0 || body_.at("limit") != 0,
           fmt::format("dataset '{}': {} rows are not accounted for", name, derived.unvisited));
  }

  // Whether it is the right one only the data say.
  void check_entities_root() {
    const Json counts = body_.value("counts", Json::object());
    if (!counts.contains("entities_root")) return;
    const Json& root = counts.at("entities_root");
    constexpr std::string_view digits = "0123456789abcdef";
    expect(root.is_string() && root.get<std::string>().size() == 2 * sizeof(Sha256Digest) &&
               root.get<std::string>().find_first_not_of(digits) == std::string::npos,
           fmt::format("the certificate's entities_root is no root: {}", root.dump()));
  }

  void check_result() {
    check_entities_root();
    const std::string command = body_.at("command");
    if (command == "stats") {
      for (const std::string& problem : verify_stats_lines(run_.result, body_))
        expect(false, fmt::format("stats.jsonl: {}", problem));
    } else if (command == "evidence") {
      for (const std::string& problem : verify_evidence_lines(run_.result, body_))
        expect(false, fmt::format("evidence.jsonl: {}", problem));
    } else if (command != "search") {
      expect(false, fmt::format("this version cannot check the result of '{}'", command));
    } else {
      body_.at("count_only").get<bool>() ? check_count_lines() : check_match_lines();
    }
  }

  template <class F>
  void for_each_line(F&& f) {
    std::uint64_t number = 0;
    for (std::size_t at = 0; at < run_.result.size();) {
      const std::size_t end = std::min(run_.result.find('\n', at), run_.result.size());
      f(++number, parse_json(std::string_view(run_.result).substr(at, end - at),
                             fmt::format("matches.jsonl, line {}", number)));
      at = end + 1;
    }
  }

  void check_match_lines() {
    std::map<std::string, std::uint64_t> position;
    std::vector<std::uint64_t> counts;
    for (const Json& entry : body_.at("datasets"))
      position.emplace(entry.at("name"), position.size());
    counts.resize(position.size());
    std::pair<std::uint64_t, std::uint64_t> last{0, 0};
    for_each_line([&](std::uint64_t number, const Json& match) {
      const auto found = position.find(match.at("dataset"));
      if (found == position.end()) {
        expect(false, fmt::format("matches.jsonl, line {}: there is no dataset '{}'", number,
                                  match.at("dataset").dump()));
        return;
      }
      const std::pair<std::uint64_t, std::uint64_t> place{found->second, match.at("row")};
      expect(number == 1 || last < place,
             fmt::format("matches.jsonl, line {}: not in canonical order", number));
      last = place;
      ++counts[found->second];
    });
    std::size_t i = 0;
    for (const Json& entry : body_.at("datasets")) {
      expect_count(entry, counts[i++]);
    }
  }

  void check_count_lines() {
    std::size_t i = 0;
    for_each_line([&](std::uint64_t number, const Json& line) {
      const Json& entry = body_.at("datasets").at(i++);
      expect(line.at("dataset") == entry.at("name"),
             fmt::format("matches.jsonl, line {}: not in canonical order", number));
      expect_count(entry, line.at("matches"));
    });
    expect(i == body_.at("datasets").size(), "matches.jsonl does not have one line per dataset");
  }

  void expect_count(const Json& entry, std::uint64_t count) {
    const std::uint64_t claimed = entry.at("coverage").at("matches");
    expect(claimed == count,
           fmt::format("dataset '{}': matches.jsonl has {} matches, the ledger counts {}",
                       entry.at("name").get<std::string>(), count, claimed));
  }

  const RunFiles& run_;
  const Json& body_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> verify_arithmetic(const RunFiles& run) {
  return Arithmetic(run).check();
}

RunFiles read_run(const fs::path& path) {
  if (!fs::exists(path / "certificate.json")) {
    const bool interrupted = fs::exists(temporary_name(path));
    throw InputError(fmt::format(
        "'{}' is not the directory of a finished run: it has no certificate.json{}", path.string(),
        interrupted ? ". The run was interrupted: go on with it by --resume" : ""));
  }
  RunFiles run;
  run.path = path;
  run.record = parse_json(read_file(path / "run_record.json"), (path / "run_record.json").string());
  run.certificate = Certificate::from_text(read_file(path / "certificate.json"),
                                           (path / "certificate.json").string());
  run.result = read_file(path / result_file(run.certificate.body.value("command", "search")));
  run.summary = read_file(path / "execution_summary.md");
  return run;
}

}  // namespace trawl::fold
