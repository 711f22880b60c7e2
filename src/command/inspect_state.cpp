#include "command/inspect_state.hpp"

#include <array>
#include <fstream>

#include <fmt/format.h>

#include <trawl/base/digest.hpp>
#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>
#include <trawl/fold/state_proof.hpp>
#include <trawl/store/state_file.hpp>

#include "command/state_text.hpp"

namespace trawl::command {
namespace {

// Of what is summed; a kind that is not known here has no words.
std::string words_of(const store::StateReader& file) {
  try {
    return fold::make_provable(file.kind(), file.configuration())->words();
  } catch (const InputError&) {
    return "";
  }
}

std::string covered_text(const Json& covered) {
  return fmt::format("{} datasets ({} row groups)",
                     with_thousands(covered.at("datasets").get<std::uint64_t>()),
                     with_thousands(covered.at("row_groups").get<std::uint64_t>()));
}

}  // namespace

bool is_state_file(const std::filesystem::path& path) {
  constexpr std::string_view begin = "trawl state ";
  std::array<char, begin.size()> head{};
  std::error_code gone;
  if (!std::filesystem::is_regular_file(path, gone)) return false;
  std::ifstream file(path, std::ios::binary);
  return file.read(head.data(), head.size()) && std::string_view(head.data(), head.size()) == begin;
}

Json inspect_state(const std::filesystem::path& path, bool scan) {
  const store::StateReader file(path);
  if (scan) file.check_intact();
  Json json = {{"state", path.string()},
               {"kind", file.kind()},
               {"of", words_of(file)},
               {"configuration", parse_json(file.configuration(), path.string())},
               {"covered", json_of(file.coverage())},
               {"bytes", std::filesystem::file_size(path)},
               {"digest", file.content_digest()},
               {"sections", Json::object()}};
  for (const std::string& name : file.sections()) json["sections"][name] = file.section_bytes(name);
  if (const auto named = fold::named_root(file)) {
    json["leaves"] = named->leaves;
    json["root"] = hex(named->root);
  }
  return json;
}

std::string state_text(const Json& s) {
  std::string text = fmt::format("{} (state, kind {}): {}, {}\n", s.at("state").get<std::string>(),
                                 s.at("kind").get<std::string>(), covered_text(s.at("covered")),
                                 human_bytes(s.at("bytes").get<std::uint64_t>()));
  const auto of = s.at("of").get<std::string>();
  if (!of.empty()) text += fmt::format("  {}\n", of);
  if (s.contains("root")) {
    text += fmt::format("  root {}, over {} leaves\n", s.at("root").get<std::string>(),
                        with_thousands(s.at("leaves").get<std::uint64_t>()));
  }
  return text + fmt::format("  digest {}\n", s.at("digest").get<std::string>());
}

}  // namespace trawl::command
