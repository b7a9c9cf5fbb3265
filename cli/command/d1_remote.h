// D1 databases of the account, for `d1 … --remote`.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command/api_session.h"

namespace cwrangler::cli {

struct RemoteDatabase {
  std::string name;
  std::string id;
};

class RemoteD1 {
 public:
  RemoteD1(const Config& config, const CommandContext& context)
      : config_(config), session_(context, &config, WithoutAccount::local_data) {}

  /// By name or binding as the configuration has it, else by name or id as the account has it.
  /// `preview`: the configuration's preview database. Throws Error when there is none.
  RemoteDatabase find(const std::string& name, bool preview);

  /// The new database, as the API describes it.
  ApiJson create(const std::string& name);
  std::vector<ApiJson> list();
  ApiJson describe(const RemoteDatabase& database);
  void remove(const RemoteDatabase& database);

  /// Runs SQL of one or more statements; a result for each.
  ApiJson query(const RemoteDatabase& database, const std::string& sql);

  /// What a file of SQL did.
  struct Import {
    ApiJson meta;
    std::int64_t queries = 0;
    std::string bookmark;
  };
  /// Uploads the SQL and has it run at one go: all of it takes effect, or nothing. `message` hears
  /// how it goes.
  Import import_sql(const RemoteDatabase& database, const std::string& sql,
                    const std::function<void(const std::string&)>& message);

  /// The database as SQL, in pieces.
  struct Dump {
    bool schema = true;
    bool data = true;
    std::vector<std::string> tables;  ///< empty: all
  };
  void export_sql(const RemoteDatabase& database, const Dump& what,
                  const std::function<void(std::string_view)>& sink);

  /// Throws Error for a database of D1's first kind, which has no history.
  void require_history(const RemoteDatabase& database);
  /// The bookmark of now, or of then: `timestamp` as the API takes it, RFC 3339.
  std::string bookmark(const RemoteDatabase& database, const std::string& timestamp = "");
  /// Goes back to a bookmark. What the API says of it: `bookmark`, and `previous_bookmark`, which
  /// undoes it.
  ApiJson restore(const RemoteDatabase& database, const std::string& bookmark);

 private:
  std::string path_of(const RemoteDatabase& database, const std::string& below = "");

  const Config& config_;
  ApiSession session_;
};

}  // namespace cwrangler::cli
