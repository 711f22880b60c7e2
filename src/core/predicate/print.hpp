// Predicates as text: the normal form, piece by piece.
#pragma once

#include <string>
#include <string_view>

#include <trawl/core/predicate/predicate.hpp>

namespace trawl::core {

std::string string_text(std::string_view text);      // 'it''s'
std::string identifier_text(std::string_view name);  // name, or "a name" where quotes are needed
std::string term_text(const Term& term, const Schema& schema);
std::string_view symbol_of(Compare op);

}  // namespace trawl::core
