#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/text.hpp>
#include <trawl/fold/run_record.hpp>

namespace trawl::fold {
namespace {

std::string thousands(const Json& number) {
  return with_thousands(number.get<std::uint64_t>());
}

std::string coverage_table(const Json& c) {
  const auto row = [](std::string_view what, const Json& number) {
    return fmt::format("| {} | {} |\n", what, thousands(number));
  };
  return "| rows | |\n|---|---:|\n" + row("all", c.at("rows")) + row("scanned", c.at("scanned")) +
         row("pruned with proof", c.at("pruned")) + row("failed", c.at("failed")) +
         row("unvisited (--limit)", c.at("unvisited")) + row("candidates", c.at("candidates")) +
         row("false positives", c.at("false_positives")) + row("matches", c.at("matches"));
}

std::string phase_table(const Json& phases) {
  std::string text = "| phase | min | mean | max |\n|---|---:|---:|---:|\n";
  for (const auto& [name, s] : phases.items()) {
    text +=
        fmt::format("| {} | {:.4f} s | {:.4f} s | {:.4f} s |\n", name, s.at("min").get<double>(),
                    s.at("mean").get<double>(), s.at("max").get<double>());
  }
  return text;
}

// What a command counts besides: numbers only, lists are in the record.
std::string counts_table(const Json& counts) {
  std::string text = "\n## What was found\n\n| | |\n|---|---:|\n";
  for (const auto& [name, count] : counts.items()) {
    if (!count.is_number_unsigned()) continue;
    std::string words = name;
    std::ranges::replace(words, '_', ' ');
    text += fmt::format("| {} | {} |\n", words, thousands(count));
  }
  return text;
}

std::string failures(const Json& inputs) {
  std::string text;
  for (const Json& input : inputs) {
    if (input.contains("failure")) {
      text += fmt::format("- {}: {}\n", input.at("name").get<std::string>(),
                          input.at("failure").get<std::string>());
    }
  }
  return text.empty() ? "none\n" : text;
}

std::string key_lists(const Json& lists) {
  std::string text;
  for (const Json& list : lists) {
    if (list.at("filter_bytes").get<std::uint64_t>() == 0) {
      text += fmt::format("- {}: {} keys, {} per node, no membership filter ({})\n",
                          list.at("path").get<std::string>(), thousands(list.at("keys_read")),
                          human_bytes(list.at("bytes_per_node")),
                          list.at("membership_filter").get<std::string>());
      continue;
    }
    text += fmt::format(
        "- {}: {} keys, {} per node, filter {}; false positives {:.5f} of rows probed, {:.5f} "
        "expected\n",
        list.at("path").get<std::string>(), thousands(list.at("keys_read")),
        human_bytes(list.at("bytes_per_node")), human_bytes(list.at("filter_bytes")),
        list.at("false_positive_rate_seen").get<double>(),
        list.at("false_positive_rate_expected").get<double>());
  }
  return text.empty() ? "none\n" : text;
}

}  // namespace

std::string execution_summary(const Json& r) {
  const Json& p = r.at("performance");
  std::string text = fmt::format("# {}: {}\n\n", r.at("command").get<std::string>(),
                                 r.at("status").get<std::string>());
  text += fmt::format("Predicate: `{}`\n\n", r.at("predicate").get<std::string>());
  text +=
      fmt::format("Certificate: `{}`\n\nResult digest: `{}`\n\n",
                  r.at("certificate").get<std::string>(), r.at("result_digest").get<std::string>());
  text += "## What was looked at\n\n" + coverage_table(r.at("coverage"));
  const Json& audit = r.at("audit");
  text += fmt::format("\nAudit: {} of {} pruned row groups scanned all the same, {} hits.\n\n",
                      thousands(audit.at("audited")), thousands(audit.at("pruned_row_groups")),
                      thousands(audit.at("hits")));
  text +=
      fmt::format("Datasets: {}. Failed:\n\n", r.at("inputs").size()) + failures(r.at("inputs"));
  text += "\nKey lists:\n\n" + key_lists(r.at("key_lists"));
  if (r.contains("counts")) text += counts_table(r.at("counts"));
  text += fmt::format(
      "\n## How long it took\n\n{} on {} ranks x {} threads, {} nodes; {} rows per second; {} "
      "read.\n\n",
      human_seconds(p.at("seconds")), p.at("ranks").get<int>(), p.at("threads").get<int>(),
      p.at("nodes").get<int>(),
      with_thousands(static_cast<std::uint64_t>(p.at("rows_per_second").get<double>())),
      human_bytes(p.at("bytes_read")));
  text += phase_table(p.at("phases"));
  text += fmt::format("\nLoad balance {:.3f} (mean over max of busy time). Serial fraction {:.4f}",
                      p.at("load_balance").get<double>(), p.at("serial_fraction").get<double>());
  if (p.at("speed_up_limit").get<double>() > 0) {
    text += fmt::format(": by Amdahl's law at most {:.0f} times one rank",
                        p.at("speed_up_limit").get<double>());
  }
  text += fmt::format(". {:.6f} node-hours", p.at("node_hours").get<double>());
  if (p.contains("cost")) text += fmt::format(", cost {:.4f}", p.at("cost").get<double>());
  return text + fmt::format(".\n\nMade by {}.\n", r.at("program").get<std::string>());
}

}  // namespace trawl::fold
