#include "command/evidence/output.hpp"

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/base/log.hpp>
#include <trawl/base/text.hpp>

#include "command/evidence/gold.hpp"
#include "command/evidence/page.hpp"

namespace trawl::command {

void check_outputs(const EvidenceParams& p) {
  if (p.out && p.out == p.gold) throw InputError("--out and --gold name the same place");
  if (p.html && (p.html == p.out || p.html == p.gold || p.html == p.state))
    throw InputError("--html names the same file as another output");
  for (const auto& path : {p.out, p.html, p.state}) {
    if (path && !p.run.overwrite && fs::exists(*path))
      throw InputError(fmt::format("'{}' exists; --overwrite replaces it", path->string()));
  }
}

std::string headline(const Recorded& run) {
  const Json& counts = run.record.at("counts");
  const auto count = [&](const char* key) {
    return with_thousands(counts.at(key).get<std::uint64_t>());
  };
  return fmt::format("{} records about {} entities, of {} matching rows in", count("records"),
                     count("entities"),
                     with_thousands(run.record.at("coverage").at("matches").get<std::uint64_t>()));
}

void tell_identity(const Json& counts, const EvidenceExtras& extras) {
  const auto duplicates = counts.at("duplicates").get<std::uint64_t>();
  if (extras.deduplicated) {
    log::story(
        fmt::format("identity    {} rows repeat others and do not count; {} rows share an identity "
                    "and were compared, all others are unique for certain",
                    with_thousands(duplicates), with_thousands(extras.compared)));
  } else {
    log::warning("there is no column of ids: rows that repeat others count again");
  }
}

void tell_counts(const Json& counts, bool registered) {
  const auto count = [&](const char* key) { return counts.at(key).get<std::uint64_t>(); };
  const auto text = [&](const char* key) { return with_thousands(count(key)); };
  if (count("equivocations") > 0) {
    log::warning(
        fmt::format("{} pieces of evidence say two things: their {} rows do not count. "
                    "{} sources sent them (what that costs them: --equivocation); see the end "
                    "of evidence.jsonl",
                    text("equivocations"), text("withheld"), text("equivocating_sources")));
  }
  if (count("unregistered") > 0) {
    log::warning(
        fmt::format("{} statements (an entity, a source) are of sources that are not registered: "
                    "they do not vote",
                    text("unregistered")));
  }
  if (registered && count("statements") > 0 &&
      count("unregistered") + count("distrusted") == count("statements"))
    log::warning(
        "none of the registered sources says anything that counts. A text is not a number: "
        "7 and \"7\" are two sources");
  if (count("refused") > 0)
    log::warning(
        fmt::format("{} rows were refused: {}", text("refused"), counts.at("refusals").dump()));
  if (count("clamped") > 0)
    log::warning(fmt::format("{} log-odds were clamped to --max-log-odds", text("clamped")));
  if (count("capped_groups") > 0) {
    log::warning(
        fmt::format("{} groups of one source and type were scaled down to "
                    "--max-group-weight, as a logarithmic pool",
                    text("capped_groups")));
  }
}

std::string deliver(const EvidenceParams& p, const fold::EvidenceRequest& request,
                    std::string_view lines, Json report) {
  if (p.gold) {
    report["gold"] = json_of(write_evidence_gold(lines, request.columns, *p.gold, p.run.overwrite));
    log::story(fmt::format("gold        {}", p.gold->string()));
  }
  if (p.html) {
    write_file_atomically(*p.html, evidence_page(lines, request, report), p.run.overwrite);
    log::story(fmt::format("page        {}", p.html->string()));
  }
  std::string text;
  if (p.out || !p.json) text = format_evidence(lines, p.format, p.top);
  if (p.out) write_file_atomically(*p.out, text, p.run.overwrite);
  if (p.json) return report.dump(2) + "\n";
  return p.out ? std::string() : text;
}

}  // namespace trawl::command
