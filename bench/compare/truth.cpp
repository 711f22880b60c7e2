// The answers by brute force: the generator, a loop and comparisons; no engine takes part.
#include <algorithm>
#include <mutex>

#include <trawl/base/json.hpp>

#include "command/shares.hpp"
#include "outputs.hpp"

namespace trawl::bench {
namespace {

struct Counts {
  std::uint64_t point = 0, list_and_range = 0, list = 0, range = 0;
  std::vector<std::int64_t> point_ids;  // record_id
};

// The watch list as a sorted array, behind a table of bits that most other users do not pass.
class WatchList {
 public:
  explicit WatchList(const DataParams& params) : keys_(watch_list(params)), bits_(bit_count) {
    std::ranges::sort(keys_);
    for (const std::int64_t key : keys_) bits_[place(key)] = true;
  }
  bool contains(std::int64_t user) const {
    return bits_[place(user)] && std::ranges::binary_search(keys_, user);
  }

 private:
  static constexpr std::uint64_t bit_count = std::uint64_t{1} << 30;
  static std::size_t place(std::int64_t key) {
    return mix(static_cast<std::uint64_t>(key)) % bit_count;
  }
  std::vector<std::int64_t> keys_;
  std::vector<bool> bits_;
};

void count(const Rows& rows, const WatchList& list, Counts& into) {
  static const std::uint8_t purchase = code_of(actions(), "purchase");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows.user_id[i] == needle_user && rows.action[i] == purchase && rows.amount[i] > 10000) {
      ++into.point;
      into.point_ids.push_back(rows.record_id[i]);
    }
    if (rows.amount[i] >= 100 && rows.amount[i] <= 200) ++into.range;
    if (!list.contains(rows.user_id[i])) continue;
    ++into.list;
    if (rows.amount[i] > 9000) ++into.list_and_range;
  }
}

void add(Counts& into, const Counts& part) {
  into.point += part.point;
  into.list_and_range += part.list_and_range;
  into.list += part.list;
  into.range += part.range;
  into.point_ids.insert(into.point_ids.end(), part.point_ids.begin(), part.point_ids.end());
}

std::uint64_t count_notes(const DataParams& params, int threads) {
  const Notes notes(params);
  std::uint64_t found = 0;
  std::mutex mutex;
  command::for_each_parallel(static_cast<std::size_t>(threads), threads, [&](std::size_t part) {
    const auto parts = static_cast<std::uint64_t>(threads);
    std::uint64_t mine = 0;
    for (std::uint64_t i = params.notes * part / parts; i < params.notes * (part + 1) / parts; ++i)
      mine += notes.note(i).find("needle") != std::string::npos ? 1 : 0;
    const std::lock_guard lock(mutex);
    found += mine;
  });
  return found;
}

}  // namespace

std::string truth_text(const Transactions& source, int threads) {
  constexpr std::uint64_t block_rows = 65536;
  const DataParams& params = source.params();
  const WatchList list(params);
  Counts total;
  std::mutex mutex;
  command::for_each_parallel(params.datasets, threads, [&](std::size_t dataset) {
    Counts mine;
    Rows rows;
    for (std::uint64_t begin = 0; begin < params.rows; begin += block_rows) {
      source.fill(dataset, begin, std::min(params.rows, begin + block_rows), rows);
      count(rows, list, mine);
    }
    const std::lock_guard lock(mutex);
    add(total, mine);
  });
  std::ranges::sort(total.point_ids);
  const Json truth = {{"datasets", params.datasets},
                      {"rows", params.rows},
                      {"seed", params.seed},
                      {"keys", params.keys},
                      {"notes", params.notes},
                      {"counts",
                       {{"Q1", total.point},
                        {"Q3", total.list_and_range},
                        {"Q3b", total.list},
                        {"Q4a", total.range},
                        {"Q5", count_notes(params, threads)}}},
                      {"q1_record_ids", total.point_ids}};
  return truth.dump(2) + "\n";
}

}  // namespace trawl::bench
