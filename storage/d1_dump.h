// A D1 database as SQL that makes it again, as `d1 export` writes it.

#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "storage/sqlite.h"

namespace cwrangler::storage {

struct DumpOptions {
  bool schema = true;
  bool data = true;
  std::vector<std::string> tables;  ///< only these; empty: all
};

/// Writes row by row: memory does not grow with the database. Throws Error for a database with
/// virtual tables, which D1 does not export.
void dump_sql(Connection& connection, const DumpOptions& options, std::ostream& out);

}  // namespace cwrangler::storage
