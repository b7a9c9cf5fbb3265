// Results of SQL as they are printed: JSON for scripts, tables for people.

#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "storage/d1_database.h"

namespace cwrangler::cli {

/// Collects the results of a script. One that returned no rows takes a few bytes, so that a dump of
/// any size can be run.
class ResultPrinter {
 public:
  void add(const storage::D1Result& result);
  size_t count() const { return results_.size(); }

  /// As wrangler: a list of {results, success, meta: {duration}}.
  void print_json(std::ostream& out) const;
  /// A table for each result that has rows.
  void print_tables(std::ostream& out) const;

 private:
  struct Kept {
    int duration_ms;
    std::vector<std::string> columns;  // of results with rows
    std::vector<storage::SqlValue> cells;
  };
  std::vector<Kept> results_;
};

}  // namespace cwrangler::cli
