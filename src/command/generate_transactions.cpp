// trawl generate transactions: datasets with planted needles, a pure function of the options.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/json.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/store/generator.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/dataset_output.hpp"
#include "command/shares.hpp"
#include "command/text_file.hpp"

namespace trawl::command {

namespace {

using store::PlantedRow;
using store::Transactions;

constexpr const char* truth_file = "needles.json";

struct GenerateTransactionsParams {
  store::TransactionParams source;
  DatasetOutput output;
  int threads = 0;
};

void describe(GenerateTransactionsParams& p, Options& visit) {
  visit.section("Data");
  visit.option("datasets", p.source.datasets, Range{1}, "D", "how many datasets");
  visit.option("rows", p.source.rows, Range{0}, "R", "rows of each dataset");
  visit.option("seed", p.source.seed, "SEED", "equal seeds give equal data");
  visit.option(
      "needles", p.source.needles, Range{0}, "N",
      "rows, over all datasets, with user_id = 12345 AND action = 'purchase' AND amount > 10000");
  visit.flag("text", p.source.text, "with a free-text column `note`");
  visit.option("null-rate", p.source.null_rate, Range{0.0, 1.0, true}, "RATE",
               "share of NULLs in amount, country and note");
  describe(p.output, visit);
  visit.section("Speed");
  visit.option("threads", p.threads, Range{0, 1024}, "N",
               "datasets that a rank writes at once; 0: as many as it has cores");
}

store::TransactionParams source_params(const GenerateTransactionsParams& p) {
  store::TransactionParams source = p.source;
  source.row_group_rows = p.output.write.row_group_rows;
  return source;
}

void check(const GenerateTransactionsParams& p, Problems& problems) {
  try {
    const Transactions source(source_params(p));
  } catch (const InputError& error) {
    problems.emplace_back(error.what());
  }
}

fs::path dataset_path(const fs::path& folder, std::uint64_t dataset) {
  return folder / (Transactions::dataset_name(dataset) + ".h5");
}

// Old datasets that this run does not replace would be searched together with the new ones.
void refuse_leftovers(const fs::path& folder, std::uint64_t datasets) {
  std::set<std::string> written;
  for (std::uint64_t d = 0; d < datasets; ++d) written.insert(dataset_path("", d).string());
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("transactions-") || !name.ends_with(".h5") || written.contains(name))
      continue;
    throw InputError(
        fmt::format("folder holds a dataset that this run does not write: {} (the two would be "
                    "searched together). Remove it, or choose another folder.",
                    entry.path().string()));
  }
}

void prepare_folder(const GenerateTransactionsParams& p) {
  const fs::path& folder = p.output.out;
  make_folder(folder);
  refuse_leftovers(folder, p.source.datasets);
  check_output(folder / truth_file, p.output.write.overwrite);
  for (std::uint64_t d = 0; d < p.source.datasets; ++d) {
    check_output(dataset_path(folder, d), p.output.write.overwrite);
  }
  // Half-replaced data must not stand beside the truth about the old.
  fs::remove(folder / truth_file);
}

std::uint64_t write_dataset(const Transactions& source, std::uint64_t dataset,
                            const DatasetOutput& output) {
  const Schema& schema = source.schema();
  CountingWriter writer(dataset_path(output.out, dataset), schema, output);
  std::vector<ColumnBuffer> buffers(schema.size());
  std::vector<ColumnView> views(schema.size());
  const std::uint64_t step = output.write.row_group_rows;
  for (std::uint64_t begin = 0; begin < source.params().rows; begin += step) {
    const std::uint64_t end = std::min(source.params().rows, begin + step);
    for (std::size_t column = 0; column < schema.size(); ++column) {
      source.fill(dataset, begin, end, column, buffers[column]);
      views[column] = buffers[column].view;
    }
    writer.append(views);
  }
  return writer.finish().bytes;
}

// Collective. Bytes written by all ranks.
std::uint64_t write_datasets(const Transactions& source, const GenerateTransactionsParams& p,
                             const comm::Comm& world) {
  const std::vector<std::uint64_t> weights(p.source.datasets, p.source.rows);
  const auto mine = share_of(weights, world.size(), world.rank());
  std::vector<std::uint64_t> bytes(mine.size());
  const int threads = thread_count(p.threads, world);
  world.agree("writing the datasets", [&] {
    for_each_parallel(mine.size(), threads,
                      [&](std::size_t i) { bytes[i] = write_dataset(source, mine[i], p.output); });
  });
  std::uint64_t total = 0;
  for (const std::uint64_t b : bytes) total += b;
  return world.sum(total);
}

// `moved`: rows lie elsewhere in the files than the source numbers them.
std::string truth_text(const Transactions& source, bool moved) {
  Json truth;
  truth["source"] = source.canonical();
  truth["predicate"] = fmt::format("user_id = {} AND action = 'purchase' AND amount > 10000",
                                   Transactions::needle_user);
  truth["rows"] = source.params().datasets * source.params().rows;
  truth["needles"] = Json::array();
  truth["decoys"] = Json::array();
  for (const PlantedRow& planted : source.planted()) {
    Json row;
    row["dataset"] = Transactions::dataset_name(planted.dataset);
    row["record_id"] = planted.dataset * source.params().rows + planted.row;
    if (!moved) row["row"] = planted.row;
    if (!planted.needle) row["why_not"] = planted.kind;
    truth[planted.needle ? "needles" : "decoys"].push_back(std::move(row));
  }
  return truth.dump(2) + "\n";
}

ExitCode run(const GenerateTransactionsParams& p, const Context& context) {
  const Stopwatch watch;
  const comm::Comm& world = context.world;
  const Transactions source(source_params(p));
  on_root(world, [&] { prepare_folder(p); });
  const std::uint64_t bytes = write_datasets(source, p, world);
  on_root(world, [&] {
    write_file_atomically(p.output.out / truth_file,
                          truth_text(source, !p.output.cluster.by.empty()),
                          p.output.write.overwrite);
  });
  const std::uint64_t rows = p.source.datasets * p.source.rows;
  log::story(fmt::format("{} rows in {} datasets written to {} ({}, {}), {} needles in {}",
                         with_thousands(rows), with_thousands(p.source.datasets),
                         p.output.out.string(), human_bytes(bytes), human_seconds(watch.seconds()),
                         p.source.needles, (p.output.out / truth_file).string()));
  return ExitCode::complete;
}

}  // namespace

Command generate_transactions_command() {
  return make_command<GenerateTransactionsParams>(
      {.name = "generate transactions",
       .summary = "write datasets of transactions with planted needles",
       .details = "Writes DIR/transactions-00000.h5 and so on. Row i of dataset d is a function of "
                  "seed, d and i alone, so "
                  "the files are the same for any number of ranks and threads. The rows that "
                  "`user_id = 12345 AND action = 'purchase' AND amount > 10000` finds, and 64 "
                  "decoys that miss it by one "
                  "condition, are listed in DIR/needles.json.\n\n"
                  "The same data can be searched without being stored: "
                  "`gen:transactions?datasets=8&rows=1000000&seed=42&needles=7`.",
       .example = "mpirun -n 4 trawl generate transactions --datasets 8 --rows 1000000 --seed 42 "
                  "--out data",
       .exit_codes = {ExitCode::incomplete}},
      run, check);
}

}  // namespace trawl::command
