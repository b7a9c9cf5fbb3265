#include "cli/local/d1_results.h"

#include <nlohmann/json.hpp>

#include "cli/terminal/table.h"

namespace cwrangler::cli {
namespace {

using nlohmann::ordered_json;
using storage::Blob;
using storage::SqlValue;

/// Bytes that are no UTF-8 are shown as U+FFFD: JSON has no place for them.
std::string dump(const ordered_json& value, int indent) {
  return value.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

struct ToJson {
  ordered_json operator()(std::monostate) const { return nullptr; }
  ordered_json operator()(int64_t number) const { return number; }
  ordered_json operator()(double number) const { return number; }
  ordered_json operator()(const std::string& text) const { return text; }
  ordered_json operator()(const Blob& bytes) const { return ordered_json(bytes); }
};

struct ToCell {
  std::string operator()(std::monostate) const { return "null"; }
  std::string operator()(int64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const { return ordered_json(number).dump(); }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(const Blob& bytes) const { return ordered_json(bytes).dump(); }
};

std::string indented(const std::string& text, const std::string& by) {
  std::string result = by;
  for (const char c : text) {
    result += c;
    if (c == '\n') result += by;
  }
  return result;
}

}  // namespace

void ResultPrinter::add(const storage::D1Result& result) {
  Kept kept{static_cast<int>(result.meta.duration_ms), {}, {}};
  if (result.row_count() > 0) {
    kept.columns = result.columns;
    kept.cells = result.cells;
  }
  results_.push_back(std::move(kept));
}

void ResultPrinter::print_json(std::ostream& out) const {
  out << '[';
  for (size_t i = 0; i < results_.size(); ++i) {
    const Kept& kept = results_[i];
    ordered_json rows = ordered_json::array();
    for (size_t j = 0; j < kept.cells.size(); j += kept.columns.size()) {
      ordered_json row = ordered_json::object();
      for (size_t k = 0; k < kept.columns.size(); ++k) {
        row[kept.columns[k]] = std::visit(ToJson(), kept.cells[j + k]);
      }
      rows.push_back(std::move(row));
    }
    const ordered_json entry{{"results", std::move(rows)},
                             {"success", true},
                             {"meta", {{"duration", kept.duration_ms}}}};
    out << (i == 0 ? "\n" : ",\n") << indented(dump(entry, 2), "  ");
  }
  out << "\n]\n";
}

void ResultPrinter::print_tables(std::ostream& out) const {
  for (const Kept& kept : results_) {
    if (kept.columns.empty()) continue;
    std::vector<std::vector<std::string>> rows;
    for (size_t i = 0; i < kept.cells.size(); i += kept.columns.size()) {
      std::vector<std::string>& row = rows.emplace_back();
      for (size_t j = 0; j < kept.columns.size(); ++j) {
        row.push_back(std::visit(ToCell(), kept.cells[i + j]));
      }
    }
    out << boxed_table(kept.columns, rows) << '\n';
  }
}

}  // namespace cwrangler::cli
