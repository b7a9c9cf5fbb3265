// Versions of a deployed Worker, and the deployments that give them traffic.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/api/account.h"

namespace cwrangler::cli {

/// How much of the traffic a version gets.
struct VersionShare {
  std::string version_id;
  double percentage = 0;
};

/// Answers about one Worker; what was asked once is not asked again.
class WorkerVersions {
 public:
  /// `account` must outlive it.
  WorkerVersions(const Account& account, std::string worker)
      : account_(account), worker_(std::move(worker)) {}

  /// Newest first.
  std::vector<ApiJson> deployments() const;
  std::vector<ApiJson> versions() const;
  const ApiJson& version(const std::string& id);

  /// Gives the traffic to these, 100 percent together. The API's answer.
  ApiJson deploy(const std::vector<VersionShare>& shares, const std::string& message) const;

 private:
  const Account& account_;
  const std::string worker_;
  std::map<std::string, ApiJson> known_;
};

std::vector<VersionShare> shares_of(const ApiJson& deployment);

/// "ID@10%" or "ID" each; those without a percentage share what is left. Throws Error (usage) for
/// what is none, and when they are not 100 percent together.
std::vector<VersionShare> parse_shares(const std::vector<std::string>& specs);

/// "10%", "33.3%"
std::string shown_percentage(double percentage);

/// The lines that describe a version or a deployment to a person.
std::vector<std::string> version_lines(const ApiJson& version);
/// What is in it: handlers, compatibility, names of secrets and bindings.
std::vector<std::string> version_contents(const ApiJson& version);
std::vector<std::string> deployment_lines(const ApiJson& deployment, WorkerVersions& versions);

/// "(10%) ID" and when it was made, by which tag and message.
std::vector<std::string> share_lines(const VersionShare& share, WorkerVersions& versions);

}  // namespace cwrangler::cli
