#include "fold/stats/similar_pairs.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/parallel.hpp>
#include <trawl/core/stats/profiles.hpp>

#include "fold/stats/entity_key.hpp"
#include "fold/stats/json_fields.hpp"
#include "fold/stats/owners.hpp"

namespace trawl::fold {
namespace {

struct Parent {
  stats::Path path;
  std::int64_t entities;
  core::ProfileScale scale;
};

// Root. The nodes right above two or more entities, and how their profiles are measured.
template <class Sums>
std::string message_of(const NodeMap<Sums>& nodes, const Hang& hang, int threads) {
  std::vector<const std::pair<const stats::Path, stats::Node<Sums>>*> parents;
  for (const auto& entry : nodes) {
    if (entry.first.size() == hang.depth && entry.second.between.count() >= 2)
      parents.push_back(&entry);
  }
  std::vector<std::string> texts(parents.size());
  parallel_for(parents.size(), threads, [&](std::size_t i) {
    const core::ProfileScale scale(parents[i]->second.between);
    put_path(texts[i], parents[i]->first);
    put(texts[i], parents[i]->second.between.count());
    for (const double mean : scale.mean()) put(texts[i], mean);
    for (const double sd : scale.sd()) put(texts[i], sd);
  });
  std::string out;
  for (const std::string& text : texts) out += text;
  return out;
}

std::vector<Parent> parents_of(std::string_view message, std::size_t features) {
  std::vector<Parent> parents;
  while (!message.empty()) {
    stats::Path path = take_path(message);
    const auto entities = take<std::int64_t>(message);
    std::vector<double> mean(features), sd(features);
    for (double& x : mean) x = take<double>(message);
    for (double& x : sd) x = take<double>(message);
    parents.push_back(
        {std::move(path), entities, core::ProfileScale(std::move(mean), std::move(sd))});
  }
  return parents;
}

// An entity on its way to the others of its parent: number of the parent, id, unit.
void put_member(std::vector<char>& out, std::uint32_t parent, const stats::EntityId& id,
                const std::vector<double>& unit) {
  std::string bytes;
  put(bytes, parent);
  put_text(bytes, EntityKey{id, {}}.to_bytes());
  for (const double x : unit) put(bytes, x);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

template <class Sums>
class Senders {
 public:
  Senders(const std::vector<Parent>& parents, const Hang& hang, std::size_t ranks)
      : parents_(parents), hang_(hang), ranks_(ranks) {
    std::vector<std::int64_t> sizes;
    for (const Parent& parent : parents) {
      numbers_.emplace(parent.path, sizes.size());
      sizes.push_back(parent.entities);
    }
    owners_ = owners_of(sizes, ranks);
  }

  // This rank's members by the rank that is to have them.
  std::vector<std::vector<char>> messages(const EntityTable<Sums>& table, int threads) {
    constexpr std::size_t parts = EntityTable<Sums>::parts;
    std::array<std::vector<std::vector<char>>, parts> pieces;
    std::array<std::uint64_t, parts> flat{};
    parallel_for(parts, threads, [&](std::size_t part) {
      pieces[part].resize(ranks_);
      table.each_of(part, [&](const std::string& key, const core::Moments<Sums>& moments) {
        if (moments.count() > 0) flat[part] += put_entity(pieces[part], key, moments.means());
      });
    });
    std::vector<std::vector<char>> out(ranks_);
    for (auto& piece : pieces) {
      for (std::size_t rank = 0; rank < ranks_; ++rank)
        out[rank].insert(out[rank].end(), piece[rank].begin(), piece[rank].end());
      piece.clear();
    }
    for (const std::uint64_t count : flat) flat_ += count;
    return out;
  }

  std::uint64_t flat() const { return flat_; }

 private:
  // How many are flat: 0 or 1.
  std::uint64_t put_entity(std::vector<std::vector<char>>& out, const std::string& bytes,
                           const std::vector<double>& means) const {
    const EntityKey key = EntityKey::from_bytes(bytes);
    const auto found = numbers_.find(parent_path(key, hang_));
    if (!key.id || found == numbers_.end()) return 0;
    const core::ProfileScale& scale = parents_[found->second].scale;
    if (!scale.enough()) return 0;
    const std::vector<double> unit = scale.unit(means);
    if (unit.empty()) return 1;
    put_member(out[owners_[found->second]], static_cast<std::uint32_t>(found->second), *key.id,
               unit);
    return 0;
  }

  const std::vector<Parent>& parents_;
  const Hang& hang_;
  std::size_t ranks_;
  std::map<stats::Path, std::size_t> numbers_;
  std::vector<std::size_t> owners_;
  std::uint64_t flat_ = 0;
};

// The entities of one parent that have a profile, in order of their ids once sorted.
struct Members {
  std::vector<std::pair<stats::EntityId, std::size_t>> ids;  // with the place of the unit
  std::vector<double> units;
};

std::vector<Members> members_of(const std::vector<std::vector<char>>& received,
                                const std::vector<Parent>& parents) {
  std::vector<Members> all(parents.size());
  for (const std::vector<char>& message : received) {
    for (std::string_view rest(message.data(), message.size()); !rest.empty();) {
      const auto number = take<std::uint32_t>(rest);
      Members& members = all[number];
      members.ids.emplace_back(*EntityKey::from_bytes(take_text(rest)).id, members.ids.size());
      for (std::size_t i = 0; i < parents[number].scale.varying(); ++i)
        members.units.push_back(take<double>(rest));
    }
  }
  return all;
}

std::string lines_of(const Parent& parent, Members members, std::size_t k, std::uint64_t& count) {
  const std::size_t width = parent.scale.varying();
  std::ranges::sort(members.ids);
  std::vector<double> units;
  units.reserve(members.units.size());
  for (const auto& [id, place] : members.ids) {
    const auto unit = std::span(members.units).subspan(place * width, width);
    units.insert(units.end(), unit.begin(), unit.end());
  }
  members.units = {};
  std::string lines;
  for (const core::CorrelatedPair& pair : core::top_pairs(units, width, k)) {
    lines += pair_line(members.ids[pair.a].first, members.ids[pair.b].first, {}, parent.path, width,
                       pair.correlation);
    ++count;
  }
  return lines;
}

// The texts of all parents, by number, each from the rank that has it.
std::string in_order(std::string_view messages) {
  std::map<std::uint32_t, std::string_view> texts;
  while (!messages.empty()) {
    const auto number = take<std::uint32_t>(messages);
    texts[number] = take_text(messages);
  }
  std::string out;
  for (const auto& [number, text] : texts) out += text;
  return out;
}

}  // namespace

std::string pair_line(const stats::EntityId& a, const stats::EntityId& b, const std::string& more,
                      const stats::Path& path, std::size_t varying, double correlation) {
  std::string out = fmt::format("{{\"pair\":[{},{}],{}\"path\":", json_text(a), json_text(b), more);
  append_path(out, path);
  out += fmt::format(",\"varying\":{}", varying);
  append_field(out, "correlation", correlation);
  return out + "}\n";
}

template <class Sums>
std::string similar_pairs(const StatsRequest& request, const EntityTable<Sums>& table,
                          const NodeMap<Sums>& nodes, const Hang& hang, const comm::Comm& comm,
                          PairCounts& counts) {
  const int threads = request.search.threads;
  std::string message;
  comm.agree("measuring profiles", [&] {
    if (comm.is_root()) message = message_of(nodes, hang, threads);
  });
  comm.broadcast(message);
  std::vector<Parent> parents;
  std::vector<std::vector<char>> mine;
  std::uint64_t flat = 0;
  comm.agree("making profiles", [&] {
    parents = parents_of(message, table.nothing().features());
    Senders<Sums> senders(parents, hang, static_cast<std::size_t>(comm.size()));
    mine = senders.messages(table, threads);
    flat = senders.flat();
  });
  auto received = comm.exchange(mine);
  mine.clear();
  std::string found;
  std::uint64_t similar = 0;
  comm.agree("correlating entities", [&] {
    std::vector<Members> members = members_of(received, parents);
    received.clear();
    std::vector<std::string> lines(parents.size());
    std::vector<std::uint64_t> pairs(parents.size());
    parallel_for(parents.size(), threads, [&](std::size_t i) {
      lines[i] = lines_of(parents[i], std::move(members[i]), request.pairs->similar, pairs[i]);
    });
    for (std::size_t i = 0; i < parents.size(); ++i) {
      similar += pairs[i];
      if (lines[i].empty()) continue;
      put(found, static_cast<std::uint32_t>(i));
      put_text(found, lines[i]);
    }
  });
  counts.flat = comm.sum(flat);
  counts.similar = comm.sum(similar);
  counts.parents = parents.size();
  counts.undecided_parents = static_cast<std::uint64_t>(
      std::ranges::count_if(parents, [](const Parent& p) { return !p.scale.enough(); }));
  const std::string all = comm.merge_to_root(
      std::move(found), [](std::string a, const std::string& b) { return std::move(a) + b; });
  return in_order(all);
}

template std::string similar_pairs(const StatsRequest&, const EntityTable<core::ExactSums>&,
                                   const NodeMap<core::ExactSums>&, const Hang&, const comm::Comm&,
                                   PairCounts&);
template std::string similar_pairs(const StatsRequest&, const EntityTable<core::FixedSums>&,
                                   const NodeMap<core::FixedSums>&, const Hang&, const comm::Comm&,
                                   PairCounts&);

}  // namespace trawl::fold
