#include "fold/stats/state_summary.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace trawl::fold {
namespace {

bool is_plain(const std::string& name) {
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

// "mean_amount"; by number when any of the names could not be the name of a column.
std::string column_name(std::string_view prefix, const std::vector<std::string>& names,
                        std::size_t i) {
  if (std::ranges::all_of(names, is_plain)) return fmt::format("{}_{}", prefix, names[i]);
  return fmt::format("{}_{}", prefix, i + 1);
}

}  // namespace

StateSummary::StateSummary(const StatsRequest& request) : request_(request) {
  columns_.levels.resize(request.levels.size());
  columns_.means.resize(request.features.size());
}

template <class Sums>
void StateSummary::add(const EntityKey& key, const core::Moments<Sums>& moments) {
  add_key(key);
  columns_.records.push_back(moments.count());
  wanted_ = wanted_ && bytes() <= max_bytes;
  if (!wanted_) {  // for good: columns only grow
    columns_ = {};
    return;
  }
  for (std::size_t i = 0; i < columns_.means.size(); ++i)
    columns_.means[i].push_back(moments.mean(i));
}

template void StateSummary::add(const EntityKey&, const core::Moments<core::ExactSums>&);
template void StateSummary::add(const EntityKey&, const core::Moments<core::FixedSums>&);

void StateSummary::Texts::add(std::string value) {
  width = std::max(width, value.size());
  values.push_back(std::move(value));
}

void StateSummary::add_key(const EntityKey& key) {
  if (key.id) {
    const auto* const number = std::get_if<std::int64_t>(&*key.id);
    if (numbers_ && number == nullptr) {
      for (const std::int64_t id : columns_.ids) columns_.names.add(stats::text_of(id));
      columns_.ids = {};
      numbers_ = false;
    }
    if (numbers_) columns_.ids.push_back(*number);
    if (!numbers_) columns_.names.add(stats::text_of(*key.id));
  }
  for (std::size_t i = 0; i < columns_.levels.size(); ++i) columns_.levels[i].add(key.path.at(i));
}

std::size_t StateSummary::bytes() const {
  std::size_t row = 8 + 8 * columns_.means.size() + std::max<std::size_t>(8, columns_.names.width);
  for (const Texts& level : columns_.levels) row += level.width;
  return columns_.records.size() * row;
}

void StateSummary::write(store::StateWriter& writer) const {
  if (!request_.group_by.empty()) {
    if (numbers_) writer.add_column("entity", columns_.ids);
    if (!numbers_) writer.add_column("entity", columns_.names.values);
  }
  for (std::size_t i = 0; i < columns_.levels.size(); ++i)
    writer.add_column(column_name("level", request_.levels, i), columns_.levels[i].values);
  writer.add_column("records", columns_.records);
  for (std::size_t i = 0; i < columns_.means.size(); ++i)
    writer.add_column(column_name("mean", request_.features, i), columns_.means[i]);
}

}  // namespace trawl::fold
