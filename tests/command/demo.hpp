// A made-up command that uses everything the option table offers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command/command.hpp"

namespace trawl::command {

enum class Mesh { fine, coarse };

struct PeekParams {
  std::vector<std::string> inputs;
  std::string where;
  std::vector<std::string> null_texts;
  std::optional<std::uint64_t> limit;
  std::uint64_t rows = 1000;
  std::int64_t shift = -3;
  double fpr = 0.001;
  double rate = 0.5;
  int threads = 0;
  Mesh mesh = Mesh::fine;
  bool count = false;
  bool progress = true;
};

inline void describe(PeekParams& p, Options& visit) {
  visit.argument("input", p.inputs, "INPUT...", "files, folders, globs or gen: sources");
  visit.section("What to look for");
  visit.required("where", p.where, "PREDICATE", "rows to find");
  visit.option("null", p.null_texts, "TEXT", "text that means NULL");
  visit.option("limit", p.limit, Range{1}, "ROWS", "stop after this many matches");
  visit.option("rows", p.rows, Range{1, 1'000'000}, "ROWS", "rows of a row group");
  visit.option("shift", p.shift, "DAYS", "days to add");
  visit.section("Speed");
  visit.option("fpr", p.fpr, Range{1e-6, 0.5}, "RATE",
               "false-positive rate of membership filters, as measured, not as promised");
  visit.option("rate", p.rate, Range{0.0, 1.0, true}, "RATE", "share of rows");
  visit.option("threads", p.threads, Range{0, 1024}, "N", "threads of a rank; 0: as many as cores");
  visit.choice("mesh", p.mesh, {{"fine", Mesh::fine}, {"coarse", Mesh::coarse}},
               "how tight the net is");
  visit.flag("count", p.count, "print only the number of matches");
  visit.flag("progress", p.progress, "no progress line");
}

inline const About peek_about{
    .name = "peek",
    .summary = "look at some rows",
    .details = "Looks at rows, and prints what it sees.\n\nNothing is changed.",
    .example = "trawl peek --where 'a = 1' data",
    .exit_codes = {ExitCode::incomplete}};

}  // namespace trawl::command
