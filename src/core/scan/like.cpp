#include "core/scan/like.hpp"

#include <algorithm>

#include <trawl/base/text.hpp>

namespace trawl::core::scan {
namespace {

char fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_folded(char text, char folded) {
  return fold(text) == folded;
}

}  // namespace

Like::Like(std::string_view pattern, bool ignore_case) : ignore_case_(ignore_case) {
  using Kind = Element::Kind;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '%') {
      if (elements_.empty() || elements_.back().kind != Kind::run)
        elements_.push_back({Kind::run, c});
    } else if (c == '_') {
      elements_.push_back({Kind::one, c});
    } else {
      if (c == '\\' && i + 1 < pattern.size()) c = pattern[++i];
      elements_.push_back({Kind::byte, ignore_case ? fold(c) : c});
    }
  }
  choose_shape();
  find_needed();
}

void Like::find_needed() {
  if (ignore_case_) return;
  std::string run;
  for (const Element& element : elements_) {
    if (element.kind == Element::Kind::byte) {
      run += element.byte;
    } else {
      run.clear();
    }
    if (run.size() > needed_.size()) needed_ = run;
  }
}

void Like::choose_shape() {
  const auto is_run = [](const Element& e) { return e.kind == Element::Kind::run; };
  const bool open_front = !elements_.empty() && is_run(elements_.front());
  const bool open_back = !elements_.empty() && is_run(elements_.back());
  const std::size_t begin = open_front ? 1 : 0;
  const std::size_t end = std::max(begin, elements_.size() - (open_back ? 1 : 0));
  for (std::size_t i = begin; i < end; ++i) {
    if (elements_[i].kind != Element::Kind::byte) return;
    literal_ += elements_[i].byte;
  }
  shape_ = open_front ? (open_back ? Shape::contains : Shape::suffix)
                      : (open_back ? Shape::prefix : Shape::equal);
}

bool Like::same(std::string_view text) const {
  if (!ignore_case_) return text == literal_;
  return std::equal(text.begin(), text.end(), literal_.begin(), literal_.end(), equal_folded);
}

bool Like::found_in(std::string_view text) const {
  if (!ignore_case_) return text.find(literal_) != std::string_view::npos;
  return literal_.empty() || std::search(text.begin(), text.end(), literal_.begin(), literal_.end(),
                                         equal_folded) != text.end();
}

bool Like::matches(std::string_view text) const {
  const std::size_t size = literal_.size();
  switch (shape_) {
    case Shape::equal:
      return same(text);
    case Shape::prefix:
      return text.size() >= size && same(text.substr(0, size));
    case Shape::suffix:
      return text.size() >= size && same(text.substr(text.size() - size));
    case Shape::contains:
      return found_in(text);
    case Shape::general:
      return walk(text);
  }
  return false;
}

// Greedy with one place to return to, the last '%': a later '%' makes the choices of earlier ones
// irrelevant.
bool Like::walk(std::string_view text) const {
  using Kind = Element::Kind;
  constexpr std::size_t none = std::string_view::npos;
  std::size_t t = 0, e = 0, retry_text = none, retry_element = 0;
  while (t < text.size()) {
    const bool more = e < elements_.size();
    if (more && elements_[e].kind == Kind::run) {
      retry_text = t;
      retry_element = ++e;
    } else if (more && elements_[e].kind == Kind::one) {
      t += code_point_bytes(text, t);
      ++e;
    } else if (more && (ignore_case_ ? fold(text[t]) : text[t]) == elements_[e].byte) {
      ++t;
      ++e;
    } else if (retry_text != none) {
      retry_text += code_point_bytes(text, retry_text);
      t = retry_text;
      e = retry_element;
    } else {
      return false;
    }
  }
  if (e < elements_.size() && elements_[e].kind == Kind::run) ++e;
  return e == elements_.size();
}

const char* Like::method() const {
  switch (shape_) {
    case Shape::equal:
      return "equality";
    case Shape::prefix:
      return "prefix";
    case Shape::suffix:
      return "suffix";
    case Shape::contains:
      return "substring search";
    case Shape::general:
      return "pattern walk";
  }
  return "";
}

}  // namespace trawl::core::scan
