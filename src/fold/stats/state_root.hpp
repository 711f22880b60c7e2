// The sum tree over the entities of a state: its leaves, its root, and where a state keeps it.
//
// A leaf is one record of the section of entities, in its order. Its key: the hash, big-endian,
// then the sort bytes of the entity's key. Its sum: the moments. docs/formats/state.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <trawl/comm/comm.hpp>
#include <trawl/core/integrity/sum_tree.hpp>
#include <trawl/fold/stats.hpp>
#include <trawl/store/state_file.hpp>

#include "fold/stats/entity_table.hpp"
#include "fold/stats/state_entities.hpp"

namespace trawl::fold {

inline constexpr std::string_view root_section = "root";

// What a state says of its tree: u64 leaves, 32 bytes root.
struct StateRoot {
  std::uint64_t leaves = 0;
  Sha256Digest root{};
  bool operator==(const StateRoot&) const = default;

  // Appends it as the section of a state.
  void write(store::StateWriter& writer) const;
  // Nothing for states without that section; DataError when it is not of this form.
  static std::optional<StateRoot> read(const store::StateReader& file);
};

// Moments of this configuration, none of them of fewer than no records. Its name has the kind of
// state and its configuration: "stats {...}".
template <class Sums>
core::SumKind moments_kind(const StatsRequest& request, const std::string& configuration);

std::string leaf_key(std::uint64_t hash, std::string_view sort_bytes);

// Collective. The root, on root, of entities that were exchanged. The same for any number of ranks.
template <class Sums>
std::optional<StateRoot> root_of(const EntityTable<Sums>& entities, const StatsRequest& request,
                                 const std::string& configuration, const comm::Comm& comm);

}  // namespace trawl::fold
