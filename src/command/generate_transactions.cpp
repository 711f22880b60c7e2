// trawl generate transactions: datasets with planted needles, a pure function of the options.
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include <trawl/base/json.hpp>
#include <trawl/store/generator.hpp>

#include "command/commands.hpp"
#include "command/generated_output.hpp"

namespace trawl::command {

namespace {

using store::PlantedRow;
using store::Transactions;

struct GenerateTransactionsParams {
  store::TransactionParams source;
  GeneratedOutput output;
};

void describe(GenerateTransactionsParams& p, Options& visit) {
  describe_size(p.source, visit);
  visit.option(
      "needles", p.source.needles, Range{0}, "N",
      "rows, over all datasets, with user_id = 12345 AND action = 'purchase' AND amount > 10000");
  visit.flag("text", p.source.text, "with a free-text column `note`");
  visit.option("null-rate", p.source.null_rate, Range{0.0, 1.0, true}, "RATE",
               "share of NULLs in amount, country and note");
  describe(p.output, visit);
}

void check(const GenerateTransactionsParams& p, Problems& problems) {
  check_source<Transactions>(p.source, p.output, problems);
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
    row["dataset"] = source.name_of(planted.dataset);
    row["record_id"] = planted.dataset * source.params().rows + planted.row;
    if (!moved) row["row"] = planted.row;
    if (!planted.needle) row["why_not"] = planted.kind;
    truth[planted.needle ? "needles" : "decoys"].push_back(std::move(row));
  }
  return truth.dump(2) + "\n";
}

ExitCode run(const GenerateTransactionsParams& p, const Context& context) {
  const Transactions source(source_params(p.source, p.output));
  const bool moved = !p.output.files.cluster.by.empty();
  write_generated(
      source, p.output, "needles.json", [&] { return truth_text(source, moved); },
      fmt::format("{} needles", p.source.needles), context.world);
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
