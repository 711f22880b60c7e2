// compare_make_data: the data of the comparison, in every form that an engine loads.
#include <exception>
#include <optional>
#include <string>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/base/text.hpp>
#include <trawl/base/timer.hpp>
#include <trawl/comm/session.hpp>

#include "command/command.hpp"
#include "command/shares.hpp"
#include "outputs.hpp"

namespace trawl::bench {
namespace {

struct MakeDataParams {
  DataParams data;
  std::optional<std::string> tables;  // name
  bool columns = false, csv = false, keys = false, truth = false;
  command::DatasetOutput output;
  int threads = 0;
};

void describe(MakeDataParams& p, command::Options& visit) {
  using command::Range;
  visit.section("Data");
  visit.option("datasets", p.data.datasets, Range{1, 1000}, "D", "how many datasets");
  visit.option("rows", p.data.rows, Range{1000, 1'000'000'000}, "R", "rows of each dataset");
  visit.option("seed", p.data.seed, "SEED", "equal seeds give equal data");
  visit.option("keys", p.data.keys, Range{1, 1'000'000'000}, "N", "keys of the watch list");
  visit.option("notes", p.data.notes, Range{7, 1'000'000'000}, "N", "notes, over all datasets");
  visit.section("What to make, each a folder or file below --out");
  visit.option(
      "tables", p.tables, "NAME",
      "tables-NAME, datasets written with the options below, and notes-NAME where they have "
      "no index");
  visit.flag("columns", p.columns, "columns: raw little-endian values");
  visit.flag("csv", p.csv, "csv and csv-notes");
  visit.flag("key-list", p.keys, "keys: the watch list as .h5, .i64 and .csv");
  visit.flag("truth", p.truth, "truth.json: the answers by brute force");
  command::describe(p.output, visit);
  visit.section("Speed");
  visit.option("threads", p.threads, Range{0, 1024}, "N", "threads; 0: as many as cores");
}

void check(const MakeDataParams& p, command::Problems& problems) {
  if (!p.tables && !p.columns && !p.csv && !p.keys && !p.truth)
    problems.emplace_back("nothing to make: say --tables, --columns, --csv, --key-list or --truth");
}

class Maker {
 public:
  Maker(const MakeDataParams& p, int threads) : p_(p), source_(p.data), threads_(threads) {}

  void run() const {
    fs::create_directories(p_.output.out);
    if (p_.tables) make_tables(*p_.tables);
    if (p_.columns)
      part("columns", [&](const fs::path& to) { write_columns(source_, threads_, to); });
    if (p_.csv) {
      part("csv", [&](const fs::path& to) { write_csv(source_, threads_, to); });
      part("csv-notes", [&](const fs::path& to) { write_notes_csv(p_.data, threads_, to); });
    }
    if (p_.keys) part("keys", [&](const fs::path& to) { write_keys(p_.data, to); });
    if (p_.truth)
      write_file_atomically(p_.output.out / "truth.json", truth_text(source_, threads_),
                            p_.output.write.overwrite);
  }

 private:
  void make_tables(const std::string& name) const {
    part("tables-" + name,
         [&](const fs::path& to) { write_tables(source_, p_.output, threads_, to); });
    if (!p_.output.screens.empty()) return;  // notes have none of the columns
    part("notes-" + name,
         [&](const fs::path& to) { write_notes(p_.data, p_.output, threads_, to); });
  }

  void part(const std::string& name, const std::function<void(const fs::path&)>& write) const {
    const Stopwatch watch;
    make_part(p_.output.out / name, p_.output.write.overwrite, write);
    fmt::print(stderr, "{}: {}\n", (p_.output.out / name).string(), human_seconds(watch.seconds()));
  }

  const MakeDataParams& p_;
  Transactions source_;
  int threads_;
};

ExitCode run(const MakeDataParams& p, const command::Context& context) {
  Maker(p, command::thread_count(p.threads, context.world)).run();
  return ExitCode::complete;
}

constexpr command::About about_text() {
  return {.name = "compare_make_data",
          .summary = "make the data of the comparison with other engines"};
}

}  // namespace
}  // namespace trawl::bench

int main(int argc, char** argv) {
  const trawl::comm::Session session(argc, argv);
  try {
    const auto program = trawl::command::make_command<trawl::bench::MakeDataParams>(
        trawl::bench::about_text(), trawl::bench::run, trawl::bench::check);
    return static_cast<int>(program.run({argv + 1, argv + argc}, session));
  } catch (const std::exception& error) {
    fmt::print(stderr, "compare_make_data: {}\n", error.what());
    return static_cast<int>(trawl::exit_code_of(error));
  }
}
