// trawl prove, trawl check-proof: that an entity is counted in published totals, or is not there.
#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/base/log.hpp>

#include "command/collective.hpp"
#include "command/commands.hpp"
#include "command/proof_text.hpp"

namespace trawl::command {
namespace {

struct ProveParams {
  fs::path state;
  NameParams name;
  bool absent = false;
  fs::path out;
  bool overwrite = false;
  bool json = false;
};

void describe(ProveParams& p, Options& visit) {
  visit.argument("state", p.state, "STATE",
                 "state file that `trawl stats --state` or `trawl merge` wrote");
  describe(p.name, visit);
  visit.section("What to do");
  visit.flag("absent", p.absent, "prove that the entity is not in the state");
  visit.required("out", p.out, "FILE", "the proof to write");
  visit.flag("overwrite", p.overwrite, "replace FILE if it exists");
  visit.flag("json", p.json, "print one JSON object about the proof");
}

// Names may be of any bytes.
std::string text_of_json(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

ExitCode run_prove(const ProveParams& p, const Context& context) {
  std::string printed;
  on_root(context.world, [&] {
    if (!p.overwrite && fs::exists(p.out))
      throw InputError(fmt::format("'{}' exists; --overwrite replaces it", p.out.string()));
    const fold::MadeProof made = fold::prove(p.state, name_of(p.name), p.absent);
    write_file_atomically(
        p.out, {reinterpret_cast<const char*>(made.bytes.data()), made.bytes.size()}, p.overwrite);
    if (p.json) {
      Json report = {{"command", "prove"},
                     {"status", "complete"},
                     {"state", p.state.string()},
                     {"out", p.out.string()},
                     {"bytes", made.bytes.size()}};
      report.update(json_of(made.proved));
      printed = text_of_json(report);
    }
    log::story(fmt::format("proof       {}: {} bytes: {}", p.out.string(), made.bytes.size(),
                           sentence_of(made.proved)));
    log::story(
        fmt::format("root        {}: compare it with the published one", hex(made.proved.root)));
  });
  print_from_root(context.world, printed);
  return ExitCode::complete;
}

struct CheckProofParams {
  fs::path proof;
  std::string root;
  NameParams name;
  bool json = false;
};

void describe(CheckProofParams& p, Options& visit) {
  visit.argument("proof", p.proof, "FILE", "proof that `trawl prove` wrote");
  visit.section("What it must prove");
  visit.required("root", p.root, "HEX", "the published root: 64 hexadecimal digits");
  describe(p.name, visit);
  visit.section("Output");
  visit.flag("json", p.json, "print one JSON object");
}

std::optional<Sha256Digest> digest_from(std::string_view hex) {
  Sha256Digest digest;
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(16 * high + low);
  }
  return digest;
}

void check(const CheckProofParams& p, Problems& problems) {
  if (!digest_from(p.root))
    problems.push_back(
        fmt::format("--root: '{}' is no root; give its 64 hexadecimal digits", p.root));
}

struct Verdict {
  std::string text;
  bool holds = false;
};

Verdict verdict_on(const CheckProofParams& p, const std::string& bytes) {
  const bool named = p.name.entity || !p.name.path.empty();
  const auto about = named ? std::optional(name_of(p.name)) : std::nullopt;
  Json report = {{"command", "check-proof"}, {"status", "holds"}, {"file", p.proof.string()}};
  try {
    const fold::Proved proved =
        fold::check_state_proof(bytes_of(bytes), *digest_from(p.root), about);
    report.update(json_of(proved));
    return {p.json ? text_of_json(report) : text_of(proved), true};
  } catch (const CheckError& error) {
    report["status"] = "failed";
    report["root"] = p.root;
    report["problem"] = error.what();
    return {p.json ? text_of_json(report) : fmt::format("DOES NOT HOLD: {}\n", error.what()),
            false};
  }
}

ExitCode run_check_proof(const CheckProofParams& p, const Context& context) {
  const comm::Comm& comm = context.world;
  const std::string bytes = file_from_root(comm, p.proof);
  Verdict verdict;
  comm.agree("checking the proof", [&] { verdict = verdict_on(p, bytes); });
  print_from_root(comm, verdict.text);
  return verdict.holds ? ExitCode::complete : ExitCode::check_failed;
}

}  // namespace

Command prove_command() {
  return make_command<ProveParams>(
      {.name = "prove",
       .summary = "prove that an entity is counted in the totals of a state, or is not there",
       .details =
           "A state names a root: one hash over all its entities and their sums, which the "
           "certificate of the run that wrote it has too (entities_root). Publish it. A proof "
           "then shows whoever knows the root that an entity's records are part of the totals, "
           "once, without the data and without telling anything of other entities but sums: "
           "`trawl check-proof` checks it.\n\n"
           "An entity whose rows name several paths has one proof for each: --path says which. "
           "With --absent the proof shows that an entity is not in the state: on the named path, "
           "or on none.\n\n"
           "One rank does the work, in one walk through the state; memory does not depend on the "
           "number of entities. docs/proofs.md says what a proof shows and what it does not.",
       .example = "trawl prove week.h5 --entity 4711 --out 4711.proof\n"
                  "trawl prove week.h5 --entity 4712 --absent --out 4712.proof",
       .exit_codes = {ExitCode::incomplete}},
      run_prove);
}

Command check_proof_command() {
  return make_command<CheckProofParams>(
      {.name = "check-proof",
       .summary = "check a proof without the data, and say what it proves",
       .details =
           "Needs the proof and the published root, nothing else. A proof that holds is shown with "
           "the entity's own numbers and those of the totals it is part of. One that was changed, "
           "or belongs to another root or another entity, ends with exit code 5, as anything does "
           "that is no proof.\n\n"
           "A proof that somebody is not there holds for everybody between two neighbours: name "
           "whom with --entity, and --path. Of a proof that somebody is counted, they say whom it "
           "must be about.",
       .example = "trawl check-proof 4711.proof --root $PUBLISHED_ROOT",
       .exit_codes = {ExitCode::check_failed}},
      run_check_proof, check);
}

}  // namespace trawl::command
