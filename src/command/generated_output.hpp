// What commands that write generated datasets have in common.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <trawl/comm/comm.hpp>
#include <trawl/store/generated_source.hpp>

#include "command/command.hpp"
#include "command/dataset_output.hpp"

namespace trawl::command {

// Options of every generated source. `params`: its parameters.
template <class Params>
void describe_size(Params& params, Options& visit) {
  visit.section("Data");
  visit.option("datasets", params.datasets, Range{1}, "D", "how many datasets");
  visit.option("rows", params.rows, Range{0}, "R", "rows of each dataset");
  visit.option("seed", params.seed, "SEED", "equal seeds give equal data");
}

struct GeneratedOutput {
  DatasetOutput files;
  int threads = 0;
};
void describe(GeneratedOutput& p, Options& visit);

// `params` as the source of what is written.
template <class Params>
Params source_params(Params params, const GeneratedOutput& output) {
  params.row_group_rows = output.files.write.row_group_rows;
  return params;
}

// Whether a source of these parameters can be made.
template <class Source, class Params>
void check_source(const Params& params, const GeneratedOutput& output, Problems& problems) {
  try {
    const Source source(source_params(params, output));
  } catch (const InputError& error) {
    problems.emplace_back(error.what());
  }
}

// Collective. Writes the source's datasets, DIR/KIND-00000.h5 and so on, each by one rank, and then
// `truth()` (called on root) as DIR/<truth_file>. Tells the story, ending in `what`. InputError
// before anything is written: a file is there already and may not be replaced, or DIR holds
// datasets of this kind that are not written now.
void write_generated(const store::GeneratedSource& source, const GeneratedOutput& output,
                     const char* truth_file, const std::function<std::string()>& truth,
                     const std::string& what, const comm::Comm& world);

}  // namespace trawl::command
