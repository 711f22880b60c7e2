#include "fold/stats/state_entities.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

namespace trawl::fold {

template <>
core::ExactSums::Configuration configuration_of<core::ExactSums>(const StatsRequest& request,
                                                                 core::ProductSums products) {
  return {request.features.size(), products};
}
template <>
core::FixedSums::Configuration configuration_of<core::FixedSums>(const StatsRequest& request,
                                                                 core::ProductSums products) {
  return {request.unit_exponents, products};
}

template <class Sums>
void put_record(std::string& out, std::string_view key, const core::Moments<Sums>& moments) {
  std::vector<std::byte> bytes;
  moments.append_bytes(bytes);
  put_text(out, key);
  put_text(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

template <class Sums>
SortedEntities<Sums>::SortedEntities(const EntityTable<Sums>& table) : table_(table) {
  items_.reserve(table.size());
  for (std::uint32_t part = 0; part < table.parts; ++part) {
    std::uint32_t number = 0;
    table.each_of(part, [&](const std::string& key, const core::Moments<Sums>&) {
      items_.push_back({EntityKey::from_bytes(key).hash(key), part, number++});
    });
  }
  const auto order_of = [&](const Item& item) {
    return EntityKey::from_bytes(key(item)).sort_bytes();
  };
  std::ranges::sort(items_, [&](const Item& a, const Item& b) {
    return a.hash != b.hash ? a.hash < b.hash : order_of(a) < order_of(b);
  });
}

template <class Sums>
std::vector<char> SortedEntities<Sums>::next_piece(std::size_t bytes) {
  std::string piece;
  core::Moments<Sums> space = table_.nothing();
  for (; next_ < items_.size() && piece.size() < bytes; ++next_) {
    const Item& item = items_[next_];
    put_record(piece, key(item), table_.moments(item.part, item.number, space));
  }
  return {piece.begin(), piece.end()};
}

SortedDistributions::SortedDistributions(const DistributionTable& table) {
  for (const auto& [key, distributions] : table.all()) {
    const EntityKey parsed = EntityKey::from_bytes(key);
    items_.push_back({parsed.hash(key), parsed.sort_bytes(), &key, &distributions});
  }
  std::ranges::sort(items_, {}, [](const Item& item) { return std::tie(item.hash, item.order); });
}

std::vector<char> SortedDistributions::next_piece(std::size_t bytes) {
  std::string piece;
  for (; next_ < items_.size() && piece.size() < bytes; ++next_)
    put_record(piece, *items_[next_].key, *items_[next_].distributions);
  return {piece.begin(), piece.end()};
}

template <class Sums>
void SortedEntities<Sums>::each(
    std::size_t begin, std::size_t end,
    const std::function<void(std::uint64_t, const std::string&, const core::Moments<Sums>&)>&
        function) const {
  core::Moments<Sums> space = table_.nothing();
  for (std::size_t i = begin; i < end; ++i) {
    const Item& item = items_[i];
    function(item.hash, key(item), table_.moments(item.part, item.number, space));
  }
}

template <class Sums>
EntitySection<Sums>::EntitySection(store::StateWriter& writer, const StatsRequest& request)
    : writer_(writer), summary_(request) {
  writer_.add_section(entities_section);
}

template <class Sums>
void EntitySection<Sums>::append(std::string_view records) {
  while (!records.empty()) {
    std::string_view rest = records;
    const std::string_view key = take_text(rest);
    const std::string_view state = take_text(rest);
    append(records.substr(0, records.size() - rest.size()), key,
           core::Moments<Sums>::from_bytes(bytes_of(state)));
    records = rest;
  }
}

template <class Sums>
void EntitySection<Sums>::append(std::string_view record, std::string_view key,
                                 const core::Moments<Sums>& moments) {
  writer_.append(bytes_of(record));
  ++entities_;
  if (summary_.wanted()) summary_.add(EntityKey::from_bytes(key), moments);
}

template <class Sums>
void EntitySection<Sums>::finish() {
  if (summary_.wanted()) summary_.write(writer_);
}

EntityReader::EntityReader(const store::StateReader& file, std::string name,
                           const StatsRequest& request, std::string_view section)
    : bytes_(file, std::move(name), section), request_(request), section_(section) {}

bool EntityReader::next() {
  try {
    return read_record();
  } catch (const DataError&) {
    throw;
  } catch (const Error& error) {
    damaged(error.what());
  }
}

bool EntityReader::read_record() {
  bytes_.skip(record_.size());
  record_ = {};
  if (bytes_.done()) return false;
  const auto size_at = [&](std::size_t offset) {
    std::string_view bytes = bytes_.at(offset, sizeof(std::uint32_t));
    return std::size_t{take<std::uint32_t>(bytes)};
  };
  const std::size_t key_bytes = size_at(0);
  std::string key(bytes_.at(4, key_bytes));
  const std::size_t state_bytes = size_at(4 + key_bytes);
  record_ = bytes_.at(0, 8 + key_bytes + state_bytes);
  state_ = record_.substr(8 + key_bytes);
  const EntityKey parsed = EntityKey::from_bytes(key);
  check_key(parsed);
  const std::uint64_t hash = parsed.hash(key);
  std::string order = parsed.sort_bytes();
  if (!first_ &&
      std::pair(hash, std::string_view(order)) <= std::pair(hash_, std::string_view(order_)))
    damaged("its entities are not in order");
  first_ = false;
  hash_ = hash;
  key_ = std::move(key);
  order_ = std::move(order);
  return true;
}

void EntityReader::check_key(const EntityKey& key) const {
  const bool ids = section_ == entities_section && !request_.group_by.empty();
  if (key.id.has_value() != ids || key.path.size() != request_.levels.size())
    damaged("an entity is not as the configuration says");
}

template <class Sums>
core::Moments<Sums> EntityReader::moments() const {
  const auto parsed = [&] {
    try {
      return core::Moments<Sums>::from_bytes(bytes_of(state_));
    } catch (const Error& error) {
      damaged(error.what());
    }
  };
  core::Moments<Sums> moments = parsed();
  if (moments.configuration() != configuration_of<Sums>(request_))
    damaged("the sums of an entity are not as the configuration says");
  return moments;
}

Distributions EntityReader::distributions() const {
  try {
    return take_distributions(state_, request_.features.size());
  } catch (const Error& error) {
    damaged(error.what());
  }
}

#define TRAWL_STATE_OF(Sums)                                  \
  template class SortedEntities<Sums>;                        \
  template class EntitySection<Sums>;                         \
  template core::Moments<Sums> EntityReader::moments() const; \
  template void put_record(std::string&, std::string_view, const core::Moments<Sums>&);
TRAWL_STATE_OF(core::ExactSums)
TRAWL_STATE_OF(core::FixedSums)
#undef TRAWL_STATE_OF

}  // namespace trawl::fold
