// Which sources may vote, and how much each is trusted: without such a list anybody can vote under
// as many names as he likes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <trawl/base/json.hpp>
#include <trawl/comm/comm.hpp>
#include <trawl/core/evidence/rules.hpp>

namespace trawl::fold {

struct RegisteredSource {
  evidence::Key source;
  std::uint32_t votes = 1;  // at least 1
  bool operator==(const RegisteredSource&) const = default;
};

// By ascending source, each once.
using SourceRegistry = std::vector<RegisteredSource>;

// They stand in the certificate, one by one.
inline constexpr std::size_t max_registered_sources = 1'000'000;

// Local. Reads a list of sources from
//   - a CSV file (.csv, .csv.gz, .csv.zst) or dataset (.h5, .hdf5) with the columns `source` (or
//     `column`, what the data calls it) and, if wanted, `votes`: whole numbers from 1;
//   - a JSON file (.json: one array; .jsonl: one value a line) of sources, or of objects with the
//     members `source` and, if wanted, `votes`.
// Without votes every source has one. `whole_numbers`: sources of a CSV file are numbers, as those
// of the data are; otherwise texts. InputError, naming file and place: no such file, another
// column, a source that is NULL, or no whole number where the data's are; votes that are none; a
// source that stands twice; no source at all, or more than max_registered_sources.
SourceRegistry read_sources(const std::filesystem::path& path, const std::string& column,
                            bool whole_numbers);

// Where a source stands in the list; null: it is not registered. O(log n).
const RegisteredSource* find(std::span<const RegisteredSource> registry,
                             const evidence::Key& source);

// Canonical: {"sources":n,"votes":V,"digest":SHA-256 of the text of
// "list","list":[[id,votes],...]}.
Json to_json(const SourceRegistry& registry);
// DataError (or a JSON exception) for what to_json would not have written.
SourceRegistry registry_from(const Json& json);

}  // namespace trawl::fold
