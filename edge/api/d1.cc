// D1 databases: https://developers.cloudflare.com/api/resources/d1/

#include <chrono>
#include <fstream>
#include <sstream>

#include "base/hex.h"
#include "base/uuid.h"
#include "edge/api/routes.h"
#include "edge/store/resources.h"
#include "storage/checksums.h"
#include "storage/d1_database.h"
#include "storage/d1_dump.h"
#include "storage/d1_script.h"
#include "storage/state_layout.h"

namespace cwrangler::edge {
namespace {

constexpr int kSqlError = 7500;

ApiError bad_request(const std::string& message) {
  return {400, api_code::kBadBody, message};
}

/// By its id, or by its name.
Resource required_database(Call& call) {
  Work work = call.services.database.read();
  const std::string& wanted = call.part("database");
  auto database = find_resource(work, kD1Database, call.account(), wanted);
  if (!database) database = find_resource_by_name(work, kD1Database, call.account(), wanted);
  if (!database) {
    throw ApiError(404, api_code::kNoDatabase, "The database " + wanted + " could not be found");
  }
  return *database;
}

std::filesystem::path file_of(const Call& call, const Resource& database) {
  return storage::d1_file(call.services.state(call.account()), database.id);
}

Json database_json(const Call& call, const Resource& database, bool with_size) {
  Json json{{"uuid", database.id},     {"name", database.name},
            {"version", "production"}, {"created_at", api_time(database.created)},
            {"num_tables", 0},         {"file_size", 0}};
  std::error_code none;
  const auto size = std::filesystem::file_size(file_of(call, database), none);
  if (!none) json["file_size"] = size;
  if (!with_size || none) return json;
  storage::D1Database opened(file_of(call, database));
  storage::Statement tables = opened.connection().prepare(
      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' "
      "ESCAPE "
      "'\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'");
  tables.step();
  json["num_tables"] = tables.integer(0);
  return json;
}

HttpResponse list(Call& call) {
  const std::string wanted = call.query_value("name");
  std::vector<Resource> databases;
  {
    Work work = call.services.database.read();
    databases = list_resources(work, kD1Database, call.account());
  }
  Json items = Json::array();
  for (const Resource& database : databases) {
    if (!wanted.empty() && database.name != wanted) continue;
    items.push_back(database_json(call, database, false));
  }
  return page_of(items, call);
}

HttpResponse create(Call& call) {
  const std::string name = required_text(call.json_object(), "name");
  if (name.empty() || name.size() > 255) throw bad_request("A name has 1 to 255 characters");
  const Resource database{
      std::string(kD1Database), random_uuid(), call.account(), name, now_ms(), Json::object()};
  {
    Work work = call.services.database.write();
    if (find_resource_by_name(work, kD1Database, call.account(), name)) {
      throw ApiError(400, 7502, "Database with name '" + name + "' already exists");
    }
    save_resource(work, database);
    work.commit();
  }
  return success(database_json(call, database, false));
}

HttpResponse view(Call& call) {
  return success(database_json(call, required_database(call), true));
}

HttpResponse remove(Call& call) {
  const Resource database = required_database(call);
  {
    Work work = call.services.database.write();
    delete_resource(work, kD1Database, call.account(), database.id);
    work.commit();
  }
  const std::string file = file_of(call, database).string();
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file + suffix, ignored);
  return success(nullptr);
}

struct ToJson {
  Json operator()(std::monostate) const { return nullptr; }
  Json operator()(int64_t number) const { return number; }
  Json operator()(double number) const { return number; }
  Json operator()(const std::string& text) const { return text; }
  Json operator()(const storage::Blob& bytes) const { return Json(bytes); }
};

storage::SqlValue to_sql(const Json& value) {
  if (value.is_null()) return std::monostate();
  if (value.is_boolean()) return int64_t{value.get<bool>()};
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    storage::Blob bytes;
    for (const Json& byte : value) {
      if (!byte.is_number_unsigned() || byte.get<unsigned>() > 255) {
        throw bad_request("A parameter that is a list must be one of bytes");
      }
      bytes.push_back(byte.get<uint8_t>());
    }
    return bytes;
  }
  throw bad_request("A parameter must be null, a number, a string, a boolean or a list of bytes");
}

Json meta_json(const storage::D1Meta& meta) {
  return {{"served_by", "cwrangler-edge"}, {"duration", meta.duration_ms},
          {"changes", meta.changes},       {"last_row_id", meta.last_row_id},
          {"changed_db", meta.changed_db}, {"size_after", meta.size_after},
          {"rows_read", meta.rows_read},   {"rows_written", meta.rows_written}};
}

