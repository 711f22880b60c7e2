#include "fold/stats/judges.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <trawl/base/parallel.hpp>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

template <class Moments>
bool varies(const Moments& moments) {
  for (std::size_t i = 0; i < moments.features(); ++i) {
    const auto words = moments.numerator(i, i).words;
    if (std::ranges::any_of(words, [](std::uint32_t word) { return word != 0; })) return true;
  }
  return false;
}

template <class Moments>
bool decides(const Moments& moments, std::int64_t enough) {
  if (moments.count() < enough || !varies(moments)) return false;
  if (moments.count() >= enough * static_cast<std::int64_t>(moments.features())) return true;
  return static_cast<std::int64_t>(core::Baseline(moments).rank()) * enough <= moments.count();
}

template <class Sums>
bool decides(const stats::Node<Sums>& node, Judged judged, std::int64_t enough) {
  return judged == Judged::entities ? decides(node.between, enough) : decides(node.within, enough);
}

template <class Moments>
void put_moments(std::string& out, const Moments& moments) {
  const std::vector<std::byte> bytes = moments.to_bytes();
  put_text(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

template <class Moments>
void put_plain(std::string& out, const stats::Path& path, const Moments& moments) {
  put_path(out, path);
  put(out, moments.count());
  put(out, 0.0);
  put(out, 1.0);
  put_text(out, {});
  put_moments(out, moments);
}

template <class Moments>
core::Baseline baseline_of(std::string_view bytes) {
  return core::Baseline(Moments::from_bytes(bytes_of(bytes)));
}

}  // namespace

template <class Sums>
std::vector<stats::Path> judging_nodes(const NodeMap<Sums>& nodes, Judged judged, const Hang& hang,
                                       std::int64_t enough, int threads) {
  std::vector<const std::pair<const stats::Path, stats::Node<Sums>>*> candidates;
  for (const auto& entry : nodes) {
    if (hang.balanced || entry.first.size() == hang.depth) candidates.push_back(&entry);
  }
  std::vector<char> decided(candidates.size());
  parallel_for(candidates.size(), threads, [&](std::size_t i) {
    decided[i] = decides(candidates[i]->second, judged, enough) ? 1 : 0;
  });
  std::set<stats::Path> able, asked;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (decided[i] != 0) able.insert(candidates[i]->first);
  }
  for (const auto* candidate : candidates) {
    if (candidate->first.size() != hang.depth) continue;
    stats::Path path = candidate->first;
    while (hang.balanced && !path.empty() && !able.contains(path)) path.pop_back();
    if (able.contains(path)) asked.insert(std::move(path));
  }
  return {asked.begin(), asked.end()};
}

template <class Sums>
std::string plain_judges(const NodeMap<Sums>& nodes, Judged judged,
                         const std::vector<stats::Path>& judging) {
  std::string out;
  for (const stats::Path& path : judging) {
    const stats::Node<Sums>& node = nodes.at(path);
    if (judged == Judged::entities) {
      put_plain(out, path, node.between);
    } else {
      put_plain(out, path, node.within);
    }
  }
  return out;
}

std::string robust_judge(const stats::Path& path, std::int64_t population,
                         const core::ExactMoments& raw, double limit, double factor,
                         const core::ExactMoments& reweighted) {
  std::string out;
  put_path(out, path);
  put(out, population);
  put(out, limit);
  put(out, factor);
  put_moments(out, raw);
  put_moments(out, reweighted);
  return out;
}

Judges::Judges(std::string message, bool nearest)
    : message_(std::move(message)), nearest_(nearest) {
  for (std::string_view rest = message_; !rest.empty();) {
    Offer offer;
    offer.path = take_path(rest);
    offer.population = take<std::int64_t>(rest);
    offer.limit = take<double>(rest);
    offer.factor = take<double>(rest);
    offer.raw = take_text(rest);
    offer.moments = take_text(rest);
    numbers_.emplace(offer.path, offers_.size());
    offers_.push_back(std::move(offer));
  }
  judges_.resize(offers_.size());
}

std::size_t Judges::find(const stats::Path& path) const {
  auto found = numbers_.find(path);
  for (stats::Path above = path; nearest_ && found == numbers_.end() && !above.empty();) {
    above.pop_back();
    found = numbers_.find(above);
  }
  return found == numbers_.end() ? none : found->second;
}

template <class Sums>
void Judges::make(const std::vector<char>& wanted, int threads) {
  parallel_for(offers_.size(), threads, [&](std::size_t i) {
    if (wanted[i] == 0) return;
    const Offer& offer = offers_[i];
    std::optional<Reweighting> reweighting;
    if (!offer.raw.empty()) {
      reweighting =
          Reweighting{baseline_of<core::ExactMoments>(offer.raw), offer.limit, offer.factor};
    }
    judges_[i] = std::make_unique<Judge>(offer.path, offer.population,
                                         baseline_of<core::Moments<Sums>>(offer.moments),
                                         std::move(reweighting));
  });
}

template std::vector<stats::Path> judging_nodes(const NodeMap<core::ExactSums>&, Judged,
                                                const Hang&, std::int64_t, int);
template std::vector<stats::Path> judging_nodes(const NodeMap<core::FixedSums>&, Judged,
                                                const Hang&, std::int64_t, int);
template std::string plain_judges(const NodeMap<core::ExactSums>&, Judged,
                                  const std::vector<stats::Path>&);
template std::string plain_judges(const NodeMap<core::FixedSums>&, Judged,
                                  const std::vector<stats::Path>&);
template void Judges::make<core::ExactSums>(const std::vector<char>&, int);
template void Judges::make<core::FixedSums>(const std::vector<char>&, int);

}  // namespace trawl::fold
