// Makes the columns of generated transactions.
#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string>

#include <fmt/format.h>

#include <trawl/store/generator.hpp>

#include "store/generator_hash.hpp"
#include "store/generator_tables.hpp"
#include "store/generator_values.hpp"

namespace trawl::store {
namespace {

enum Column : std::size_t { record_id, user_id, action, amount, country, time, note };

// The planted rows of [begin, end) of one dataset.
std::span<const PlantedRow> planted_between(const std::vector<PlantedRow>& planted,
                                            std::uint64_t dataset, std::uint64_t begin,
                                            std::uint64_t end) {
  const auto before = [dataset](const PlantedRow& p, std::uint64_t row) {
    return p.dataset != dataset ? p.dataset < dataset : p.row < row;
  };
  const auto first = std::lower_bound(planted.begin(), planted.end(), begin, before);
  return {first, std::lower_bound(first, planted.end(), end, before)};
}

// Cents of a planted row; the source of its fraction is its own stream.
std::uint64_t planted_cents(const PlantedRow& planted, std::uint64_t seed) {
  const std::uint64_t random =
      draw(stream_key(seed, planted.dataset, Stream::planted_amount), planted.row);
  if (planted.needle) return 1'000'001 + random % 5'000'000;  // 10000.01 .. 60000.00
  if (planted.kind == "amount is exactly 10000") return 1'000'000;
  return 1'000'100 + random % 4'999'901;  // 10001.00 .. 60000.00
}

std::uint8_t planted_action(const PlantedRow& planted) {
  constexpr std::string_view other = "action is ";
  if (!planted.kind.starts_with(other)) return static_cast<std::uint8_t>(Action::purchase);
  const Categories& names = *action_categories();
  const auto name = std::lower_bound(names.begin(), names.end(), planted.kind.substr(other.size()));
  return static_cast<std::uint8_t>(name - names.begin());
}

// 1/11!, ..., 1/1!, 1/0!: the Taylor series of exp. Over [0, ln 2) the first term left out is below
// 3e-11.
constexpr auto exp_series = [] {
  std::array<double, 12> series{};
  double factorial = 1;  // exact up to 18!
  for (std::size_t n = 0; n < series.size(); ++n) {
    series[series.size() - 1 - n] = 1 / factorial;
    factorial *= static_cast<double>(n + 1);
  }
  return series;
}();

// Log-normal cents from two words. 2^y is built from + and * alone: the standard's exp may differ
// in its last bit from host to host.
std::uint64_t log_normal_cents(std::uint64_t low, std::uint64_t high) {
  constexpr double log2_median = 11.287712379549449;  // of 2500 cents
  constexpr double scale =
      4.044189497031865e-05;  // sigma 1.5 in powers of two, over sqrt(8 * (2^32 - 1) / 12)
  const double y = log2_median + centred_lanes(low, high) * scale;  // in (0, 22)
  const auto whole = static_cast<std::uint64_t>(y);
  const double x = (y - static_cast<double>(whole)) * 0.6931471805599453;  // ln 2
  double power = 0;
  for (const double coefficient : exp_series) power = power * x + coefficient;
  power *= std::bit_cast<double>((1023 + whole) << 52);  // 2^whole (IEEE 754 exponent bits)
  return static_cast<std::uint64_t>(power + 0.5);
}

void append_note(std::string& text, std::uint64_t random) {
  const std::span<const std::string_view> words = note_words();
  const auto below = [](std::uint64_t word, std::uint64_t bound) {
    return ((word >> 32) * bound) >> 32;
  };
  const std::uint64_t count = 2 + below(random, 11);
  std::uint64_t state = random;
  for (std::uint64_t i = 0; i < count; ++i) {
    state = mix(state + golden);
    if (i > 0) text += ' ';
    text += words[below(state, words.size())];
  }
  if ((random & 3) == 0)
    fmt::format_to(std::back_inserter(text), " {}", below(mix(state + golden), 100'000));
}

// One request of fill().
class Filler {
 public:
  Filler(const TransactionParams& params, std::span<const PlantedRow> planted,
         std::uint64_t dataset, std::uint64_t begin, std::uint64_t end, ColumnBuffer& into)
      : params_(params),
        planted_(planted),
        dataset_(dataset),
        begin_(begin),
        rows_(static_cast<std::size_t>(end - begin)),
        into_(into) {}

  void fill_record_id() {
    auto* out = lanes_of<std::int64_t>(into_);
    const std::uint64_t first = dataset_ * params_.rows + begin_;
    for (std::size_t i = 0; i < rows_; ++i) out[i] = static_cast<std::int64_t>(first + i);
  }

  void fill_user_id() {
    auto* out = lanes_of<std::int64_t>(into_);
    std::uint64_t counter = first_counter(Stream::user);
    for (std::size_t i = 0; i < rows_; ++i, counter += golden) {
      const std::int64_t user =
          static_cast<std::int64_t>(mix(counter) >> 24) - (std::int64_t{1} << 39);
      out[i] = user + (user == Transactions::needle_user ? 1 : 0);
    }
    for (const PlantedRow& p : planted_) out[p.row - begin_] = Transactions::needle_user;
  }

  void fill_action() {
    auto* out = lanes_of<std::uint8_t>(into_);
    std::uint64_t counter = first_counter(Stream::action);
    for (std::size_t i = 0; i < rows_; ++i, counter += golden) out[i] = action_of(mix(counter));
    for (const PlantedRow& p : planted_) out[p.row - begin_] = planted_action(p);
  }

  void fill_amount() {
    auto* out = lanes_of<double>(into_);
    std::uint64_t low = first_counter(Stream::amount_low);
    std::uint64_t high = first_counter(Stream::amount_high);
    for (std::size_t i = 0; i < rows_; ++i, low += golden, high += golden) {
      out[i] = static_cast<double>(log_normal_cents(mix(low), mix(high))) / 100.0;
    }
    for (const PlantedRow& p : planted_) {
      out[p.row - begin_] = static_cast<double>(planted_cents(p, params_.seed)) / 100.0;
    }
    fill_valid(Stream::amount_null);
  }

  void fill_country() {
    auto* out = lanes_of<std::uint8_t>(into_);
    const auto& slots = country_by_slot();
    static_assert(country_slots == 1u << 12);
    std::uint64_t counter = first_counter(Stream::country);
    for (std::size_t i = 0; i < rows_; ++i, counter += golden) out[i] = slots[mix(counter) >> 52];
    fill_valid(Stream::country_null);
  }

  void fill_time() {
    auto* out = lanes_of<std::int64_t>(into_);
    if (rows_ == 0) return;
    TimeSteps steps(begin_, params_.rows);
    std::uint64_t counter = first_counter(Stream::time);
    for (std::size_t i = 0; i < rows_; ++i, counter += golden, steps.next())
      out[i] = steps.time(mix(counter));
  }

  void fill_note() {
    std::uint64_t* ends = into_.allocate_ends(rows_);
    std::string text;
    std::uint64_t counter = first_counter(Stream::note);
    for (std::size_t i = 0; i < rows_; ++i, counter += golden) {
      append_note(text, mix(counter));
      ends[i] = text.size();
    }
    char* bytes = into_.allocate_bytes(text.size());
    std::copy(text.begin(), text.end(), bytes);
    into_.view.ends = ends;
    into_.view.bytes = bytes;
    fill_valid(Stream::note_null);
  }

 private:
  std::uint64_t first_counter(Stream stream) const {
    return stream_key(params_.seed, dataset_, stream) + (begin_ + 1) * golden;
  }

  void fill_valid(Stream stream) {
    // null_rate times a power of two is exact, so the threshold is the same on every host.
    const auto threshold = static_cast<std::uint64_t>(params_.null_rate * 0x1p32);
    if (threshold == 0) return;
    std::uint64_t* valid = into_.allocate_valid(rows_);
    std::uint64_t counter = first_counter(stream);
    for (std::size_t i = 0; i < rows_; ++i, counter += golden) {
      valid[i / 64] |= std::uint64_t{(mix(counter) >> 32) >= threshold ? 1u : 0u} << (i % 64);
    }
    for (const PlantedRow& p : planted_) {
      const std::uint64_t i = p.row - begin_;
      valid[i / 64] |= std::uint64_t{1} << (i % 64);
    }
    into_.view.valid = valid;
  }

  const TransactionParams& params_;
  std::span<const PlantedRow> planted_;
  std::uint64_t dataset_;
  std::uint64_t begin_;
  std::size_t rows_;
  ColumnBuffer& into_;
};

}  // namespace

void Transactions::make(std::uint64_t dataset, std::uint64_t begin, std::uint64_t end,
                        std::size_t column, ColumnBuffer& into) const {
  Filler filler(params_, planted_between(planted_, dataset, begin, end), dataset, begin, end, into);
  switch (column) {
    case record_id:
      return filler.fill_record_id();
    case user_id:
      return filler.fill_user_id();
    case action:
      return filler.fill_action();
    case amount:
      return filler.fill_amount();
    case country:
      return filler.fill_country();
    case time:
      return filler.fill_time();
    default:
      return filler.fill_note();
  }
}

}  // namespace trawl::store
