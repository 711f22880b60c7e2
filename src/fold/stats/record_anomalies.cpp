#include "fold/stats/record_anomalies.hpp"

#include <bit>
#include <cmath>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/core/stats/fdr.hpp>

#include "fold/stats/anomalies.hpp"
#include "fold/stats/json_fields.hpp"
#include "fold/stats/row_reader.hpp"
#include "fold/stats/sorted_lines.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

// A record that may be flagged.
struct Candidate {
  std::uint64_t dataset, row;
  std::size_t judge;
  Unusualness unusualness;
  std::string key;
  std::vector<double> values;
};

// What came out of some of the rows.
struct Judgements {
  std::uint64_t judged = 0, undecided = 0, refused = 0;
  std::vector<Candidate> candidates;

  void take(Judgements& other) {
    judged += other.judged;
    undecided += other.undecided;
    refused += other.refused;
    std::ranges::move(other.candidates, std::back_inserter(candidates));
    other = {};
  }
};

// How all threads judge, and where they bring what they found.
struct Court {
  const StatsColumns* columns;
  const Judges& judges;
  const Hang& hang;
  std::vector<double> limits;  // values at least as large are refused
  std::vector<double> least;   // by judge: nearer records are not flagged
  double log_bound = 0;        // nor those with a larger log p
  std::mutex mutex = {};       // guards `all`
  Judgements all = {};
};

// As core::Moments counts: false for NaN too.
bool counts(const std::vector<double>& values, const std::vector<double>& limits) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(std::abs(values[i]) < limits[i])) return false;
  }
  return true;
}

class RecordJudge : public RowSummary {
 public:
  explicit RecordJudge(Court& court) : court_(court), reader_(*court.columns) {}

  void add(const GroupRef& group, std::span<const std::uint64_t> matches,
           core::ColumnSource& columns) override {
    if (std::ranges::all_of(matches, [](std::uint64_t word) { return word == 0; })) return;
    RowReader::Views views;  // all of them before the first row is judged: reading may throw
    for (const std::size_t column : group.select)
      views.push_back(&columns.column_rows(column, matches));
    const std::uint64_t begin = group.info->group_begin(group.group);
    for (std::size_t word = 0; word < matches.size(); ++word) {
      for (std::uint64_t bits = matches[word]; bits != 0; bits &= bits - 1) {
        const std::size_t row = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        if (reader_.read_key(views, row)) judge(views, row, group.dataset, begin + row);
      }
    }
  }

  void complete() override {
    const std::lock_guard lock(court_.mutex);
    court_.all.take(found_);
  }
  void merge(std::string_view) override {}
  std::string to_bytes() const override { return {}; }

 private:
  void judge(const RowReader::Views& views, std::size_t row, std::uint64_t dataset,
             std::uint64_t number) {
    values_.clear();
    reader_.append_features(views, std::span(&row, 1), values_);
    if (!counts(values_, court_.limits)) {
      ++found_.refused;
      return;
    }
    const std::size_t number_of_judge = judge_of_key();
    if (number_of_judge == Judges::none) {
      ++found_.undecided;
      return;
    }
    ++found_.judged;
    const Judge& judge = court_.judges[number_of_judge];
    if (judge.baseline().squared_distance(values_) < court_.least[number_of_judge]) return;
    const Unusualness unusualness = judge.judge(values_);
    if (unusualness.log_p > court_.log_bound) return;
    found_.candidates.push_back(
        {dataset, number, number_of_judge, unusualness, reader_.key(), values_});
  }

  std::size_t judge_of_key() {
    const auto [found, fresh] = judges_.try_emplace(reader_.key(), Judges::none);
    if (fresh) {
      found->second =
          court_.judges.find(parent_path(EntityKey::from_bytes(reader_.key()), court_.hang));
    }
    return found->second;
  }

  Court& court_;
  RowReader reader_;
  Judgements found_;
  std::unordered_map<std::string, std::size_t> judges_;  // by key
  std::vector<double> values_;                           // of the row at hand, reused
};

// Local.
template <class Sums>
std::vector<double> limits_of(const typename Sums::Configuration& configuration) {
  const Sums sums(configuration);
  std::vector<double> limits;
  for (std::size_t i = 0; i < sums.features(); ++i)
    limits.push_back(std::ldexp(1.0, sums.range_exponent(i)));
  return limits;
}

// Collective. The second pass; whether it ended.
bool read_again(const StatsRequest& request, const Comm& comm, const SearchHooks& hooks,
                Court& court, StatsResult& result) {
  SearchRequest again = request.search;
  again.audit = 0;
  SearchHooks judging;
  judging.on_tick = hooks.on_tick;
  judging.stop = hooks.stop;
  judging.make_summary = [&] { return std::make_unique<RecordJudge>(court); };
  judging.bytes_wanted = false;
  PhaseTimer timer;
  const SearchResult search = fold::search(again, comm, judging, timer);
  if (search.status == Status::interrupted) {
    result.search.status = search.status;
    return false;
  }
  const std::uint64_t counted = comm.sum(court.all.judged + court.all.undecided);
  comm.agree("judging records", [&] {
    if (!comm.is_root()) return;
    if (search.total.matches == result.search.total.matches && counted == result.records) return;
    throw CheckError(fmt::format(
        "the second pass over the data saw other records than the first: {} matching rows, {} of "
        "them counted, instead of {} and {}. Something changed or damaged the data meanwhile; run "
        "again",
        search.total.matches, counted, result.search.total.matches, result.records));
  });
  return true;
}

