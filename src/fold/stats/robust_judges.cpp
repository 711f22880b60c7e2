#include "fold/stats/robust_judges.hpp"

#include <limits>
#include <utility>

#include <trawl/base/parallel.hpp>
#include <trawl/core/stats/mcd.hpp>

#include "fold/stats/entity_key.hpp"
#include "fold/stats/owners.hpp"

namespace trawl::fold {
namespace {

std::vector<std::size_t> owners_of_judges(const Judges& judges, std::size_t ranks) {
  std::vector<std::int64_t> populations;
  for (std::size_t i = 0; i < judges.size(); ++i) populations.push_back(judges.population(i));
  return owners_of(populations, ranks);
}

// This rank's means, by the rank that is to have them: number of the judge, vector.
template <class Sums>
std::vector<std::vector<char>> messages(const Judges& judges,
                                        const std::vector<std::size_t>& owners,
                                        const EntityTable<Sums>& table, const Hang& hang,
                                        std::size_t ranks) {
  std::vector<std::vector<char>> out(ranks);
  const auto append = [](std::vector<char>& bytes, const auto& value) {
    const auto* data = reinterpret_cast<const char*>(&value);
    bytes.insert(bytes.end(), data, data + sizeof value);
  };
  table.each([&](const std::string& bytes, const core::Moments<Sums>& moments) {
    if (moments.count() == 0) return;
    const std::vector<double> means = moments.means();
    stats::Path path = parent_path(EntityKey::from_bytes(bytes), hang);
    // In a balanced tree entities are in the baselines of all nodes above.
    for (std::size_t judge = judges.find(path); judge != Judges::none;) {
      append(out[owners[judge]], static_cast<std::uint32_t>(judge));
      for (const double mean : means) append(out[owners[judge]], mean);
      path = judges.path(judge);
      if (!hang.balanced || path.empty()) break;
      path.pop_back();
      judge = judges.find(path);
    }
  });
  return out;
}

// Rows of vectors by judge.
std::vector<std::vector<double>> rows_of(const std::vector<std::vector<char>>& received,
                                         std::size_t judges, std::size_t width) {
  std::vector<std::vector<double>> rows(judges);
  for (const std::vector<char>& message : received) {
    for (std::string_view rest(message.data(), message.size()); !rest.empty();) {
      std::vector<double>& of_judge = rows[take<std::uint32_t>(rest)];
      for (std::size_t i = 0; i < width; ++i) of_judge.push_back(take<double>(rest));
    }
  }
  return rows;
}

template <class Keep>
core::ExactMoments moments_where(std::span<const double> rows, std::size_t width,
                                 const Keep& keep) {
  core::ExactMoments moments(width);
  for (std::size_t at = 0; at < rows.size(); at += width) {
    if (keep(rows.subspan(at, width))) moments.add(rows.subspan(at, width));
  }
  return moments;
}

core::ExactMoments subset_moments(std::span<const double> rows, std::size_t width,
                                  const std::vector<std::size_t>& subset) {
  core::ExactMoments moments(width);
  for (const std::size_t row : subset) moments.add(rows.subspan(row * width, width));
  return moments;
}

// Empty when the reweighted estimate is not that of the vectors within the limit.
std::string judge_of(const stats::Path& path, std::int64_t population, std::span<const double> rows,
                     std::size_t width) {
  const core::Mcd mcd = core::minimum_covariance_determinant(rows, width);
  if (mcd.exact_fit) {  // the hyperplane is the baseline; all others are infinitely far from it
    const core::ExactMoments on = moments_where(
        rows, width, [&](auto row) { return mcd.reweighted.keeps_dependencies(row); });
    return robust_judge(path, population, on, std::numeric_limits<double>::infinity(), 1.0, on);
  }
  const double limit = mcd.cutoff * mcd.raw_correction.factor();
  const core::ExactMoments kept =
      moments_where(rows, width, [&](auto row) { return mcd.raw.squared_distance(row) < limit; });
  if (kept.count() != mcd.reweighted.count() || kept.means() != mcd.reweighted.means()) return {};
  return robust_judge(path, population, subset_moments(rows, width, mcd.subset), limit,
                      mcd.correction.factor(), kept);
}

}  // namespace

template <class Sums>
std::string robust_judges(const Judges& plain, const EntityTable<Sums>& table, const Hang& hang,
                          int threads, const comm::Comm& comm) {
  const auto ranks = static_cast<std::size_t>(comm.size());
  const std::size_t width = table.nothing().features();
  std::vector<std::vector<char>> mine;
  comm.agree("robust baselines",
             [&] { mine = messages(plain, owners_of_judges(plain, ranks), table, hang, ranks); });
  auto received = comm.exchange(mine);
  mine.clear();
  std::string made;
  comm.agree("robust baselines", [&] {
    const auto rows = rows_of(received, plain.size(), width);
    received.clear();
    std::vector<std::string> judges(plain.size());
    parallel_for(plain.size(), threads, [&](std::size_t i) {
      if (!rows[i].empty())
        judges[i] = judge_of(plain.path(i), plain.population(i), rows[i], width);
    });
    for (const std::string& judge : judges) made += judge;
  });
  std::string all;
  for (const std::string& text : comm.all_gather_text(made)) all += text;
  return all;
}

template std::string robust_judges(const Judges&, const EntityTable<core::ExactSums>&, const Hang&,
                                   int, const comm::Comm&);
template std::string robust_judges(const Judges&, const EntityTable<core::FixedSums>&, const Hang&,
                                   int, const comm::Comm&);

}  // namespace trawl::fold
