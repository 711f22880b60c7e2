#include <algorithm>
#include <exception>
#include <thread>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/base/parallel.hpp>
#include <trawl/base/partition.hpp>
#include <trawl/base/text.hpp>
#include <trawl/fold/open.hpp>

#include "catalogs.hpp"
#include "fold/stats/entity_key.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

// What the owner tells about its dataset beside the facts, while it is not yet known whether the
// predicate fits any.
struct Binding {
  bool fits = false;
  std::string normal_form;
  std::vector<core::KeyListRef> key_lists;
  bool checks_late = false;  // see core::keys_to_check_late
};

std::vector<store::DatasetRef> list_on_root(const std::vector<std::string>& inputs,
                                            const std::string& table, const Comm& comm) {
  std::vector<store::DatasetRef> refs;
  comm.agree("listing the inputs", [&] {
    if (comm.is_root()) refs = store::list_inputs(inputs, table, comm.size() > 1);
  });
  if (comm.size() == 1) return refs;
  std::string text = store::format_refs(refs);
  comm.broadcast(text);
  return comm.is_root() ? refs : store::parse_refs(text);
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

Binding binding_of(const core::Predicate& predicate) {
  return {true, predicate.normal_form, predicate.key_lists,
          core::keys_to_check_late(predicate).has_value()};
}

// A message may name a file whose name is not UTF-8; facts are, as the certificate prints them.
std::string printable(std::string_view message) {
  if (!invalid_utf8(message)) return std::string(message);
  const Json text = message;
  return Json::parse(text.dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

// Local. Opens dataset `index`; what goes wrong is a fact, not an error.
DatasetFacts open_one(DatasetPool& pool, std::uint64_t index, Binding& binding) {
  DatasetFacts facts;
  try {
    const auto open = pool.open(index);
    fill_facts(facts, open->info());
    facts.group_weight = weight_of(*open);
    binding = binding_of(open->predicate);
  } catch (const InputError& error) {  // opened, but the predicate does not fit
    facts.failure = printable(error.what());
    try {
      fill_facts(facts, open_with_retry(pool.refs()[index])->info());
    } catch (const DataError& damage) {
      facts.failure = printable(damage.what());
    }
  } catch (const DataError& error) {
    facts.failure = printable(error.what());
  }
  return facts;
}

// Local. Takes from a catalog what opening the dataset would tell; nothing when no catalog can.
std::optional<DatasetFacts> look_up(Catalogs& catalogs, const store::DatasetRef& ref,
                                    Binding& binding) {
  const auto known = catalogs.find(ref);
  if (!known) return std::nullopt;
  DatasetFacts facts;
  fill_facts(facts, *known->info);
  facts.catalog_digest = *known->catalog_digest;
  facts.group_weight = facts.bytes / std::max<std::uint64_t>(facts.row_groups(), 1) + 1;
  binding = binding_of(*known->predicate);
  return facts;
}

void put_facts(std::string& out, const DatasetFacts& f) {
  for (const std::string_view text :
       {f.failure, f.kind, f.codec, f.digest, f.index_digest, f.catalog_digest})
    put_text(out, text);
  for (const std::uint64_t number :
       {std::uint64_t{f.readable}, f.rows, f.row_group_rows, f.bytes, f.group_weight})
    put(out, number);
}

DatasetFacts take_facts(std::string_view& bytes) {
  DatasetFacts f;
  for (std::string* text :
       {&f.failure, &f.kind, &f.codec, &f.digest, &f.index_digest, &f.catalog_digest})
    *text = take_text(bytes);
  f.readable = take<std::uint64_t>(bytes) != 0;
  for (std::uint64_t* number : {&f.rows, &f.row_group_rows, &f.bytes, &f.group_weight})
    *number = take<std::uint64_t>(bytes);
  return f;
}

// Collective. The facts of all datasets, in canonical order.
std::vector<DatasetFacts> share_facts(const std::vector<DatasetFacts>& mine, const Comm& comm) {
  if (comm.size() == 1) return mine;
  std::string bytes;
  for (const DatasetFacts& facts : mine) put_facts(bytes, facts);
  std::vector<DatasetFacts> all;
  for (const std::string& part : comm.all_gather_text(bytes)) {
    for (std::string_view rest = part; !rest.empty();) all.push_back(take_facts(rest));
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

std::string to_text(const Binding& binding) {
  return Json::array(
             {binding.fits, binding.normal_form, to_json(binding.key_lists), binding.checks_late})
      .dump();
}

Binding binding_from(const std::string& text) {
  const Json json = parse_json(text, "predicate");
  return {json[0], json[1], key_lists_from(json[2]), json[3]};
}

int owner_of(const std::vector<std::uint64_t>& owned, std::uint64_t index) {
  return static_cast<int>(std::upper_bound(owned.begin(), owned.end(), index) - owned.begin() - 1);
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

struct Opening::State {
  State(const Comm& among, int crew) : comm(among), threads(crew) {}

  const Comm& comm;
  int threads;
  Opened opened;
  std::uint64_t begin = 0, end = 0;  // the datasets of this rank
  std::vector<DatasetFacts> facts;
  std::vector<Binding> bindings;
  Binding first;  // of dataset 0
  std::exception_ptr error;
  std::jthread background;

  DatasetFacts find(std::uint64_t index, Binding& binding) {
    if (opened.catalogs) {
      if (auto known = look_up(*opened.catalogs, opened.refs()[index], binding)) return *known;
    }
    return open_one(*opened.pool, index, binding);
  }

  void open_all() {
    try {
      const auto work = end - begin > 1024 ? parallel_blocks : parallel_for;
      work(end - begin, threads, [&](std::size_t i) {
        if (begin + i == 0) return;  // that one is open
        facts[i] = find(begin + i, bindings[i]);
      });
    } catch (...) {
      error = std::current_exception();
    }
  }

  // Collective. Its owner opens dataset 0 and tells all what it says of the predicate.
  void open_first() {
    if (opened.refs().empty()) return;
    const int owner = owner_of(opened.owned, 0);
    std::string text;
    comm.agree("opening the first dataset", [&] {
      if (comm.rank() != owner) return;
      facts[0] = find(0, bindings[0]);
      text = to_text(bindings[0]);
    });
    comm.broadcast(text, owner);
    first = binding_from(text);
  }

  // Collective. The first dataset, in canonical order, that the predicate fits speaks for all.
  Binding agreed() const {
    if (first.fits) return first;
    const auto& all = opened.facts;
    const auto fits = std::ranges::find_if(all, [](const auto& f) { return f.failure.empty(); });
    if (fits == all.end()) {
      const auto misfit = std::ranges::find_if(all, [](const auto& f) { return f.readable; });
      if (misfit != all.end()) throw CollectiveError(ExitCode::bad_input, misfit->failure);
      return {};  // no dataset can be read at all: incomplete, and every failure is listed
    }
    const auto index = static_cast<std::uint64_t>(fits - all.begin());
    const int speaker = owner_of(opened.owned, index);
    std::string text;
    if (comm.rank() == speaker) text = to_text(bindings[index - begin]);
    comm.broadcast(text, speaker);
    return binding_from(text);
  }
};

Opening::Opening(const std::vector<std::string>& inputs, const std::string& table, Query query,
                 int threads, bool use_catalogs, const Comm& comm)
    : state_(new State(comm, std::max(threads, 1))) {
  Opened& opened = state_->opened;
  auto refs = list_on_root(inputs, table, comm);
  std::vector<std::uint64_t> bytes;
  for (const store::DatasetRef& ref : refs) bytes.push_back(ref.bytes + 1);
  opened.owned = cut_by_weight(bytes, comm.size());
  if (use_catalogs) opened.catalogs = std::make_shared<Catalogs>(query);
  opened.pool = std::make_unique<DatasetPool>(std::move(refs), std::move(query));
  state_->begin = opened.owned[static_cast<std::size_t>(comm.rank())];
  state_->end = opened.owned[static_cast<std::size_t>(comm.rank()) + 1];
  state_->facts.resize(state_->end - state_->begin);
  state_->bindings.resize(state_->end - state_->begin);
  state_->open_first();
  if (!state_->first.key_lists.empty())
    state_->background = std::jthread([state = state_.get()] { state->open_all(); });
}

Opening::~Opening() = default;

std::span<const core::KeyListRef> Opening::key_lists() const {
  return state_->first.key_lists;
}

bool Opening::checks_late() const {
  return state_->first.checks_late;
}

Opened Opening::finish() {
  State& s = *state_;
  if (s.background.joinable()) {
    s.background.join();
  } else {
    s.open_all();
  }
  s.comm.agree("opening the datasets", [&] {
    if (s.error) std::rethrow_exception(s.error);
  });
  s.opened.facts = share_facts(s.facts, s.comm);
  const Binding agreed = s.agreed();
  s.opened.normal_form = agreed.normal_form;
  s.opened.key_lists = agreed.key_lists;
  if (!s.opened.key_lists.empty()) {
    fail_other_key_types(s.opened, s.bindings, s.facts);
    s.opened.facts = share_facts(s.facts, s.comm);
  }
  for (std::uint64_t i = 0; i < s.opened.facts.size(); ++i) {
    const DatasetFacts& facts = s.opened.facts[i];
    if (facts.readable) s.opened.pool->know(i, {facts.digest, facts.rows, facts.row_group_rows});
  }
  return std::move(s.opened);
}

}  // namespace trawl::fold
