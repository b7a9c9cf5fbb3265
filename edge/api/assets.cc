// Static files: sessions, what is missing, and the files themselves.
//
// A session's token is a JSON Web Token (RFC 7519) that only this endpoint can have signed; clients
// look into it for hints and send it back. It names the session and whether its files are there.

#include <set>

#include "base/uuid.h"
#include "edge/api/routes.h"
#include "edge/api/upload.h"
#include "edge/api/uploaded_assets.h"
#include "edge/http/multipart.h"

namespace cwrangler::edge {
namespace {

constexpr std::int64_t kSessionMs = 60 * 60 * 1000;
constexpr size_t kMostFiles = 100'000;
/// Files of one request: clients send several at once.
constexpr size_t kBucketFiles = 100;
constexpr std::int64_t kBucketBytes = 40 << 20;
constexpr std::string_view kPurpose = "asset upload";

struct Session {
  std::string id;
  std::string account;
  bool is_complete = false;
};

ApiError bad_request(const std::string& message) {
  return {400, api_code::kBadBody, message};
}

std::string token_of(const Services& services, const Session& session) {
  const Json payload{{"id", session.id},
                     {"account", session.account},
                     {"complete", session.is_complete},
                     {"exp", (now_ms() + kSessionMs) / 1000}};
  const std::string text =
      base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(payload.dump());
  return text + "." + services.seal.sign(kPurpose, text);
}

/// Throws ApiError for a token that is none of ours, or too old.
Session session_of(const Services& services, std::string_view token) {
  const ApiError refused(401, api_code::kAuthentication,
                         "The upload session is unknown or has ended: deploy again");
  const size_t dot = token.rfind('.');
  if (dot == std::string_view::npos) throw refused;
  const std::string_view text = token.substr(0, dot);
  if (!equal_in_constant_time(services.seal.sign(kPurpose, text), token.substr(dot + 1))) {
    throw refused;
  }
  const Json payload = parse_json(from_base64(text.substr(text.find('.') + 1)));
  if (payload.at("exp").get<std::int64_t>() * 1000 < now_ms()) throw refused;
  return {payload.at("id"), payload.at("account"), payload.at("complete")};
}

bool has_file(Work& work, const std::string& account, const std::string& hash) {
  return work.query("SELECT 1 FROM asset_files WHERE account = ? AND hash = ?", account, hash)
      .step();
}

Json manifest_of(Work& work, const Session& session) {
  storage::Statement row =
      work.query("SELECT manifest FROM asset_uploads WHERE id = ? AND account = ?", session.id,
                 session.account);
  if (!row.step()) throw bad_request("The upload session is unknown: deploy again");
  return Json::parse(row.text(0));
}

void check_manifest(const Json& manifest, const UploadLimits& limits) {
  if (!manifest.is_object()) throw bad_request("\"manifest\" must be an object of files");
  if (manifest.size() > kMostFiles) {
    throw bad_request("A Worker has at most " + std::to_string(kMostFiles) + " static files");
  }
  for (const auto& [path, file] : manifest.items()) {
    if (!path.starts_with('/') || !is_safe_relative_path(std::string_view(path).substr(1))) {
      throw bad_request("\"" + path + "\" cannot be the path of a static file");
    }
    if (!file.is_object() || !file.contains("size") || !file["size"].is_number_unsigned() ||
        !file.contains("hash") || !file["hash"].is_string() ||
        file["hash"].get_ref<const std::string&>().size() != 32) {
      throw bad_request("\"" + path + "\" needs a \"hash\" of 32 digits and a \"size\"");
    }
    if (file["size"].get<std::uint64_t>() > limits.asset_bytes) {
      throw bad_request("\"" + path + "\" is larger than " +
                        std::to_string(limits.asset_bytes >> 20) + " MiB");
    }
  }
}

/// The hashes that the account has no file of, in requests' worth.
Json missing_buckets(Work& work, const std::string& account, const Json& manifest) {
  Json buckets = Json::array();
  std::set<std::string> seen;
  std::int64_t bytes = 0;
  for (const Json& file : manifest) {
    const std::string hash = file["hash"];
    if (!seen.insert(hash).second || has_file(work, account, hash)) continue;
    if (buckets.empty() || buckets.back().size() == kBucketFiles || bytes > kBucketBytes) {
      buckets.push_back(Json::array());
      bytes = 0;
    }
    buckets.back().push_back(hash);
    bytes += file["size"].get<std::int64_t>();
  }
  return buckets;
}

HttpResponse begin(Call& call) {
  const Json body = call.json_object();
  const Json manifest = body.value("manifest", Json());
  check_manifest(manifest, call.services.limits);
  Session session{random_uuid(), call.account(), false};
  Work work = call.services.database.write();
  work.run("DELETE FROM asset_uploads WHERE created < ?", now_ms() - kSessionMs);
  work.run("INSERT INTO asset_uploads VALUES (?, ?, ?, ?, ?)", session.id, session.account,
           call.part("worker"), manifest.dump(), now_ms());
  const Json buckets = missing_buckets(work, call.account(), manifest);
  work.commit();
  session.is_complete = buckets.empty();
  return success({{"jwt", token_of(call.services, session)}, {"buckets", buckets}}, 201);
}

HttpResponse upload(Call& call) {
  const std::string_view header = call.request.header("Authorization").value_or("");
  constexpr std::string_view kScheme = "Bearer ";
  Session session = session_of(
      call.services, header.starts_with(kScheme) ? header.substr(kScheme.size()) : header);
  const bool is_base64 = call.query_value("base64") == "true";
  std::vector<FormPart> parts;
  try {
    parts = parse_multipart(call.request.header("Content-Type").value_or(""),
                            call.request.body.view(), kMostFiles);
  } catch (const Error& error) {
    throw bad_request("The static files cannot be read: " + error.problem());
  }
  Json manifest;
  {
    Work work = call.services.database.read();
    manifest = manifest_of(work, session);
  }
  std::set<std::string> promised;
  for (const Json& file : manifest) promised.insert(file["hash"]);
  std::vector<std::pair<std::string, std::pair<std::string, size_t>>> kept;
  for (const FormPart& part : parts) {
    if (!promised.contains(part.name)) {
      throw bad_request("\"" + part.name + "\" is no file of this upload session");
    }
    std::string decoded;
    try {
      if (is_base64) decoded = from_base64(part.content);
    } catch (const Error&) {
      throw bad_request("The static file \"" + part.name + "\" is no base64");
    }
    const std::string_view content = is_base64 ? std::string_view(decoded) : part.content;
    if (content.size() > call.services.limits.asset_bytes) {
      throw bad_request("The static file \"" + part.name + "\" is too large");
    }
    kept.push_back({part.name, {call.services.blobs.keep(content), content.size()}});
  }
  Work work = call.services.database.write();
  for (const auto& [hash, blob] : kept) {
    work.run("INSERT OR REPLACE INTO asset_files VALUES (?, ?, ?, ?)", session.account, hash,
             blob.first, static_cast<std::int64_t>(blob.second));
  }
  session.is_complete = missing_buckets(work, session.account, manifest).empty();
  work.commit();
  if (!session.is_complete) return success(Json::object(), 202);
  return success({{"jwt", token_of(call.services, session)}}, 201);
}

constexpr ApiRoute kRoutes[] = {
    {"POST", "/!/workers/scripts/:worker/assets-upload-session", "workers", true, begin},
    {"POST", "/!/workers/assets/upload", "session", true, upload},
};

}  // namespace

Json uploaded_assets(Call& call, Work& work, const Json& metadata,
                     const std::optional<Version>& before) {
  const Json given = metadata.value("assets", Json());
  if (given.is_null()) {
    return metadata.value("keep_assets", false) && before ? before->assets : Json();
  }
  const Json config = given.value("config", Json::object());
  const auto token = given.find("jwt");
  if (token == given.end() || !token->is_string()) {
    if (!before || before->assets.is_null()) {
      throw bad_request("The static files were not uploaded: \"assets\" has no \"jwt\"");
    }
    return {{"manifest", before->assets["manifest"]}, {"config", config}};
  }
  const Session session = session_of(call.services, token->get<std::string>());
  if (!session.is_complete || session.account != call.account()) {
    throw bad_request("The static files were not all uploaded");
  }
  Json files = Json::object();
  const Json manifest = manifest_of(work, session);
  for (const auto& [path, file] : manifest.items()) {
    storage::Statement row =
        work.query("SELECT sha256, size FROM asset_files WHERE account = ? AND hash = ?",
                   session.account, file["hash"].get<std::string>());
    if (!row.step()) throw bad_request("The static file \"" + path + "\" was not uploaded");
    files[path] = {{"sha256", row.text(0)}, {"size", row.integer(1)}};
  }
  return {{"manifest", files}, {"config", config}};
}

std::span<const ApiRoute> asset_routes() {
  return kRoutes;
}

}  // namespace cwrangler::edge
