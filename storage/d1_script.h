// SQL of any length, run in one transaction.

#pragma once

#include <functional>
#include <istream>

#include "storage/d1_database.h"

namespace cwrangler::storage {

/// Everything that is run takes effect at commit(), or not at all.
class D1Script {
 public:
  explicit D1Script(D1Database& database);

  /// Runs each statement of the text and passes its result on. BEGIN and COMMIT, which dumps of
  /// SQLite have around everything, are left out. Returns how many statements ran. Throws Error
  /// with SQLite's message; its activity says which statement failed.
  int run(std::istream& text, const std::function<void(const D1Result&)>& take);

  D1Result run_one(const D1Query& query);

  void commit();

 private:
  D1Database& database_;
  Transaction transaction_;
};

}  // namespace cwrangler::storage
