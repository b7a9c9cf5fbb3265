// Which Worker a request is for, and which of its versions.
//
// On the serving loop's thread only.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/serving/serving.h"

namespace cwrangler::edge {

/// "*.example.com/api/*" in its parts.
struct RoutePattern {
  std::string host;         ///< lower case, without the star
  bool any_prefix = false;  ///< "*example.com", "*.example.com"
  std::string path;         ///< from the slash on, without the star
  bool any_suffix = false;  ///< ends with a star

  /// Throws Error for a pattern that is none. A scheme in front is passed over.
  static RoutePattern parse(std::string_view text);
  bool matches(std::string_view host, std::string_view path) const;
  /// https://developers.cloudflare.com/workers/configuration/routing/routes/#matching-behavior
  bool is_more_specific_than(const RoutePattern& other) const;
};

/// What is left of a request's path when its Worker was named in it.
struct Target {
  std::shared_ptr<const WorkerDeployment> worker;  ///< null: nobody answers for the request
  std::string path;                                ///< with the query, as the Worker sees it
};

class Routing {
 public:
  void set(std::shared_ptr<const WorkerDeployment> deployment);
  void remove(const std::string& account, const std::string& worker);
  std::shared_ptr<const WorkerDeployment> find(const std::string& account,
                                               const std::string& worker) const;

  /// `host`: with or without a port. A host that belongs to nobody may be this machine, where the
  /// path names a Worker: "/@NAME/rest" or, with several accounts, "/@NAME@ACCOUNT/rest".
  Target route(std::string_view host, std::string_view target) const;

  const auto& deployments() const { return deployments_; }

 private:
  struct PatternEntry {
    RoutePattern pattern;
    std::shared_ptr<const WorkerDeployment> worker;
  };
  void index();

  std::map<std::pair<std::string, std::string>, std::shared_ptr<const WorkerDeployment>>
      deployments_;
  std::map<std::string, std::shared_ptr<const WorkerDeployment>, std::less<>> hosts_;
  std::vector<PatternEntry> patterns_;  // the most specific first
};

/// The version for a request. `key`: of Cloudflare-Workers-Version-Key, which always goes to one
/// version while percentages stay; empty: chance decides. `overrides`: of
/// Cloudflare-Workers-Version-Overrides, `worker="version"`.
/// https://developers.cloudflare.com/workers/configuration/versions-and-deployments/gradual-deployments/
std::shared_ptr<const WorkerVersion> choose_version(const WorkerDeployment& deployment,
                                                    std::string_view key,
                                                    std::string_view overrides);

}  // namespace cwrangler::edge
