#include "cli/deploy/assets.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/files.h"
#include "base/utf8.h"
#include "cli/api/base64.h"
#include "cli/api/json_access.h"
#include "cli/api/multipart_form.h"
#include "cli/deploy/blake3.h"
#include "cli/deploy/ignore_rules.h"
#include "cli/deploy/mime_types.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

/// developers.cloudflare.com/workers/platform/limits, "Static Assets".
constexpr std::uintmax_t kLargestAsset = 25UL << 20;
constexpr size_t kMostAssets = 100000;

/// Wrangler's word for a file whose type nobody knows: the server then sends none.
constexpr const char* kNoType = "application/null";

constexpr const char* kIgnoreFile = ".assetsignore";

/// The text of a file; empty when it is not there.
std::string text_or_none(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) ? read_file(file) : "";
}

/// As the API counts: the content in base64, then the ending without its dot.
std::string hash_of(const fs::path& file, const std::string& content) {
  constexpr size_t kDigits = 32;
  std::string ending = file.extension().string();
  if (!ending.empty()) ending.erase(0, 1);
  return blake3_hex(base64(content) + ending).substr(0, kDigits);
}

Asset read_asset(const fs::path& file, std::string path) {
  Asset asset;
  asset.path = std::move(path);
  asset.file = file;
  asset.size = fs::file_size(file);
  if (asset.size > kLargestAsset) {
    throw Error("Asset too large: " + asset.path + " is larger than 25 MiB")
        .while_doing("reading the static assets")
        .hint("A line in .assetsignore leaves it out; R2 is for large files.");
  }
  asset.hash = hash_of(file, read_file(file));
  return asset;
}

ApiJson config_of(const AssetsConfig& config) {
  ApiJson json = ApiJson::object();
  for (const auto& [key, value] : config.settings.items()) json[key] = value;
  for (const char* name : {"_redirects", "_headers"}) {
    const std::string text = text_or_none(config.directory / name);
    if (!text.empty()) json[name] = text;
  }
  return json;
}

/// One bucket: the assets that the session wants in one request.
ApiJson upload_bucket(const Account& account, const std::string& session,
                      const std::vector<const Asset*>& bucket, const MimeTypes& types) {
  MultipartForm form;
  for (const Asset* asset : bucket) {
    const std::string type = types.type_of(asset->file);
    form.add_file(asset->hash, asset->hash, type.empty() ? kNoType : type,
                  base64(read_file(asset->file)));
  }
  ApiCall call;
  call.method = "POST";
  call.path = account.path("/workers/assets/upload");
  call.query = {{"base64", "true"}};
  call.headers = {{"Authorization", "Bearer " + session}};
  call.content_type = form.content_type();
  call.body = form.finish();
  call.retry = Retry::always;
  return account.client().call(call);
}

/// Sessions may ask for each asset by itself, raw.
ApiJson upload_alone(const Account& account, const std::string& session, const Asset& asset,
                     const MimeTypes& types) {
  const std::string content = read_file(asset.file);
  const std::string type = types.type_of(asset.file);
  ApiCall call;
  call.method = "POST";
  call.path = account.path("/workers/assets/upload/" + asset.hash);
  call.headers = {{"Authorization", "Bearer " + session}};
  call.content_type = type.empty() ? kNoType : type;
  call.body = content;
  call.retry = Retry::always;
  return account.client().call(call);
}

/// Whether the session's token, which is a JWT, says that assets come one by one.
bool wants_single_assets(const std::string& jwt) {
  const size_t first = jwt.find('.');
  const size_t second = first == jwt.npos ? jwt.npos : jwt.find('.', first + 1);
  if (second == jwt.npos) return false;
  const std::string payload = from_base64url(jwt.substr(first + 1, second - first - 1));
  const ApiJson claims = ApiJson::parse(payload, nullptr, /*allow_exceptions=*/false);
  return true_at(claims, "wrangler_single_asset_uploads");
}

