#include <bit>
#include <string>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/core/evidence/rules.hpp>

#include "core/exact/byte_stream.hpp"

namespace trawl::evidence {
namespace {

constexpr std::uint64_t billion = 1'000'000'000;

[[noreturn]] void refuse(const char* name, double value, const char* range) {
  throw InputError(fmt::format("evidence cannot be weighed by {} = {} (not in {}); choose another",
                               name, value, range));
}

}  // namespace

// Comparisons are so that NaN fails them.
void Rules::check() const {
  if (!(max_log_odds > 0 && max_log_odds <= 0x1p20)) {
    refuse("max_log_odds", max_log_odds, "(0, 1048576]");
  }
  if (!(max_group_weight > 0)) refuse("max_group_weight", max_group_weight, "(0, infinity]");
  if (!(byzantine >= 0 && byzantine < 0.5) || share_of(2 * billion, byzantine) == billion) {
    refuse("byzantine", byzantine, "[0, 0.5)");
  }
  const bool sure = confidence > 0 && confidence < 1;
  const std::uint64_t parts = sure ? share_of(billion, confidence) : 0;
  if (parts == 0 || parts == billion) refuse("confidence", confidence, "(0, 1)");
}

void Rules::append_bytes(std::vector<std::byte>& out) const {
  for (const double value : {max_log_odds, max_group_weight, byzantine, confidence}) {
    core::exact::append(out, std::bit_cast<std::uint64_t>(value));
  }
  core::exact::append(out, static_cast<std::uint8_t>(equivocation));
  core::exact::append(out, static_cast<std::uint8_t>(registered_only));
}

Rules Rules::read(Bytes& bytes) {
  core::exact::ByteReader reader(bytes, "rules of evidence");
  Rules rules;
  for (double* value :
       {&rules.max_log_odds, &rules.max_group_weight, &rules.byzantine, &rules.confidence}) {
    *value = std::bit_cast<double>(reader.next<std::uint64_t>());
  }
  const auto equivocation = reader.next<std::uint8_t>();
  const auto registered_only = reader.next<std::uint8_t>();
  if (equivocation > 2 || registered_only > 1) {
    throw DataError("damaged bytes of rules of evidence: a choice that there is not");
  }
  rules.equivocation = static_cast<Equivocation>(equivocation);
  rules.registered_only = registered_only != 0;
  try {
    rules.check();
  } catch (const InputError& error) {
    throw DataError(std::string("damaged bytes of rules of evidence: ") + error.what());
  }
  bytes = reader.rest();
  return rules;
}

std::uint64_t share_of(std::uint64_t count, double share) {
  __extension__ using Wide = unsigned __int128;
  const auto parts = static_cast<std::uint64_t>(share * 1e9 + 0.5);
  return static_cast<std::uint64_t>(Wide{count} * parts / billion);
}

}  // namespace trawl::evidence