Json result_json(const storage::D1Result& result, bool is_raw) {
  Json rows = Json::array();
  for (size_t row = 0; row < result.row_count(); ++row) {
    Json values = is_raw ? Json::array() : Json::object();
    for (size_t column = 0; column < result.columns.size(); ++column) {
      Json value = std::visit(ToJson(), result.cells[row * result.columns.size() + column]);
      if (is_raw) {
        values.push_back(std::move(value));
      } else {
        values[result.columns[column]] = std::move(value);
      }
    }
    rows.push_back(std::move(values));
  }
  Json results = std::move(rows);
  if (is_raw) results = {{"columns", result.columns}, {"rows", results}};
  return {{"results", results}, {"success", true}, {"meta", meta_json(result.meta)}};
}

storage::D1Query query_of(const Json& object) {
  storage::D1Query query{required_text(object, "sql"), {}};
  const Json parameters = object.value("params", Json());
  if (parameters.is_null()) return query;
  if (!parameters.is_array()) throw bad_request("\"params\" must be a list");
  for (const Json& value : parameters) query.parameters.push_back(to_sql(value));
  return query;
}

/// Runs what the body asks for, in one transaction, and answers with a result for each statement.
HttpResponse run(Call& call, bool is_raw) {
  const Json body = call.json_object();
  const Resource resource = required_database(call);
  storage::D1Database database(file_of(call, resource));
  Json results = Json::array();
  const auto take = [&](const storage::D1Result& result) {
    results.push_back(result_json(result, is_raw));
  };
  try {
    if (const auto batch = body.find("batch"); batch != body.end() && batch->is_array()) {
      std::vector<storage::D1Query> queries;
      for (const Json& one : *batch) {
        if (!one.is_object()) throw bad_request("\"batch\" must be a list of objects");
        queries.push_back(query_of(one));
      }
      for (const storage::D1Result& result : database.run(queries)) take(result);
    } else if (const storage::D1Query query = query_of(body); !query.parameters.empty()) {
      for (const storage::D1Result& result : database.run({query})) take(result);
    } else {
      storage::D1Script script(database);
      std::istringstream text(query.sql);
      script.run(text, take);
      script.commit();
    }
  } catch (const ApiError&) {
    throw;
  } catch (const Error& error) {
    throw ApiError(400, kSqlError, error.problem());
  }
  return success(results);
}

HttpResponse query(Call& call) {
  return run(call, false);
}

HttpResponse raw(Call& call) {
  return run(call, true);
}

constexpr std::string_view kTransfer = "transfer";
constexpr std::chrono::hours kTransferLifetime{1};

/// Where a file waits for the call that runs it, or for who fetches it. `name`: of new_transfer().
std::filesystem::path transfer_file(const Call& call, std::string_view name) {
  const size_t dot = std::min(name.find('.'), name.size());
  const std::string_view id = name.substr(0, dot);
  // Whoever has a name was given it: nothing else keeps a stranger from filling the disk.
  if (dot == name.size() ||
      !equal_in_constant_time(call.services.seal.sign(kTransfer, id), name.substr(dot + 1))) {
    throw ApiError(404, api_code::kUnknownPath, "There is no such file");
  }
  return call.services.folder / "transfers" / std::string(id);
}

/// A name for a file that comes or goes; those that nobody has come for are removed.
std::string new_transfer(const Call& call) {
  const std::filesystem::path folder = call.services.folder / "transfers";
  std::filesystem::create_directories(folder);
  const auto oldest = std::filesystem::file_time_type::clock::now() - kTransferLifetime;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::error_code gone;
    if (file.last_write_time(gone) < oldest && !gone) std::filesystem::remove(file.path(), gone);
  }
  const std::string id = random_hex(16);
  return id + "." + call.services.seal.sign(kTransfer, id);
}

std::string transfer_url(const Call& call, const std::string& name) {
  return call.origin() + "/client/v4/transfers/" + name;
}

/// A file by SQL: the client names it, sends it, has it run, and asks until that is done.
HttpResponse import(Call& call) {
  const Json body = call.json_object();
  const Resource resource = required_database(call);
  const std::string action = required_text(body, "action");
  if (action == "init") {
    const std::string name = new_transfer(call);
    return success({{"success", true},
                    {"type", "import"},
                    {"upload_url", transfer_url(call, name)},
                    {"filename", name},
                    {"at_bookmark", ""}});
  }
  if (action != "ingest") {
    // What is polled for is over when `ingest` was answered.
    throw bad_request("There is no import under way");
  }
  const std::filesystem::path file = transfer_file(call, required_text(body, "filename"));
  std::ifstream text(file, std::ios::binary);
  if (!text) throw bad_request("The file was not uploaded");
  storage::D1Database database(file_of(call, resource));
  storage::D1Meta sum;
  int count = 0;
  try {
    storage::D1Script script(database);
    count = script.run(text, [&sum](const storage::D1Result& result) {
      sum.duration_ms += result.meta.duration_ms;
      sum.changes += result.meta.changes;
      sum.rows_read += result.meta.rows_read;
      sum.rows_written += result.meta.rows_written;
      sum.last_row_id = result.meta.last_row_id;
      sum.changed_db = sum.changed_db || result.meta.changed_db;
      sum.size_after = result.meta.size_after;
    });
    script.commit();
  } catch (const Error& error) {
    std::filesystem::remove(file);
    return success({{"success", false},
                    {"type", "import"},
                    {"status", "error"},
                    {"error", error.problem()},
                    {"errors", Json::array({error.problem()})},
                    {"messages", Json::array()},
                    {"at_bookmark", ""}});
  }
  std::filesystem::remove(file);
  const std::string bookmark = database.bookmark();
  return success(
      {{"success", true},
       {"type", "import"},
       {"status", "complete"},
       {"at_bookmark", bookmark},
       {"messages", Json::array({"Processed " + std::to_string(count) + " queries"})},
       {"result",
        {{"final_bookmark", bookmark}, {"num_queries", count}, {"meta", meta_json(sum)}}}});
}

