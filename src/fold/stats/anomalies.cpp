#include "fold/stats/anomalies.hpp"

#include <fmt/format.h>

#include <trawl/base/json.hpp>
#include <trawl/base/parallel.hpp>

#include "fold/stats/json_fields.hpp"
#include "fold/stats/robust_judges.hpp"

namespace trawl::fold {
namespace {

void append_drivers(std::string& out, const std::vector<Driver>& drivers,
                    const std::vector<std::string>& features) {
  out += ",\"drivers\":[";
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    out += i == 0 ? "{\"feature\":" : ",{\"feature\":";
    append_json_string(out, features[drivers[i].feature]);
    append_field(out, "z", drivers[i].z);
    append_field(out, "contribution", drivers[i].contribution);
    out += '}';
  }
  out += ']';
}

}  // namespace

std::string anomaly_json(const Judge& judge, const char* what, const Unusualness& unusualness,
                         std::optional<double> log_adjusted, std::span<const double> vector,
                         const std::vector<std::string>& features) {
  std::string out = "{\"baseline\":";
  append_path(out, judge.path());
  out += fmt::format(",\"baseline_{}\":{}", what, judge.population());
  if (judge.robust()) out += fmt::format(",\"baseline_kept\":{}", judge.baseline().count());
  out += fmt::format(",\"directions\":{}", judge.baseline().rank());
  append_field(out, "distance2", unusualness.squared_distance);
  append_field(out, "log_p", unusualness.log_p);
  if (log_adjusted) append_field(out, "log_p_adjusted", *log_adjusted);
  out += log_adjusted ? ",\"flagged\":true" : ",\"flagged\":false";
  if (log_adjusted) append_drivers(out, judge.drivers(vector), features);
  return out + "}";
}

template <class Sums>
EntityAnomalies<Sums>::EntityAnomalies(const StatsRequest& request, const EntityTable<Sums>& table,
                                       const NodeMap<Sums>& nodes, const Hang& hang,
                                       const comm::Comm& comm)
    : request_(request) {
  std::string message;
  comm.agree("choosing baselines", [&] {
    if (!comm.is_root()) return;
    const std::int64_t enough = request.anomalies->robust ? enough_robust : enough_plain;
    message =
        plain_judges(nodes, Judged::entities,
                     judging_nodes(nodes, Judged::entities, hang, enough, request.search.threads));
  });
  comm.broadcast(message);
  if (request.anomalies->robust) {
    message = robust_judges(Judges(std::move(message), hang.balanced), table, hang,
                            request.search.threads, comm);
  }
  comm.agree("judging entities", [&] {
    judges_.emplace(std::move(message), hang.balanced);
    find_judges(table, hang);
    judge(table);
  });
  test(comm);
}

// Local.
template <class Sums>
void EntityAnomalies<Sums>::find_judges(const EntityTable<Sums>& table, const Hang& hang) {
  parallel_for(verdicts_.size(), request_.search.threads, [&](std::size_t part) {
    table.each_of(part, [&](const std::string& bytes, const core::Moments<Sums>& moments) {
      Verdict verdict;
      if (moments.count() > 0)
        verdict.judge = judges_->find(parent_path(EntityKey::from_bytes(bytes), hang));
      verdicts_[part].push_back(verdict);
    });
  });
  std::vector<char> wanted(judges_->size());
  for (const auto& verdicts : verdicts_) {
    for (const Verdict& verdict : verdicts) {
      if (verdict.judge != Judges::none) wanted[verdict.judge] = 1;
    }
  }
  judges_->make<core::ExactSums>(wanted, request_.search.threads);
}

// Local.
template <class Sums>
void EntityAnomalies<Sums>::judge(const EntityTable<Sums>& table) {
  parallel_for(verdicts_.size(), request_.search.threads, [&](std::size_t part) {
    auto verdict = verdicts_[part].begin();
    table.each_of(part, [&](const std::string&, const core::Moments<Sums>& moments) {
      if (verdict->judge != Judges::none && !(*judges_)[verdict->judge].decided())
        verdict->judge = Judges::none;
      if (verdict->judge != Judges::none)
        verdict->unusualness = (*judges_)[verdict->judge].judge(moments.means());
      ++verdict;
    });
  });
}

// Collective.
template <class Sums>
void EntityAnomalies<Sums>::test(const comm::Comm& comm) {
  std::vector<double> log_p;
  std::uint64_t undecided = 0;
  for (const auto& verdicts : verdicts_) {
    for (const Verdict& verdict : verdicts) {
      if (verdict.judge == Judges::none) {
        ++undecided;
      } else {
        log_p.push_back(verdict.unusualness.log_p);
      }
    }
  }
  discoveries_.emplace(log_p, log_p.size(), *request_.anomalies, comm);
  const core::Rejection& rejection = discoveries_->rejection();
  counts_ = {rejection.tested, comm.sum(undecided), rejection.rejected, rejection.log_threshold};
}

template <class Sums>
std::string EntityAnomalies<Sums>::field(std::size_t part, std::size_t i,
                                         const core::Moments<Sums>& moments) const {
  const Verdict& verdict = verdicts_[part][i];
  if (verdict.judge == Judges::none) return ",\"anomaly\":null";
  const double log_p = verdict.unusualness.log_p;
  std::optional<double> adjusted;
  if (discoveries_->contains(log_p)) adjusted = discoveries_->log_adjusted(log_p);
  return ",\"anomaly\":" + anomaly_json((*judges_)[verdict.judge], "entities", verdict.unusualness,
                                        adjusted, moments.means(), request_.features);
}

template class EntityAnomalies<core::ExactSums>;
template class EntityAnomalies<core::FixedSums>;

}  // namespace trawl::fold
