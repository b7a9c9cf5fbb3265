#include "cli/command/d1_remote.h"

#include <openssl/md5.h>

#include <array>
#include <thread>

#include "base/hex.h"
#include "cli/api/json_access.h"
#include "cli/version.h"

namespace cwrangler::cli {
namespace {

constexpr const char* kDatabases = "/d1/database";

/// The API names uploads by MD5; nothing is protected by it.
std::string md5_hex(const std::string& text) {
  std::array<unsigned char, MD5_DIGEST_LENGTH> digest{};
#pragma GCC diagnostic push
// The one function that links nothing but this digest.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  MD5(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
#pragma GCC diagnostic pop
  return hex(digest);
}

/// Sends or fetches by a signed address: the credentials have no business there.
HttpResponse exchange_signed(const EnvironmentLookup& environment, const HttpRequest& request) {
  CurlTransport transport(network_settings(environment));
  HttpResponse response = transport.send(request);
  if (response.status < 200 || response.status > 299) {
    throw Error("The address that the API gave answers with status " +
                std::to_string(response.status))
        .while_doing("moving the SQL");
  }
  return response;
}

/// The bookmark to ask on by for work that is not over. Throws Error when it has failed, or when
/// the answer has neither a status nor a bookmark: there is then nothing to wait for.
std::string pending_bookmark(const ApiJson& state, const std::string& activity,
                             const char* advice) {
  const std::string bookmark = string_at(state, "at_bookmark");
  const std::string problem = string_at(state, "error");
  if (string_at(state, "status") == "error" || !problem.empty()) {
    throw Error(problem.empty() ? "The API says that it has failed, but not why"
                                : printable(problem))
        .while_doing(activity)
        .hint(advice);
  }
  if (bookmark.empty() && string_at(state, "status").empty()) {
    throw Error("The API has not said how far it is").while_doing(activity);
  }
  return bookmark;
}

void say_all(const ApiJson& messages, const std::function<void(const std::string&)>& message) {
  for (const ApiJson& item : messages) {
    if (item.is_string()) message(printable(item.get<std::string>()));
  }
}

}  // namespace

std::string RemoteD1::path_of(const RemoteDatabase& database, const std::string& below) {
  return std::string(kDatabases) + "/" + percent_encoded(database.id) + below;
}

RemoteDatabase RemoteD1::find(const std::string& name, bool preview) {
  for (const ConfiguredBinding& configured : config_.bindings) {
    if (configured.binding.type != "d1") continue;
    const ApiJson settings(configured.settings);
    const std::string configured_name = string_at(settings, "database_name");
    if (configured_name != name && configured.binding.name != name) continue;
    const std::string id = string_at(settings, preview ? "preview_database_id" : "database_id");
    if (!id.empty()) return {configured_name.empty() ? name : configured_name, id};
    if (preview) {
      throw error_in(config_, configured.at,
                     "The database " + name + " has no preview_database_id");
    }
  }
  try {
    const ApiJson found = session_.account().get(
        std::string(kDatabases) + "/" + percent_encoded(name), {{"fields", "uuid,name"}});
    return {string_at(found, "name"), string_at(found, "uuid")};
  } catch (const ApiError& error) {
    constexpr int kNotFound = 404;
    if (error.status() != kNotFound) throw;
    throw Error("Couldn't find DB with name '" + name + "'")
        .hint("`cwrangler d1 list --remote` lists those of the account.");
  }
}

ApiJson RemoteD1::create(const std::string& name) {
  return session_.account().post(kDatabases, {{"name", name}});
}

std::vector<ApiJson> RemoteD1::list() {
  return session_.client().list(session_.account().path(kDatabases),
                                {{"per_page", "10"}, {"page", "1"}});
}

ApiJson RemoteD1::describe(const RemoteDatabase& database) {
  return session_.account().get(path_of(database));
}

void RemoteD1::remove(const RemoteDatabase& database) {
  session_.account().remove(path_of(database));
}

ApiJson RemoteD1::query(const RemoteDatabase& database, const std::string& sql) {
  return session_.account().post(path_of(database, "/query"), {{"sql", sql}});
}

RemoteD1::Import RemoteD1::import_sql(const RemoteDatabase& database, const std::string& sql,
                                      const std::function<void(const std::string&)>& message) {
  const std::string path = path_of(database, "/import");
  const std::string etag = md5_hex(sql);
  const ApiJson begun = session_.account().post(path, {{"action", "init"}, {"etag", etag}});
  ApiJson state = begun;
  // Without an address the API has this very file already.
  if (const std::string address = string_at(begun, "upload_url"); !address.empty()) {
    const std::string file = string_at(begun, "filename");
    message("🌀 Uploading " + printable(file));
    HttpRequest upload;
    upload.method = "PUT";
    upload.url = address;
    upload.headers = {{"User-Agent", "cwrangler/" + std::string(kVersion)}};
    upload.body = sql;
    const HttpResponse taken = exchange_signed(session_.environment(), upload);
    if (taken.header("ETag") != "\"" + etag + "\"") {
      throw Error("File contents did not upload successfully. Please retry.");
    }
    message("🌀 Uploading complete.");
    state =
        session_.account().post(path, {{"action", "ingest"}, {"filename", file}, {"etag", etag}});
  }
  while (string_at(state, "status") != "complete") {
    say_all(array_at(state, "messages"), message);
    const std::string bookmark = pending_bookmark(state, "importing SQL into " + database.name,
                                                  "The database is as it was before.");
    state = session_.account().post(path, {{"action", "poll"}, {"current_bookmark", bookmark}},
                                    Retry::always);
    if (string_at(state, "status") != "complete") {
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
  }
  const ApiJson result = object_at(state, "result");
  return {object_at(result, "meta"), integer_at(result, "num_queries").value_or(0),
          string_at(result, "final_bookmark")};
}

void RemoteD1::export_sql(const RemoteDatabase& database, const Dump& what,
                          const std::function<void(std::string_view)>& sink) {
  ApiJson body{{"output_format", "polling"},
               {"dump_options",
                {{"no_schema", !what.schema}, {"no_data", !what.data}, {"tables", what.tables}}}};
  ApiJson state = session_.account().post(path_of(database, "/export"), body);
  while (string_at(state, "status") != "complete") {
    body["current_bookmark"] = pending_bookmark(state, "exporting " + database.name, "");
    std::this_thread::sleep_for(std::chrono::seconds(1));
    state = session_.account().post(path_of(database, "/export"), body, Retry::always);
  }
  HttpRequest fetch;
  fetch.url = string_at(object_at(state, "result"), "signed_url");
  fetch.headers = {{"User-Agent", "cwrangler/" + std::string(kVersion)}};
  fetch.sink = sink;
  exchange_signed(session_.environment(), fetch);
}

void RemoteD1::require_history(const RemoteDatabase& database) {
  if (string_at(describe(database), "version") != "alpha") return;
  throw Error("Time travel is not available for alpha D1 databases.")
      .hint("`cwrangler d1 export --remote` writes it as SQL, for a new database that has it.");
}

std::string RemoteD1::bookmark(const RemoteDatabase& database, const std::string& timestamp) {
  Query query;
  if (!timestamp.empty()) query.emplace_back("timestamp", timestamp);
  const ApiJson answer = session_.account().get(path_of(database, "/time_travel/bookmark"), query);
  std::string bookmark = string_at(answer, "bookmark");
  if (bookmark.empty()) {
    throw Error("The API has not said which bookmark it is")
        .while_doing("looking into the history of " + database.name);
  }
  return bookmark;
}

ApiJson RemoteD1::restore(const RemoteDatabase& database, const std::string& bookmark) {
  ApiCall call;
  call.method = "POST";
  call.path = session_.account().path(path_of(database, "/time_travel/restore"));
  call.query = {{"bookmark", bookmark}};
  return session_.client().call(call);
}

}  // namespace cwrangler::cli