std::string line_of(const StatsRequest& request, const Judge& judge, const Hang& hang,
                    const Candidate& record, std::string_view dataset, double log_adjusted) {
  EntityKey key = EntityKey::from_bytes(record.key);
  std::string out = "{\"path\":";
  append_path(out, parent_path(key, hang));
  if (key.id) {
    out += ",\"entity\":";
    append_id(out, *key.id);
  }
  out += ",\"dataset\":";
  append_json_string(out, dataset);
  out += fmt::format(",\"row\":{},\"values\":[", record.row);
  for (std::size_t i = 0; i < record.values.size(); ++i) {
    if (i > 0) out += ',';
    append_number(out, record.values[i]);
  }
  return out + "],\"anomaly\":" +
         anomaly_json(judge, "records", record.unusualness, log_adjusted, record.values,
                      request.features) +
         "}\n";
}

void put_big_endian(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
}

// Collective. Which candidates are flagged, and their lines.
void test(const StatsRequest& request, const Court& court,
          const std::function<std::string(std::uint64_t)>& name_of, const Comm& comm,
          StatsResult& result) {
  std::vector<double> log_p;
  for (const Candidate& candidate : court.all.candidates)
    log_p.push_back(candidate.unusualness.log_p);
  const Discoveries discoveries(log_p, court.all.judged, *request.anomalies, comm);
  const core::Rejection& rejection = discoveries.rejection();
  result.record_anomalies = {rejection.tested, comm.sum(court.all.undecided + court.all.refused),
                             rejection.rejected, rejection.log_threshold};
  SortedLines lines;
  comm.agree("writing records", [&] {
    for (const Candidate& record : court.all.candidates) {
      if (!discoveries.contains(record.unusualness.log_p)) continue;
      std::string order;
      put_big_endian(order, record.dataset);
      put_big_endian(order, record.row);
      lines.emplace_back(
          std::move(order),
          line_of(request, court.judges[record.judge], court.hang, record, name_of(record.dataset),
                  discoveries.log_adjusted(record.unusualness.log_p)));
    }
    std::ranges::sort(lines);
  });
  result.lines += lines_in_order(lines, comm);
}

}  // namespace

template <class Sums>
void judge_records(const StatsRequest& request, const StatsColumns& columns, RecordJudges judges,
                   const core::Moments<Sums>& nothing, const Comm& comm, const SearchHooks& hooks,
                   StatsResult& result) {
  comm.broadcast(judges.message);
  Judges made(std::move(judges.message), judges.hang.balanced);
  Court court{&columns, made, judges.hang, limits_of<Sums>(nothing.configuration()), {}};
  comm.agree("judging records", [&] {
    made.make<Sums>(std::vector<char>(made.size(), 1), request.search.threads);
    court.log_bound = core::log_candidate_bound(request.anomalies->fdr);
    court.least.resize(made.size());
    parallel_for(made.size(), request.search.threads, [&](std::size_t i) {
      court.least[i] = made[i].least_squared_distance(court.log_bound);
    });
  });
  if (!read_again(request, comm, hooks, court, result)) return;
  test(
      request, court,
      [&](std::uint64_t dataset) { return result.search.opened.refs()[dataset].name; }, comm,
      result);
}

template <class Sums>
void judge_kept_records(const StatsRequest& request, const std::vector<KeptRecord>& records,
                        RecordJudges judges, const core::Moments<Sums>& nothing,
                        const std::function<std::string(std::uint64_t)>& name_of, const Comm& comm,
                        StatsResult& result) {
  comm.broadcast(judges.message);
  Judges made(std::move(judges.message), judges.hang.balanced);
  Court court{nullptr, made, judges.hang, limits_of<Sums>(nothing.configuration()), {}};
  comm.agree("judging records", [&] {
    made.make<Sums>(std::vector<char>(made.size(), 1), request.search.threads);
    for (const KeptRecord& record : records) {
      if (!counts(record.values, court.limits)) {
        ++court.all.refused;
        continue;
      }
      const std::size_t judge =
          made.find(parent_path(EntityKey::from_bytes(record.key), judges.hang));
      if (judge == Judges::none) {
        ++court.all.undecided;
        continue;
      }
      ++court.all.judged;
      court.all.candidates.push_back({record.dataset, record.row, judge,
                                      made[judge].judge(record.values), record.key, record.values});
    }
  });
  test(request, court, name_of, comm, result);
}

template void judge_records(const StatsRequest&, const StatsColumns&, RecordJudges,
                            const core::Moments<core::ExactSums>&, const Comm&, const SearchHooks&,
                            StatsResult&);
template void judge_records(const StatsRequest&, const StatsColumns&, RecordJudges,
                            const core::Moments<core::FixedSums>&, const Comm&, const SearchHooks&,
                            StatsResult&);

template void judge_kept_records(const StatsRequest&, const std::vector<KeptRecord>&, RecordJudges,
                                 const core::Moments<core::ExactSums>&,
                                 const std::function<std::string(std::uint64_t)>&, const Comm&,
                                 StatsResult&);
template void judge_kept_records(const StatsRequest&, const std::vector<KeptRecord>&, RecordJudges,
                                 const core::Moments<core::FixedSums>&,
                                 const std::function<std::string(std::uint64_t)>&, const Comm&,
                                 StatsResult&);

}  // namespace trawl::fold
