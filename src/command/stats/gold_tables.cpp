// The columns of the gold layer, and what each takes from a line of stats.jsonl.
#include <cstdint>
#include <utility>

#include "command/cells.hpp"
#include "command/stats/gold.hpp"

namespace trawl::command {
namespace {

using namespace gold;

Find of_anomaly(std::string key) {
  return member("anomaly", std::move(key));
}

Find of_feature(std::size_t i, std::string key) {
  return
      [i, key = std::move(key)](const Json& line) { return find(&line.at("features").at(i), key); };
}

Find of_driver(std::string feature, std::string key) {
  return [feature = std::move(feature), key = std::move(key)](const Json& line) -> const Json* {
    const Json* drivers = find(find(&line, "anomaly"), "drivers");
    if (drivers == nullptr) return nullptr;
    for (const Json& driver : *drivers) {
      if (text_from(driver.at("feature")) == feature) return find(&driver, key);
    }
    return nullptr;
  };
}

GoldColumn level(std::string name, std::size_t i, const Categories& names) {
  return {names_schema(std::move(name), names), [i](const Json& line, ColumnBuilder& column) {
            const Json& path = line.at("path");
            if (i >= path.size()) return column.append_null();
            column.append(std::string_view(text_from(path[i])));
          }};
}

class Columns {
 public:
  Columns(const fold::StatsRequest& request, const GoldFacts& facts)
      : request_(request), facts_(facts) {}

  void add(GoldColumn column) { columns_.push_back(std::move(column)); }

  void add_place() {
    for (std::size_t i = 0; i < facts_.levels.size(); ++i) {
      const bool named = i < request_.levels.size();
      add(level(named ? request_.levels[i] : "group_" + std::to_string(i + 1), i,
                facts_.levels[i]));
    }
  }

  void add_entity() {
    if (request_.group_by.empty()) return;
    add(id(request_.group_by, facts_.text_entities, member("entity")));
  }

  // The two of a pair, and where they are below the node that both share, where they were named.
  void add_pair() {
    for (const std::size_t i : {0U, 1U}) {
      add(id(i == 0 ? request_.group_by : "other", facts_.text_entities,
             [i](const Json& line) { return &line.at("pair").at(i); }));
    }
    for (const std::size_t i : {0U, 1U}) {
      const auto path = [i](const Json& line) {
        const Json* paths = find(&line, "paths");
        return paths == nullptr ? nullptr : &paths->at(i);
      };
      add({{i == 0 ? "path" : "other_path", Type::text, Lane::text, true, nullptr},
           unless_null(path, [](const Json& value, ColumnBuilder& column) {
             column.append(std::string_view(text_of_path(value)));
           })});
    }
  }

  void add_features(std::initializer_list<const char*> members) {
    for (std::size_t i = 0; i < request_.features.size(); ++i) {
      for (const char* key : members)
        add(number(request_.features[i] + "_" + key, of_feature(i, key)));
    }
  }

  void add_distributions() {
    if (!request_.distributions) return;
    for (std::size_t i = 0; i < request_.features.size(); ++i) {
      const auto name = [&](const char* key) { return request_.features[i] + "_" + key; };
      const Find quantiles = of_feature(i, "quantiles");
      add(number(name("min"), of_feature(i, "min")));
      add(number(name("median"),
                 [quantiles](const Json& line) { return find(quantiles(line), "0.5"); }));
      add(number(name("max"), of_feature(i, "max")));
      add(count(name("distinct"), of_feature(i, "distinct")));
      add(count(name("nulls"), of_feature(i, "nulls")));
    }
  }

  // `what`: baseline_entities or baseline_records.
  void add_anomaly(const char* what) {
    if (!request_.anomalies) return;
    add(yes_or_no("flagged", of_anomaly("flagged")));
    for (const char* key : {"distance2", "log_p", "log_p_adjusted"})
      add(number(key, of_anomaly(key)));
    add({{"baseline", Type::text, Lane::text, true, nullptr},
         unless_null(of_anomaly("baseline"), [](const Json& path, ColumnBuilder& column) {
           column.append(std::string_view(text_of_path(path)));
         })});
    add(count(what, of_anomaly(what)));
    if (request_.anomalies->robust) add(count("baseline_kept", of_anomaly("baseline_kept")));
    add(count("directions", of_anomaly("directions")));
    for (const std::string& feature : request_.features) {
      for (const char* key : {"z", "contribution"})
        add(number(feature + "_" + key, of_driver(feature, key)));
    }
  }

  std::vector<GoldColumn> take() { return std::move(columns_); }

 private:
  const fold::StatsRequest& request_;
  const GoldFacts& facts_;
  std::vector<GoldColumn> columns_;
};

}  // namespace

GoldTable node_table(const fold::StatsRequest& request, const GoldFacts& facts) {
  Columns columns(request, facts);
  columns.add({{"depth", Type::int64, Lane::i64, true, nullptr},
               [](const Json& line, ColumnBuilder& column) {
                 column.append(static_cast<std::int64_t>(line.at("path").size()));
               }});
  columns.add_place();
  const bool grouped = !request.group_by.empty();
  if (grouped) {
    columns.add(count("entities", member("entities")));
    columns.add(number("effective_entities", member("effective_entities")));
  }
  columns.add(count("records", member("records")));
  columns.add(count("refused", member("refused")));
  columns.add_features({"mean", "sd", "low", "high", "joint_low", "joint_high"});
  if (grouped) columns.add_features({"mean_of_means", "sd_of_means"});
  columns.add_distributions();
  return {"nodes.h5", columns.take()};
}

GoldTable entity_table(const fold::StatsRequest& request, const GoldFacts& facts) {
  Columns columns(request, facts);
  columns.add_place();
  columns.add_entity();
  columns.add(count("records", member("records")));
  columns.add(count("refused", member("refused")));
  columns.add_features({"mean", "sd", "low", "high"});
  columns.add_anomaly("baseline_entities");
  return {"entities.h5", columns.take()};
}

GoldTable pair_table(const fold::StatsRequest& request, const GoldFacts& facts) {
  Columns columns(request, facts);
  columns.add_place();
  columns.add_pair();
  columns.add(count("varying", member("varying")));
  columns.add(number("correlation", member("correlation")));
  return {"pairs.h5", columns.take()};
}

GoldTable record_table(const fold::StatsRequest& request, const GoldFacts& facts) {
  Columns columns(request, facts);
  columns.add_place();
  columns.add_entity();
  columns.add(text("dataset", member("dataset")));
  columns.add(count("row", member("row")));
  for (std::size_t i = 0; i < request.features.size(); ++i) {
    columns.add(number(request.features[i], [i](const Json& line) {
      const Json& value = line.at("values").at(i);
      return value.is_null() ? nullptr : &value;
    }));
  }
  columns.add_anomaly("baseline_records");
  return {"records.h5", columns.take()};
}

}  // namespace trawl::command
