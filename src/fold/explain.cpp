#include <fmt/format.h>

#include <trawl/base/text.hpp>
#include <trawl/core/predicate/zone_test.hpp>
#include <trawl/fold/search.hpp>

namespace trawl::fold {
namespace {

std::string predicate_part(const OpenDataset& open, const Opened& opened) {
  const Schema& schema = open.info().schema;
  std::string text = fmt::format("predicate\n  {}\ncolumns read\n", opened.normal_form);
  for (const std::size_t column : open.predicate.columns) {
    text += fmt::format("  {:<16} {:<12} in memory as {}\n", schema[column].name,
                        name_of(schema[column].type), name_of(schema[column].lane));
  }
  text += "columns returned\n";
  for (const std::size_t column : open.select) text += fmt::format("  {}\n", schema[column].name);
  text += "screens\n";
  for (const std::string& line : core::explain_screens(open.predicate, schema))
    text += fmt::format("  {}\n", line);
  text += fmt::format("steps, per row group ('{}')\n", open.info().name);
  for (const std::string& line : open.program->plan()) text += fmt::format("  {}\n", line);
  return text;
}

std::string failures(const Opened& opened) {
  std::string text;
  for (std::size_t i = 0; i < opened.facts.size(); ++i) {
    if (opened.facts[i].failure.empty()) continue;
    text += fmt::format("cannot be searched: '{}': {}\n", opened.refs()[i].name,
                        opened.facts[i].failure);
  }
  return text;
}

}  // namespace

std::string explain(const SearchRequest& request, const comm::Comm& comm) {
  core::SyntaxPtr syntax;
  comm.agree("reading the predicate", [&] { syntax = core::parse(request.where); });
  Opening opening(request.inputs, request.table, {syntax, request.select}, request.threads,
                  request.index, comm);
  const bool may_be_late = opening.checks_late() && request.filters && request.limit == 0;
  const Opened opened = opening.finish();
  const KeyLists keys =
      KeyLists::load(opened.key_lists, request.fpr, request.threads, comm, may_be_late);
  opened.pool->use_keys(keys.sets(), {.use_filter = request.filters}, request.index);
  const Pruned pruned =
      prune(opened, keys.sets(), {request.zone_maps, request.index}, request.threads, comm);

  std::string text;
  comm.agree("explaining", [&] {
    if (!comm.is_root()) return;
    std::uint64_t groups = 0, rows = 0;
    std::size_t first = opened.facts.size();
    for (std::size_t i = opened.facts.size(); i-- > 0;) {
      groups += opened.facts[i].row_groups();
      rows += opened.facts[i].rows;
      if (opened.facts[i].failure.empty()) first = i;
    }
    if (first < opened.facts.size())
      text += predicate_part(*opened.pool->open_to_scan(first), opened);
    for (const KeyListFacts& list : keys.facts()) {
      if (list.checked_late) {
        text += fmt::format(
            "key list '{}': {} keys, {} per node, checked against the rows that are left; filters "
            "in front when these are not few beside the keys\n",
            list.path, with_thousands(list.read), human_bytes(list.bytes));
        continue;
      }
      text += fmt::format(
          "key list '{}': {} distinct keys of {}, {} per node, false-positive rate {:.5f}\n",
          list.path, with_thousands(list.distinct), with_thousands(list.read),
          human_bytes(list.bytes), list.expected_fpr);
    }
    const std::uint64_t left = count_groups(pruned.work);
    text += fmt::format(
        "plan\n  {} datasets, {} rows, {} row groups\n  zone maps {}: {} row groups to scan, on {} "
        "ranks x {} "
        "threads\n",
        with_thousands(opened.facts.size()), with_thousands(rows), with_thousands(groups),
        request.zone_maps ? "on" : "off", with_thousands(left), comm.size(), request.threads);
    const auto shares = assign(pruned.work, comm.size());
    for (std::size_t rank = 0; rank < shares.size(); ++rank) {
      text += fmt::format("  rank {}: {} row groups in {} pieces\n", rank,
                          with_thousands(count_groups(shares[rank])), shares[rank].size());
    }
    text += failures(opened);
  });
  return text;
}

}  // namespace trawl::fold
