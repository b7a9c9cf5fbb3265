// Static assets on their way into an account: what is in the folder, and the upload of what the
// account does not have yet.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/api/account.h"
#include "cli/config/config.h"

namespace cwrangler::cli {

struct Asset {
  std::string path;  ///< "/css/style.css"
  std::filesystem::path file;
  std::string hash;  ///< 32 hexadecimal digits: of the content and the ending
  std::uintmax_t size = 0;
};

struct AssetFolder {
  std::vector<Asset> assets;  ///< by path
  ApiJson config;             ///< what the upload's metadata says of them: rules and settings
};

/// Reads the folder without what .assetsignore names; _headers and _redirects become part of the
/// configuration. Throws Error for a folder that is not there, a file that is too large (25 MiB),
/// and too many files.
AssetFolder read_assets(const AssetsConfig& config);

/// Called with the assets that were sent so far, and all that have to be.
using AssetProgress = std::function<void(size_t sent, size_t all)>;

struct AssetUpload {
  std::string jwt;                 ///< names them all in the Worker's metadata
  std::vector<std::string> paths;  ///< those that were sent
};

/// Uploads what `account` lacks for the Worker. `planned` hears the paths before anything is sent.
AssetUpload upload_assets(const Account& account, const std::string& worker,
                          const AssetFolder& folder,
                          const std::function<void(const std::vector<std::string>&)>& planned,
                          const AssetProgress& progress);

}  // namespace cwrangler::cli
