// The frame of a page: one file that needs no other, no network, and no script to be read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trawl::command::html {

struct Section {
  std::string id;      // of [a-z-]
  std::string title;   // text
  std::string markup;  // whoever made it has escaped
};

struct Page {
  std::string title;     // text
  std::string subtitle;  // markup
  std::string headline;  // markup, above the sections
  std::vector<Section> sections;
};

// A policy within the page forbids everything but its own style and its few lines of script: even
// markup that got through would load and run nothing.
std::string document(const Page& page);

// One headline figure. `value` and `note` are markup.
std::string figure(std::string_view label, const std::string& value, const std::string& note = "");

}  // namespace trawl::command::html
