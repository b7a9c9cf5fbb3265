#include "storage/d1_script.h"

#include <cctype>
#include <string>

#include "storage/sql_script.h"

namespace cwrangler::storage {
namespace {

/// BEGIN [TRANSACTION], COMMIT [TRANSACTION] or END [TRANSACTION].
bool is_transaction_control(const std::string& sql) {
  if (sql.size() > 32) return false;
  std::string words;
  for (const char c : sql) {
    if (!std::isspace(static_cast<unsigned char>(c))) {
      words += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  return words == "BEGIN" || words == "BEGINTRANSACTION" || words == "COMMIT" ||
         words == "COMMITTRANSACTION" || words == "END" || words == "ENDTRANSACTION";
}

}  // namespace

D1Script::D1Script(D1Database& database)
    : database_(database), transaction_(database.connection()) {}

int D1Script::run(std::istream& text, const std::function<void(const D1Result&)>& take) {
  int count = 0;
  for_each_statement(text, [&](const std::string& sql) {
    if (is_transaction_control(sql)) return;
    take(run_one({sql, {}}));
    ++count;
  });
  return count;
}

D1Result D1Script::run_one(const D1Query& query) {
  return database_.run_in_transaction(query);
}

void D1Script::commit() {
  transaction_.commit();
}

}  // namespace cwrangler::storage
