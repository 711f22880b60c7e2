#include "command/index_catalog.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>

#include <fmt/format.h>

#include <trawl/base/json.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/core/filter/filter_bank.hpp>
#include <trawl/core/filter/membership_filter.hpp>
#include <trawl/store/catalog.hpp>

#include "command/collective.hpp"
#include "command/shares.hpp"
#include "command/text_table.hpp"

namespace trawl::command {
namespace {

namespace fs = std::filesystem;
using Row = store::CatalogWriter::Row;

// Filters of datasets that go together in memory, and in the file side by side.
constexpr std::uint64_t band_bytes = std::uint64_t{64} << 20;

fs::path absolute_path(const store::DatasetRef& ref) {
  if (ref.location.starts_with("gen:")) {
    throw InputError(fmt::format(
        "a generated source has no file to lay a catalog beside: {}. Write it with `trawl generate "
        "...`",
        ref.location));
  }
  return fs::absolute(ref.location).lexically_normal();
}

// The name of a dataset is its path from there.
fs::path shared_folder(const store::DatasetRef& ref) {
  fs::path folder = absolute_path(ref);
  for (const fs::path& part : fs::path(ref.name)) {
    static_cast<void>(part);
    folder = folder.parent_path();
  }
  return folder;
}

// What a rank found in the header of a dataset.
struct Found {
  std::size_t number = 0;  // of the dataset
  std::string error;       // why it is left out
  Row row;
  std::vector<bool> has;  // per key column
};

Found look_at(const CatalogJob& job, std::size_t number, const fs::path& folder) {
  const store::DatasetRef& ref = job.refs[number];
  Found found{number, {}, {}, {}};
  try {
    const auto dataset = store::open_dataset(ref);
    const store::DatasetInfo& info = dataset->info();
    if (info.kind != "trawl") {
      throw InputError(fmt::format(
          "trawl did not write this file, and only reading all of it would tell whether a catalog "
          "still holds: {}. Ingest it, or leave it out",
          ref.location));
    }
    found.row = {absolute_path(ref).lexically_relative(folder).string(),
                 info,
                 store::schema_text(info.schema),
                 {}};
    for (const std::string& name : job.columns) {
      const auto column = info.schema.find(name);
      found.has.push_back(column.has_value());
      found.row.keys.push_back(column ? info.distinct[*column] : std::nullopt);
    }
  } catch (const DataError& error) {
    found.error = error.what();
  }
  return found;
}

Json to_json(const Found& f) {
  Json keys = Json::array();
  for (std::size_t i = 0; i < f.row.keys.size(); ++i)
    keys.push_back(Json::array({bool{f.has[i]}, f.row.keys[i] ? Json(*f.row.keys[i]) : Json()}));
  const store::DatasetInfo& info = f.row.info;
  return Json::array({f.number, f.error, f.row.path, f.row.schema, info.rows, info.row_group_rows,
                      info.bytes, info.codec, info.digest, info.index_digest, keys});
}

Found found_from(const Json& j) {
  Found f{j[0], j[1], {j[2], {}, j[3], {}}, {}};
  f.row.info.rows = j[4];
  f.row.info.row_group_rows = j[5];
  f.row.info.bytes = j[6];
  f.row.info.codec = j[7];
  f.row.info.digest = j[8];
  f.row.info.index_digest = j[9];
  for (const Json& key : j[10]) {
    f.has.push_back(key[0]);
    f.row.keys.push_back(key[1].is_null() ? std::nullopt
                                          : std::optional(key[1].get<std::uint64_t>()));
  }
  return f;
}

// Collective. What all ranks found, in the order of the datasets.
std::vector<Found> look_at_all(const CatalogJob& job, const fs::path& folder,
                               const comm::Comm& world) {
  std::vector<std::uint64_t> weights;
  for (const store::DatasetRef& ref : job.refs) weights.push_back(ref.bytes + 1);
  const auto mine = share_of(weights, world.size(), world.rank());
  std::vector<Found> own(mine.size());
  world.agree("opening the datasets", [&] {
    for_each_parallel(mine.size(), job.threads,
                      [&](std::size_t i) { own[i] = look_at(job, mine[i], folder); });
  });
  Json array = Json::array();
  for (const Found& found : own) array.push_back(to_json(found));
  std::vector<Found> all;
  const std::string text = array.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (const std::string& part : world.all_gather_text(text)) {
    for (const Json& found : parse_json(part, "report of a rank")) all.push_back(found_from(found));
  }
  std::ranges::sort(all, {}, &Found::number);
  return all;
}

void check_columns(const CatalogJob& job, const std::vector<Found>& all) {
  for (std::size_t i = 0; i < job.columns.size(); ++i) {
    const bool known = std::ranges::any_of(all, [&](const Found& f) { return f.has[i]; });
    if (known || all.empty()) continue;
    const Schema schema = store::open_dataset(job.refs[all[0].number])->info().schema;
    throw InputError(fmt::format("cannot index '{}': there is no such column. Did you mean '{}'?",
                                 job.columns[i], schema.nearest(job.columns[i])));
  }
}

// Blocks of the filters of a column: enough for all but the largest datasets, whose filters are
// then worse, or they would make all others large.
std::uint64_t blocks_for(const std::vector<Found>& all, std::size_t column) {
  std::vector<std::uint64_t> keys;
  for (const Found& f : all) keys.push_back(f.row.keys[column].value_or(f.row.info.rows));
  const auto most = keys.begin() + static_cast<std::ptrdiff_t>((keys.size() - 1) * 19 / 20);
  std::ranges::nth_element(keys, most);
  return core::MembershipFilter::blocks_for(std::max<std::uint64_t>(*most, 1),
                                            core::FilterBankBuilder::default_fpr);
}

// The filters of one dataset, one per column. A column that is not there, and a dataset that cannot
// be read, may hold everything.
std::vector<core::BankFilter> filters_of(const CatalogJob& job, const Found& found,
                                         const std::vector<std::uint64_t>& blocks) {
  std::vector<core::BankFilter> filters(blocks.begin(), blocks.end());
  std::vector<bool> whole(blocks.size());
  try {
    const auto dataset = store::open_dataset(job.refs[found.number]);
    if (dataset->info().digest != found.row.info.digest) throw DataError("it changed meanwhile");
    ColumnBuffer buffer;
    for (std::size_t i = 0; i < filters.size(); ++i) {
      const auto column = dataset->info().schema.find(job.columns[i]);
      if (!column) continue;
      for (std::uint64_t group = 0; group < dataset->info().row_groups(); ++group) {
        dataset->read(group, *column, buffer);
        filters[i].add(buffer.view);
      }
      dataset->check_intact();
      whole[i] = true;
    }
  } catch (const DataError& error) {
    log::any_rank(fmt::format("no keys of {}: {}", job.refs[found.number].location, error.what()));
  }
  for (std::size_t i = 0; i < filters.size(); ++i) {
    if (!whole[i]) filters[i].fill();
  }
  return filters;
}

std::size_t bytes_of_filter(std::uint64_t blocks) {
  return blocks * core::MembershipFilter::words_per_block * sizeof(std::uint64_t);
}

std::string packed(std::uint64_t position, std::vector<core::BankFilter> filters) {
  std::string bytes(reinterpret_cast<const char*>(&position), sizeof position);
  for (core::BankFilter& filter : filters) {
    const Bytes words = std::as_bytes(std::span(filter.words()));
    bytes.append(reinterpret_cast<const char*>(words.data()), words.size());
  }
  return bytes;
}

// Takes `packed` apart again.
class Unpacked {
 public:
  Unpacked(std::string bytes, const std::vector<std::uint64_t>& blocks)
      : bytes_(std::move(bytes)), blocks_(blocks) {
    std::size_t size = sizeof(std::uint64_t);
    for (const std::uint64_t count : blocks) size += bytes_of_filter(count);
    for (std::size_t at = 0; at < bytes_.size(); at += size) {
      std::uint64_t position = 0;
      std::memcpy(&position, bytes_.data() + at, sizeof position);
      places_.emplace_back(position, at + sizeof position);
    }
    std::ranges::sort(places_);
  }

