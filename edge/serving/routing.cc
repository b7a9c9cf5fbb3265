#include "edge/serving/routing.h"

#include <algorithm>
#include <random>

#include "base/ascii.h"
#include "base/digest.h"

namespace cwrangler::edge {
namespace {

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

/// From 0 to 100, the same for the same key.
double point_of(std::string_view worker, std::string_view key) {
  Digest digest;
  digest.add(worker);
  digest.add(key);
  return static_cast<double>(std::stoull(digest.hex().substr(0, 12), nullptr, 16)) /
         static_cast<double>(1ULL << 48) * 100;
}

/// The version that `name="id", …` names for this Worker; empty: none.
std::string_view override_of(std::string_view overrides, std::string_view worker) {
  while (!overrides.empty()) {
    const std::string_view entry = overrides.substr(0, overrides.find(','));
    overrides.remove_prefix(std::min(entry.size() + 1, overrides.size()));
    const size_t begin = entry.find_first_not_of(' ');
    const size_t equals = entry.find("=\"");
    if (begin == std::string_view::npos || equals == std::string_view::npos) continue;
    if (entry.substr(begin, equals - begin) != worker) continue;
    const std::string_view value = entry.substr(equals + 2);
    return value.substr(0, value.find('"'));
  }
  return {};
}

}  // namespace

RoutePattern RoutePattern::parse(std::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  RoutePattern pattern;
  const size_t slash = text.find('/');
  std::string_view host = text.substr(0, slash);
  std::string_view path = slash == std::string_view::npos ? "/" : text.substr(slash);
  if (host.starts_with('*')) {
    pattern.any_prefix = true;
    host.remove_prefix(1);
  }
  if (path.ends_with('*')) {
    pattern.any_suffix = true;
    path.remove_suffix(1);
  }
  if ((host.empty() && !pattern.any_prefix) || host.find('*') != std::string_view::npos ||
      path.find('*') != std::string_view::npos) {
    throw Error("\"" + std::string(text) + "\" is no route")
        .hint("A route is a host and a path, with * at its beginning or end: example.com/api/*");
  }
  pattern.host = ascii_lower(std::string(host));
  pattern.path = path;
  return pattern;
}

bool RoutePattern::matches(std::string_view given_host, std::string_view given_path) const {
  const bool host_fits = any_prefix ? given_host.ends_with(host) : given_host == host;
  if (!host_fits) return false;
  return any_suffix ? given_path.starts_with(path)
                    : given_path.substr(0, given_path.find('?')) == path;
}

bool RoutePattern::is_more_specific_than(const RoutePattern& other) const {
  if (any_prefix != other.any_prefix) return !any_prefix;
  if (host.size() != other.host.size()) return host.size() > other.host.size();
  if (any_suffix != other.any_suffix) return !any_suffix;
  return path.size() > other.path.size();
}

void Routing::set(std::shared_ptr<const WorkerDeployment> deployment) {
  const std::pair key(deployment->account, deployment->worker);
  deployments_[key] = std::move(deployment);
  index();
}

void Routing::remove(const std::string& account, const std::string& worker) {
  deployments_.erase({account, worker});
  index();
}

std::shared_ptr<const WorkerDeployment> Routing::find(const std::string& account,
                                                      const std::string& worker) const {
  const auto found = deployments_.find({account, worker});
  return found == deployments_.end() ? nullptr : found->second;
}

void Routing::index() {
  hosts_.clear();
  patterns_.clear();
  for (const auto& [name, deployment] : deployments_) {
    for (const std::string& host : deployment->hosts) hosts_[ascii_lower(host)] = deployment;
    for (const std::string& route : deployment->routes) {
      patterns_.push_back({RoutePattern::parse(route), deployment});
    }
  }
  std::stable_sort(patterns_.begin(), patterns_.end(),
                   [](const PatternEntry& left, const PatternEntry& right) {
                     return left.pattern.is_more_specific_than(right.pattern);
                   });
}

Target Routing::route(std::string_view given_host, std::string_view target) const {
  const std::string host = ascii_lower(std::string(without_port(given_host)));
  // A route is more specific than a whole host.
  for (const PatternEntry& entry : patterns_) {
    if (entry.pattern.matches(host, target)) return {entry.worker, std::string(target)};
  }
  if (const auto found = hosts_.find(host); found != hosts_.end()) {
    return {found->second, std::string(target)};
  }
  if (!target.starts_with("/@")) return {};
  const size_t end = std::min(target.find_first_of("/?", 1), target.size());
  const std::string_view named = target.substr(2, end - 2);
  const std::string_view name = named.substr(0, named.find('@'));
  const std::string_view account =
      name.size() == named.size() ? std::string_view() : named.substr(name.size() + 1);
  std::string path(target.substr(end));
  if (!path.starts_with('/')) path.insert(0, "/");
  for (const auto& [key, deployment] : deployments_) {
    if (key.second == name && (account.empty() || key.first == account)) {
      return {deployment, std::move(path)};
    }
  }
  return {};
}

std::shared_ptr<const WorkerVersion> choose_version(const WorkerDeployment& deployment,
                                                    std::string_view key,
                                                    std::string_view overrides) {
  const auto& versions = deployment.versions;
  const std::string_view wanted = override_of(overrides, deployment.worker);
  for (const auto& share : versions) {
    if (share.version->id == wanted) return share.version;
  }
  if (versions.size() == 1) return versions.front().version;
  thread_local std::minstd_rand random{std::random_device()()};
  const double point = key.empty() ? std::uniform_real_distribution<double>(0, 100)(random)
                                   : point_of(deployment.worker, key);
  double sum = 0;
  for (const auto& share : versions) {
    sum += share.percentage;
    if (point < sum) return share.version;
  }
  return versions.back().version;
}

}  // namespace cwrangler::edge