std::vector<std::vector<const Asset*>> buckets_of(const ApiJson& session,
                                                  const AssetFolder& folder) {
  std::map<std::string, const Asset*> by_hash;
  for (const Asset& asset : folder.assets) by_hash.emplace(asset.hash, &asset);
  std::vector<std::vector<const Asset*>> buckets;
  for (const ApiJson& list : array_at(session, "buckets")) {
    std::vector<const Asset*> bucket;
    for (const ApiJson& hash : list) {
      const auto found = by_hash.find(hash.is_string() ? hash.get<std::string>() : "");
      if (found != by_hash.end()) bucket.push_back(found->second);
    }
    if (!bucket.empty()) buckets.push_back(std::move(bucket));
  }
  return buckets;
}

}  // namespace

AssetFolder read_assets(const AssetsConfig& config) {
  std::error_code failed;
  if (!fs::is_directory(config.directory, failed)) {
    throw Error("The directory specified by the \"assets.directory\" field does not exist: " +
                config.directory.string())
        .hint("It is relative to the configuration file.");
  }
  const IgnoreRules rules(text_or_none(config.directory / kIgnoreFile));
  const std::set<std::string> own_files{kIgnoreFile, "_headers", "_redirects"};
  AssetFolder folder;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(config.directory)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().lexically_relative(config.directory).generic_string();
    if (own_files.contains(name) || rules.ignores(name)) continue;
    if (first_invalid_utf8(name) != std::string::npos) {
      throw Error("The name of a file in " + entry.path().parent_path().string() + " is not UTF-8")
          .while_doing("reading the static assets");
    }
    folder.assets.push_back(read_asset(entry.path(), "/" + name));
    if (folder.assets.size() > kMostAssets) {
      throw Error("Maximum number of assets exceeded: there are more than 100000 files in " +
                  config.directory.string());
    }
  }
  std::sort(folder.assets.begin(), folder.assets.end(),
            [](const Asset& left, const Asset& right) { return left.path < right.path; });
  folder.config = config_of(config);
  return folder;
}

AssetUpload upload_assets(const Account& account, const std::string& worker,
                          const AssetFolder& folder,
                          const std::function<void(const std::vector<std::string>&)>& planned,
                          const AssetProgress& progress) {
  ApiJson manifest = ApiJson::object();
  for (const Asset& asset : folder.assets) {
    manifest[asset.path] = {{"hash", asset.hash}, {"size", asset.size}};
  }
  const ApiJson session =
      account.post("/workers/scripts/" + percent_encoded(worker) + "/assets-upload-session",
                   {{"manifest", manifest}}, Retry::always);
  const std::string token = string_at(session, "jwt");
  const auto buckets = buckets_of(session, folder);
  AssetUpload upload{token, {}};
  std::set<std::string> wanted;
  for (const auto& bucket : buckets) {
    for (const Asset* asset : bucket) wanted.insert(asset->hash);
  }
  for (const Asset& asset : folder.assets) {
    if (wanted.contains(asset.hash)) upload.paths.push_back(asset.path);
  }
  planned(upload.paths);

  const bool alone = wants_single_assets(token);
  const MimeTypes types;
  size_t sent = 0;
  const auto take = [&](const ApiJson& answer, size_t count) {
    sent += count;
    progress(sent, wanted.size());
    // The answer to the last of them names them all.
    if (const std::string jwt = string_at(answer, "jwt"); !jwt.empty()) upload.jwt = jwt;
  };
  for (const auto& bucket : buckets) {
    if (alone) {
      for (const Asset* asset : bucket) take(upload_alone(account, token, *asset, types), 1);
    } else {
      take(upload_bucket(account, token, bucket, types), bucket.size());
    }
  }
  if (!buckets.empty() && upload.jwt == token) {
    throw Error("Failed to complete asset upload: the API has not confirmed it")
        .while_doing("uploading the static assets")
        .hint("Deploying again sends what is missing.");
  }
  return upload;
}

}  // namespace cwrangler::cli