HttpResponse export_sql(Call& call) {
  const Json body = call.json_object();
  const Resource resource = required_database(call);
  const Json given = body.value("dump_options", Json::object());
  storage::DumpOptions options;
  options.schema = given.value("no_schema", Json()) != true;
  options.data = given.value("no_data", Json()) != true;
  for (const Json& table : given.value("tables", Json::array())) {
    if (!table.is_string()) throw bad_request("\"tables\" must be a list of names");
    options.tables.push_back(table);
  }
  const std::string name = new_transfer(call);
  std::ofstream out(transfer_file(call, name), std::ios::binary);
  storage::D1Database database(file_of(call, resource));
  try {
    storage::dump_sql(database.connection(), options, out);
  } catch (const Error& error) {
    throw ApiError(400, kSqlError, error.problem());
  }
  out.close();
  if (!out) throw Error("the disk is full").while_doing("exporting a database");
  return success(
      {{"success", true},
       {"type", "export"},
       {"status", "complete"},
       {"at_bookmark", database.bookmark()},
       {"messages", Json::array()},
       {"result",
        {{"filename", resource.name + ".sql"}, {"signed_url", transfer_url(call, name)}}}});
}

/// The file's name is known to nobody but who was told it.
HttpResponse receive(Call& call) {
  const std::filesystem::path file = transfer_file(call, call.part("file"));
  const std::string_view content = call.request.body.view();
  std::ofstream out(file, std::ios::binary);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) throw Error("the disk is full").while_doing("keeping a file of SQL");
  const auto md5 = storage::make_checksum("md5");
  md5->add({reinterpret_cast<const uint8_t*>(content.data()), content.size()});
  HttpResponse response;
  response.headers.push_back({"ETag", "\"" + hex(md5->finish()) + "\""});
  response.body = std::string();
  return response;
}

HttpResponse send(Call& call) {
  const std::filesystem::path file = transfer_file(call, call.part("file"));
  std::error_code missing;
  const auto size = std::filesystem::file_size(file, missing);
  if (missing) throw ApiError(404, api_code::kUnknownPath, "There is no such file");
  HttpResponse response;
  response.headers.push_back({"Content-Type", "application/sql"});
  response.body = std::vector<FileSpan>{{file, 0, size}};
  return response;
}

/// No history is kept: going back is what backups of the folder are for.
ApiError no_history() {
  return {400, kSqlError,
          "This endpoint keeps no history of databases: restore a backup, or import an export"};
}

HttpResponse bookmark(Call& call) {
  if (!call.query_value("timestamp").empty()) throw no_history();
  storage::D1Database database(file_of(call, required_database(call)));
  return success({{"bookmark", database.bookmark()}});
}

HttpResponse restore(Call&) {
  throw no_history();
}

constexpr ApiRoute kRoutes[] = {
    {"GET", "/!/d1/database", "d1", false, list},
    {"POST", "/!/d1/database", "d1", true, create},
    {"GET", "/!/d1/database/:database", "d1", false, view},
    {"DELETE", "/!/d1/database/:database", "d1", true, remove},
    {"POST", "/!/d1/database/:database/query", "d1", true, query},
    {"POST", "/!/d1/database/:database/raw", "d1", true, raw},
    {"POST", "/!/d1/database/:database/import", "d1", true, import},
    {"POST", "/!/d1/database/:database/export", "d1", false, export_sql},
    {"GET", "/!/d1/database/:database/time_travel/bookmark", "d1", false, bookmark},
    {"POST", "/!/d1/database/:database/time_travel/restore", "d1", true, restore},
    {"PUT", "/transfers/:file", "session", true, receive},
    {"GET", "/transfers/:file", "session", false, send},
};

}  // namespace

std::span<const ApiRoute> d1_routes() {
  return kRoutes;
}

}  // namespace cwrangler::edge
