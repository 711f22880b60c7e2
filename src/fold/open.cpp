#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/base/partition.hpp>
#include <trawl/fold/open.hpp>

namespace trawl::fold {
namespace {

using comm::Comm;

// What the owner tells about its dataset beside the facts, while it is not yet known whether the
// predicate fits any.
struct Binding {
  bool fits = false;
  std::string normal_form;
  std::vector<core::KeyListRef> key_lists;
};

std::vector<store::DatasetRef> list_on_root(const std::vector<std::string>& inputs,
                                            const std::string& table, const Comm& comm) {
  std::string text;
  comm.agree("listing the inputs", [&] {
    if (comm.is_root()) text = store::format_refs(store::list_inputs(inputs, table));
  });
  comm.broadcast(text);
  return store::parse_refs(text);
}

std::uint64_t weight_of(const OpenDataset& open) {
  const store::DatasetInfo& info = open.info();
  std::uint64_t stored = 0, lanes = 0;
  for (const std::size_t column : open.predicate.columns) {
    if (column < info.column_bytes.size()) stored += info.column_bytes[column];
    lanes += std::max<std::size_t>(lane_bytes(info.schema[column].lane), 1);
  }
  const std::uint64_t groups = std::max<std::uint64_t>(info.row_groups(), 1);
  return std::max<std::uint64_t>(stored > 0 ? stored / groups : lanes * info.row_group_rows, 1);
}

void fill_facts(DatasetFacts& facts, const store::DatasetInfo& info) {
  facts.readable = true;
  facts.kind = info.kind;
  facts.codec = info.codec;
  facts.digest = info.digest;
  facts.index_digest = info.index_digest;
  facts.rows = info.rows;
  facts.row_group_rows = info.row_group_rows;
  facts.bytes = info.bytes;
}

// Local. Opens dataset `index`; what goes wrong is a fact, not an error.
DatasetFacts open_one(DatasetPool& pool, std::uint64_t index, Binding& binding) {
  DatasetFacts facts;
  try {
    const auto open = pool.open(index);
    fill_facts(facts, open->info());
    facts.group_weight = weight_of(*open);
    binding = {true, open->predicate.normal_form, open->predicate.key_lists};
  } catch (const InputError& error) {  // opened, but the predicate does not fit
    fill_facts(facts, open_with_retry(pool.refs()[index])->info());
    facts.failure = error.what();
  } catch (const DataError& error) {
    facts.failure = error.what();
  }
  return facts;
}

Json to_json(const DatasetFacts& f) {
  return Json::array({f.failure, f.readable, f.kind, f.codec, f.digest, f.index_digest, f.rows,
                      f.row_group_rows, f.bytes, f.group_weight});
}

DatasetFacts facts_from(const Json& j) {
  return {j[0], j[1], j[2], j[3], j[4], j[5], j[6], j[7], j[8], j[9]};
}

// Collective. The facts of all datasets, in canonical order.
std::vector<DatasetFacts> share_facts(const std::vector<DatasetFacts>& mine, const Comm& comm) {
  Json array = Json::array();
  for (const DatasetFacts& facts : mine) array.push_back(to_json(facts));
  std::vector<DatasetFacts> all;
  const std::string text = array.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (const std::string& part : comm.all_gather_text(text)) {
    for (const Json& facts : parse_json(part, "dataset facts")) all.push_back(facts_from(facts));
  }
  return all;
}

Json to_json(const std::vector<core::KeyListRef>& lists) {
  Json array = Json::array();
  for (const core::KeyListRef& list : lists) {
    array.push_back(
        Json::array({list.path, list.column, list.searched, static_cast<int>(list.type)}));
  }
  return array;
}

std::vector<core::KeyListRef> key_lists_from(const Json& json) {
  std::vector<core::KeyListRef> lists;
  for (const Json& j : json)
    lists.push_back({j[0], j[1], j[2], static_cast<Type>(j[3].get<int>())});
  return lists;
}

// Collective. The first dataset, in canonical order, that the predicate fits speaks for all: root
// of the broadcast.
void agree_on_binding(Opened& opened, const std::vector<Binding>& mine, const Comm& comm) {
  const auto& facts = opened.facts;
  const auto first = std::find_if(facts.begin(), facts.end(),
                                  [](const DatasetFacts& f) { return f.failure.empty(); });
  if (first == facts.end()) {
    const auto misfit =
        std::find_if(facts.begin(), facts.end(), [](const DatasetFacts& f) { return f.readable; });
    if (misfit != facts.end()) throw CollectiveError(ExitCode::bad_input, misfit->failure);
    return;  // no dataset can be read at all: incomplete, and every failure is listed
  }
  const auto index = static_cast<std::uint64_t>(first - facts.begin());
  const int speaker = static_cast<int>(
      std::upper_bound(opened.owned.begin(), opened.owned.end(), index) - opened.owned.begin() - 1);
  std::string text;
  if (comm.rank() == speaker) {
    const Binding& binding = mine[index - opened.owned[static_cast<std::size_t>(speaker)]];
    text = Json::array({binding.normal_form, to_json(binding.key_lists)}).dump();
  }
  comm.broadcast(text, speaker);
  const Json json = parse_json(text, "predicate");
  opened.normal_form = json[0];
  opened.key_lists = key_lists_from(json[1]);
}

void fail_other_key_types(const Opened& opened, const std::vector<Binding>& bindings,
                          std::vector<DatasetFacts>& mine) {
  for (std::size_t i = 0; i < mine.size(); ++i) {
    if (!mine[i].failure.empty() || bindings[i].key_lists == opened.key_lists) continue;
    mine[i].failure =
        "the column searched with IN FILE has another type here than in the first dataset, so the "
        "key list cannot be "
        "used for both. Search these datasets apart";
  }
}

}  // namespace

Opened open_inputs(const std::vector<std::string>& inputs, const std::string& table, Query query,
                   const Comm& comm) {
  Opened opened;
  const auto refs = list_on_root(inputs, table, comm);
  std::vector<std::uint64_t> bytes;
  for (const store::DatasetRef& ref : refs) bytes.push_back(ref.bytes + 1);
  opened.owned = cut_by_weight(bytes, comm.size());
  opened.pool = std::make_unique<DatasetPool>(refs, query);

  const std::uint64_t begin = opened.owned[static_cast<std::size_t>(comm.rank())];
  const std::uint64_t end = opened.owned[static_cast<std::size_t>(comm.rank()) + 1];
  std::vector<DatasetFacts> mine;
  std::vector<Binding> bindings(end - begin);
  comm.agree("opening the datasets", [&] {
    for (std::uint64_t i = begin; i < end; ++i)
      mine.push_back(open_one(*opened.pool, i, bindings[i - begin]));
  });
  opened.facts = share_facts(mine, comm);
  agree_on_binding(opened, bindings, comm);
  if (!opened.key_lists.empty()) {
    fail_other_key_types(opened, bindings, mine);
    opened.facts = share_facts(mine, comm);
  }
  for (std::uint64_t i = 0; i < opened.facts.size(); ++i) {
    const DatasetFacts& facts = opened.facts[i];
    if (facts.readable) opened.pool->know(i, {facts.digest, facts.rows, facts.row_group_rows});
  }
  return opened;
}

}  // namespace trawl::fold
