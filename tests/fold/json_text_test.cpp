// JSON written as text is what the library writes.
#include "fold/json_text.hpp"

#include <random>

#include <gtest/gtest.h>

#include <trawl/base/json.hpp>

namespace trawl::fold {
namespace {

using Random = std::mt19937_64;

std::string random_text(Random& random) {
  static const std::vector<std::string> pieces = {"a",
                                                  " ",
                                                  "\"",
                                                  "\\",
                                                  "{",
                                                  "}",
                                                  "[",
                                                  "]",
                                                  ",",
                                                  ":",
                                                  "\n",
                                                  "\t",
                                                  "\x01",
                                                  "\x7f",
                                                  "\xC3\xA9",
                                                  "\xFF",
                                                  "\xC3",
                                                  "\xE2\x82\xAC",
                                                  "/",
                                                  "0",
                                                  "null",
                                                  "\\\"",
                                                  std::string(1, '\0')};
  std::string text;
  for (std::uint64_t i = random() % 8; i > 0; --i) text += pieces[random() % pieces.size()];
  return text;
}

Json random_json(Random& random, int depth) {
  switch (random() % (depth > 0 ? 8 : 6)) {
    case 0:
      return random() >> (random() % 64);
    case 1:
      return -static_cast<std::int64_t>(random() % 1000);
    case 2:
      return static_cast<double>(random() % 1000) / 7;
    case 3:
      return random() % 2 == 0 ? Json() : Json(random() % 2 == 0);
    case 4:
    case 5:
      return random_text(random);
    case 6: {
      Json array = Json::array();
      for (std::uint64_t i = random() % 4; i > 0; --i)
        array.push_back(random_json(random, depth - 1));
      return array;
    }
    default: {
      Json object = Json::object();
      for (std::uint64_t i = random() % 4; i > 0; --i)
        object[random_text(random)] = random_json(random, depth - 1);
      return object;
    }
  }
}

std::string dumped(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

TEST(JsonText, IndentsAsTheLibrary) {
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    const Json json = random_json(random, 5);
    std::string text;
    append_indented(text, dumped(json, -1));
    ASSERT_EQ(text, dumped(json, 1)) << "document " << i;
  }
}

TEST(JsonText, QuotesAsTheLibrary) {
  Random random(2);
  for (int i = 0; i < 20'000; ++i) {
    const std::string raw = random_text(random);
    std::string text;
    append_quoted(text, raw);
    ASSERT_EQ(text, dumped(raw, -1)) << "text " << i;
  }
}

}  // namespace
}  // namespace trawl::fold
