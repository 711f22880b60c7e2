// The certificate: what was looked at, how it ended, and digests that bind it to the data, the
// predicate and the result. docs/certificate.md says what it proves and what it does not.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <trawl/base/json.hpp>
#include <trawl/fold/ledger.hpp>
#include <trawl/fold/search.hpp>

namespace trawl::fold {

inline constexpr std::string_view certificate_format = "trawl-certificate-1";

struct Certificate {
  Json body;           // everything but its own digest, keys in fixed order
  std::string digest;  // SHA-256 of the compact text of `body`, hex

  // The file: `body` and the digest, indented.
  std::string to_text() const;
  // DataError: not JSON, or not of this format.
  static Certificate from_text(std::string_view text, std::string_view where);
};

// One that was just made: its datasets are text, as there may be thousands.
struct MadeCertificate {
  Json head, tail;        // of the body, before and behind its "datasets"
  std::string canonical;  // compact text of the body
  std::string digest;     // SHA-256 of that, hex

  // The file, as Certificate::to_text.
  std::string to_text() const;
  // Sets `canonical` from head, the canonical texts of the datasets, and tail.
  void set_canonical(std::span<const std::string> entries);
};

// The file of a run that holds what `command` found: "matches.jsonl" or "<command>.jsonl".
std::string result_file(std::string_view command);

// Root. `result_digest`: SHA-256 of the bytes of the result file. `counts`: what the command counts
// besides the coverage; null for none.
MadeCertificate make_certificate(const SearchRequest& request, const SearchResult& result,
                                 const std::string& result_digest, const Json& counts = {});

// Compact text whose SHA-256 is the certificate's digest.
std::string canonical_text(const Json& body);
// One entry of `datasets`: the leaves of the Merkle tree are the canonical texts of these.
std::string merkle_root_of(const Json& datasets);

Json to_json(const Coverage& coverage);
Coverage coverage_from(const Json& json);
Json to_json(const LedgerRun& run);
LedgerRun ledger_run_from(const Json& json, std::uint64_t dataset);

// The bytes of matches.jsonl: canonical lines, or for --count one line per dataset with its number
// of matches.
std::string matches_text(const SearchRequest& request, const SearchResult& result);

}  // namespace trawl::fold