  // Calls take(column, filter) for all, datasets in order.
  template <class Take>
  void each(const Take& take) const {
    for (auto [position, at] : places_) {
      for (std::size_t column = 0; column < blocks_.size(); ++column) {
        core::BankFilter filter(blocks_[column]);
        std::memcpy(filter.words().data(), bytes_.data() + at, bytes_of_filter(blocks_[column]));
        at += bytes_of_filter(blocks_[column]);
        take(column, std::move(filter));
      }
    }
  }

 private:
  std::string bytes_;
  const std::vector<std::uint64_t>& blocks_;
  std::vector<std::pair<std::uint64_t, std::size_t>> places_;
};

// Collective. Calls take(column, filter) on root, datasets in order.
template <class Take>
void make_filters(const CatalogJob& job, const std::vector<Found>& all,
                  const std::vector<std::uint64_t>& blocks, std::uint64_t band,
                  const comm::Comm& world, const Take& take) {
  for (std::size_t begin = 0; begin < all.size(); begin += band) {
    const std::size_t end = std::min<std::size_t>(all.size(), begin + band);
    std::vector<std::uint64_t> weights;
    for (std::size_t i = begin; i < end; ++i) weights.push_back(all[i].row.info.bytes + 1);
    const auto mine = share_of(weights, world.size(), world.rank());
    std::vector<std::string> own(mine.size());
    world.agree("indexing", [&] {
      for_each_parallel(mine.size(), job.threads, [&](std::size_t i) {
        own[i] = packed(mine[i], filters_of(job, all[begin + mine[i]], blocks));
      });
    });
    std::string joined;
    for (const std::string& one : own) joined += one;
    joined = world.merge_to_root(
        std::move(joined), [](std::string a, const std::string& b) { return std::move(a) + b; });
    on_root(world, [&] { Unpacked(std::move(joined), blocks).each(take); });
  }
}

}  // namespace

ExitCode write_catalog(const CatalogJob& job, const comm::Comm& world) {
  const Stopwatch watch;
  fs::path folder;
  world.agree("finding the folder", [&] {
    for (const store::DatasetRef& ref : job.refs) {
      absolute_path(ref);  // no generated source among them
    }
    folder = shared_folder(job.refs.at(0));
  });
  std::vector<Found> all = look_at_all(job, folder, world);
  std::uint64_t failed = 0;
  for (const Found& found : all) {
    if (found.error.empty()) continue;
    log::warning(fmt::format("left out: {}", found.error));
    ++failed;
  }
  std::erase_if(all, [](const Found& found) { return !found.error.empty(); });
  world.agree("finding the columns", [&] {
    if (all.empty()) throw InputError("no dataset can be read: there is nothing to catalog");
    check_columns(job, all);
  });
  std::vector<std::uint64_t> blocks;
  std::size_t largest = 1;
  for (std::size_t i = 0; i < job.columns.size(); ++i) {
    blocks.push_back(blocks_for(all, i));
    largest = std::max(largest, bytes_of_filter(blocks.back()));
  }
  const std::uint64_t band =
      std::clamp<std::uint64_t>(band_bytes / largest, 1, core::FilterBankBuilder::groups_per_band);
  std::optional<store::CatalogWriter> writer;
  std::vector<core::FilterBankBuilder> banks;
  on_root(world, [&] {
    std::vector<Row> rows;
    for (const Found& found : all) rows.push_back(found.row);
    writer.emplace(folder, rows, job.columns, job.overwrite);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      banks.emplace_back(blocks[i], band,
                         [&writer, i](Bytes chunk) { writer->append_keys(i, chunk); });
    }
  });
  make_filters(job, all, blocks, band, world, [&](std::size_t column, core::BankFilter filter) {
    banks[column].add(std::move(filter));
  });
  std::string report;
  on_root(world, [&] {
    for (std::size_t i = 0; i < banks.size(); ++i)
      writer->describe_keys(i, banks[i].finish().to_json());
    const store::WrittenDataset written = writer->finish();
    TextTable table({"catalog", ">datasets", ">bytes"});
    table.add({written.path.string(), with_thousands(all.size()), human_bytes(written.bytes)});
    report = table.text("");
  });
  print_from_root(world, report);
  log::story(fmt::format("{} datasets in the catalog, {} left out ({})", with_thousands(all.size()),
                         failed, human_seconds(watch.seconds())));
  return failed > 0 ? ExitCode::incomplete : ExitCode::complete;
}

}  // namespace trawl::command
