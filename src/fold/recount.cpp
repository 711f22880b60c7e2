#include "fold/recount.hpp"

#include <fmt/format.h>

#include <trawl/base/error.hpp>

#include "fold/evidence/recount.hpp"
#include "fold/stats/recount.hpp"

namespace trawl::fold {
namespace {

std::vector<std::string> texts_in(const Json& entries, const char* field) {
  std::vector<std::string> texts;
  for (const Json& entry : entries) texts.push_back(entry.at(field));
  return texts;
}

}  // namespace

std::unique_ptr<Recount> make_recount(const Json& body) {
  const std::string command = body.value("command", "search");
  try {
    if (command == "stats") return make_stats_recount(body);
    if (command == "evidence") return make_evidence_recount(body);
  } catch (const std::exception& error) {
    throw CheckError(fmt::format("the certificate's parameters: {}", error.what()));
  }
  return nullptr;
}

bool wants_root(const Json& body) {
  return body.at("counts").contains("entities_root");
}

std::string predicate_of(const Json& body) {
  return body.at("predicate");
}

std::vector<std::string> key_list_digests(const Json& body) {
  return texts_in(body.at("key_lists"), "digest");
}

std::vector<std::string> dataset_names(const Json& body) {
  return texts_in(body.at("datasets"), "name");
}

}  // namespace trawl::fold
