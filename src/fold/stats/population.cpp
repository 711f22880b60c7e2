#include "fold/stats/population.hpp"

#include <utility>

#include <trawl/base/digest.hpp>

#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

enum class Form : std::uint8_t { rows, moments };

void put_refusals(std::string& out, const RefusalCounts& refusals) {
  for (const std::uint64_t count : refusals.nulls) put(out, count);
  for (const std::uint64_t count : refusals.inexact) put(out, count);
  put(out, refusals.without_key);
}

RefusalCounts take_refusals(std::string_view& bytes, std::size_t columns) {
  RefusalCounts refusals(columns);
  for (std::uint64_t& count : refusals.nulls) count = take<std::uint64_t>(bytes);
  for (std::uint64_t& count : refusals.inexact) count = take<std::uint64_t>(bytes);
  refusals.without_key = take<std::uint64_t>(bytes);
  return refusals;
}

std::string_view text_of(std::span<const double> rows) {
  return {reinterpret_cast<const char*>(rows.data()), rows.size_bytes()};
}

}  // namespace

template <class Sums>
Population<Sums>::Population(typename Sums::Configuration configuration, std::size_t columns)
    : entities(std::move(configuration)),
      distributions(entities.nothing().features()),
      refusals(columns) {}

template <class Sums>
void Population<Sums>::add(const Piece& piece) {
  entities.add(piece.batch);
  distributions.add(piece.distributions);
  add(piece.refusals);
}

template <class Sums>
void Population<Sums>::add(const RefusalCounts& more) {
  const std::lock_guard lock(mutex_);
  refusals.merge(more);
}

template <class Sums>
std::string Population<Sums>::to_bytes(const Piece& piece) const {
  const EntityBatch& batch = piece.batch;
  const core::Moments<Sums>& nothing = entities.nothing();
  const std::size_t features = nothing.features(), at_least = nothing.to_bytes().size();
  std::string out, paths;
  std::vector<std::byte> moments;
  put_refusals(out, piece.refusals);
  for (const auto& [path, of_path] : piece.distributions) put_record(paths, path, of_path);
  put_text(out, paths);
  const Grouping grouping(batch.entities, batch.keys.size());
  std::vector<double> records;
  for (std::size_t e = 0; e < batch.keys.size(); ++e) {
    records.clear();
    for (const std::uint32_t row : grouping.of(e))
      records.insert(records.end(), &batch.rows[row * features],
                     &batch.rows[row * features] + features);
    const std::span<const double> rows(records);
    put(out, batch.hashes[e]);
    put_text(out, batch.keys[e]);
    moments.clear();
    if (rows.size_bytes() > at_least) {
      core::Moments<Sums> sums(nothing);
      sums.add(rows);
      sums.append_bytes(moments);
    }
    const bool shorter = !moments.empty() && moments.size() < rows.size_bytes();
    put(out, shorter ? Form::moments : Form::rows);
    put_text(out, shorter ? std::string_view(reinterpret_cast<const char*>(moments.data()),
                                             moments.size())
                          : text_of(rows));
  }
  return out;
}

template <class Sums>
std::string Population<Sums>::part_to_bytes(std::size_t part) const {
  std::string out, paths;
  std::vector<std::byte> bytes;
  put_refusals(out, part == 0 ? refusals : RefusalCounts(refusals.nulls.size()));
  for (const auto& [path, of_path] : distributions.all()) {
    if (xxh3(bytes_of(path)) % parts == part) put_record(paths, path, of_path);
  }
  put_text(out, paths);
  entities.each_of(part, [&](const std::string& key, const core::Moments<Sums>& moments) {
    bytes.clear();
    moments.append_bytes(bytes);
    put(out, EntityKey::from_bytes(key).hash(key));
    put_text(out, key);
    put(out, Form::moments);
    put_text(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  });
  return out;
}

template <class Sums>
void Population<Sums>::merge(std::string_view bytes) {
  if (bytes.empty()) return;
  add(take_refusals(bytes, refusals.nulls.size()));
  distributions.merge_records(take_text(bytes));
  std::vector<double> rows;
  while (!bytes.empty()) {
    const auto hash = take<std::uint64_t>(bytes);
    const std::string key(take_text(bytes));
    const auto form = take<Form>(bytes);
    const std::string_view state = take_text(bytes);
    if (form == Form::moments) {
      entities.merge(key, hash, core::Moments<Sums>::from_bytes(bytes_of(state)));
    } else {
      rows.resize(state.size() / sizeof(double));
      std::memcpy(rows.data(), state.data(), rows.size() * sizeof(double));
      core::Moments<Sums> sums(entities.nothing());
      sums.add(rows);
      entities.merge(key, hash, sums);
    }
  }
}

template <class Sums>
void Population<Sums>::exchange(const comm::Comm& comm) {
  entities.exchange(comm);
  distributions.exchange(comm);
  refusals.share(comm);
}

template class Population<core::ExactSums>;
template class Population<core::FixedSums>;

}  // namespace trawl::fold
