#include "store/hdf5_tables.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/text.hpp>

#include "store/layout.hpp"

namespace trawl::store {
namespace {

constexpr int max_depth = 64;

bool is_compound(const Hdf5Object& dataset) {
  const Handle type = owned(H5Dget_type(dataset.id.get()), H5Tclose, "cannot read", dataset.path);
  return H5Tget_class(type.get()) == H5T_COMPOUND && !is_complex(type.get());
}

class Finder {
 public:
  void visit(const Hdf5Object& group, const std::string& path, int depth) {
    H5O_info_t info{};
    check(H5Oget_info2(group.id.get(), &info, H5O_INFO_BASIC), "cannot read", group.path);
    if (!visited_.insert(info.addr).second) return;  // hard links can make circles
    if (depth > max_depth)
      throw DataError(fmt::format("refused: {} (groups nested too deeply)", group.path));
    bool has_columns = false;
    for (const std::string& name : hard_links(group)) {
      const Hdf5Object child = open_child(group, name);
      const std::string child_path = (path == "/" ? "" : path) + "/" + name;
      if (child.kind() == H5I_GROUP) {
        visit(child, child_path, depth + 1);
      } else if (is_compound(child)) {
        tables.push_back(child_path);
      } else {
        has_columns = true;
      }
    }
    if (has_columns) tables.push_back(path);
  }

  std::vector<std::string> tables;

 private:
  std::set<haddr_t> visited_;
};

// What open_table has to find out about all columns.
class TableBuilder {
 public:
  TableBuilder(std::string kind, std::string path) : path_(std::move(path)) {
    table_.kind = std::move(kind);
  }

  void add(std::unique_ptr<Hdf5Column> column) {
    const std::uint64_t rows = column->rows();
    if (table_.columns.empty()) {
      table_.rows = rows;
      table_.codec = column->codec();
    } else if (table_.rows != rows) {
      throw DataError(fmt::format("columns differ in length: {} ('{}' has {} rows, '{}' has {})",
                                  path_, table_.columns[0]->schema().name, table_.rows,
                                  column->schema().name, rows));
    }
    // Columns that cannot be packed (text, booleans) have only zstd in such files.
    const auto is_packed = [](const std::string& codec) {
      return codec == "packed" || codec == "zstd";
    };
    if (is_packed(table_.codec) && is_packed(column->codec()) && table_.codec != column->codec()) {
      table_.codec = "packed";
    } else if (table_.codec != column->codec()) {
      table_.codec = "mixed";
    }
    table_.columns.push_back(std::move(column));
  }
  Hdf5Table take() {
    if (table_.columns.empty()) throw DataError(fmt::format("table without columns: {}", path_));
    return std::move(table_);
  }

 private:
  std::string path_;
  Hdf5Table table_;
};

Hdf5Table open_compound(const Hdf5Object& parent, const std::string& name,
                        std::uint64_t file_bytes) {
  const auto source = open_source(parent, name, file_bytes);
  TableBuilder builder("hdf5 compound", source->path);
  const int members = H5Tget_nmembers(source->type.get());
  for (int i = 0; i < members; ++i) {
    char* text = H5Tget_member_name(source->type.get(), static_cast<unsigned>(i));
    const std::string member = text == nullptr ? "" : text;
    H5free_memory(text);
    builder.add(make_column(member, source, member));
  }
  return builder.take();
}

Hdf5Table open_group(const Hdf5Object& group, std::uint64_t file_bytes) {
  TableBuilder builder("hdf5 columns", group.path);
  for (const std::string& name : hard_links(group)) {
    const Hdf5Object child = open_child(group, name);
    // Groups and compounds in it are tables of their own.
    if (child.kind() != H5I_DATASET || is_compound(child)) continue;
    builder.add(make_column(name, open_source(group, name, file_bytes)));
  }
  return builder.take();
}

}  // namespace

std::vector<std::string> find_tables(const Hdf5Object& root) {
  const Hdf5Lock lock;
  Finder finder;
  finder.visit(root, "/", 0);
  std::sort(finder.tables.begin(), finder.tables.end());
  return finder.tables;
}

bool is_own_file(const Hdf5Object& root) {
  const Hdf5Lock lock;
  return string_attribute(root.id.get(), "format") == "trawl dataset" &&
         string_attribute(root.id.get(), "version") == "1";
}

Hdf5Table open_table(const Hdf5Object& root, const std::string& path, std::uint64_t file_bytes) {
  const Hdf5Lock lock;
  std::vector<std::string> names = split(path, '/');
  std::erase(names, "");
  if (names.empty()) return open_group(root, file_bytes);
  Hdf5Object object;
  const Hdf5Object* parent = &root;
  for (std::size_t i = 0; i < names.size(); ++i) {
    Hdf5Object child = open_child(*parent, names[i]);
    if (child.kind() == H5I_DATASET) {
      if (i + 1 < names.size())
        throw DataError(fmt::format("there is no such table: {} below {}", path, child.path));
      if (is_compound(child)) return open_compound(*parent, names[i], file_bytes);
      throw DataError(
          fmt::format("not a table: {} (a column; name the group it is in)", child.path));
    }
    object = std::move(child);
    parent = &object;
  }
  return open_group(object, file_bytes);
}

Hdf5Table open_own_table(const Hdf5Object& root, std::uint64_t file_bytes) {
  const Hdf5Lock lock;
  const Hdf5Object columns = open_child(root, columns_group + 1);
  const Hdf5Object validity = open_child(root, validity_group + 1);
  TableBuilder builder("trawl", columns.path);
  for (const std::string& link : hard_links(columns)) {
    builder.add(make_own_column(columns, validity, link, file_bytes));
  }
  return builder.take();
}

}  // namespace trawl::store
