#include "fold/evidence/resolver.hpp"

#include <bit>

#include <trawl/base/prefetch.hpp>
#include <trawl/core/evidence/normalise.hpp>

namespace trawl::fold {
namespace {

// Runs of equal `part`s of sorted records: calls function(records of the run).
template <class Part, class Function>
void for_each_run(std::span<const std::string_view> records, const Part& part,
                  const Function& function) {
  constexpr std::size_t ahead = 8;
  for (std::size_t begin = 0; begin < records.size();) {
    const std::string_view first = part(records[begin]);
    std::size_t end = begin + 1;
    while (end < records.size() && part(records[end]) == first) ++end;
    if (end + ahead < records.size()) prefetch(records[end + ahead].data());
    function(records.subspan(begin, end - begin));
    begin = end;
  }
}

std::string_view identity_of(std::string_view record) {
  return split_candidate(record).identity;
}

std::string_view content_of(std::string_view record) {
  return split_candidate(record).content;
}

}  // namespace

void Resolver::add(std::span<const std::string_view> sorted) {
  for_each_run(sorted, identity_of,
               [&](std::span<const std::string_view> run) { add_identity(run); });
}

// Sorted records of one identity: by content, then place.
void Resolver::add_identity(std::span<const std::string_view> records) {
  contents_.clear();  // each at its least place
  for_each_run(records, content_of,
               [&](std::span<const std::string_view> run) { contents_.push_back(run[0]); });
  if (records.size() > 1) compared += records.size();
  Candidate first = read_candidate(split_candidate(contents_[0]));
  SourceState& source = state_of(first);
  source.duplicates += static_cast<std::int64_t>(records.size() - contents_.size());
  if (contents_.size() == 1) {
    table_.add(source, first.content.type, contribution_of(first.content, rules_));
    return;
  }
  source.withheld += static_cast<std::int64_t>(contents_.size());
  ++source.equivocations;
  equivocations.push_back({std::move(first), read_candidate(split_candidate(contents_[1]))});
}

SourceState& Resolver::state_of(const Candidate& record) {
  if (entity_ != record.entity) {
    entity_ = record.entity;
    state_ = &table_.at(record.entity);
  }
  const std::uint32_t number = sources_.number(record.source);
  if (number == in_table_.size()) in_table_.push_back(table_.source_number(record.source));
  return state_->sources[in_table_[number]];
}

}  // namespace trawl::fold
