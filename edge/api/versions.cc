// Versions and deployments.

#include <algorithm>
#include <cmath>

#include "edge/api/publish.h"
#include "edge/api/routes.h"

namespace cwrangler::edge {
namespace {

constexpr std::int64_t kListed = 100;

Json version_json(const Version& version) {
  return {{"id", version.id},
          {"number", version.number},
          {"metadata",
           {{"created_on", api_time(version.created)},
            {"modified_on", api_time(version.created)},
            {"source", version.source},
            {"author_id", version.author},
            {"author_email", version.author},
            {"hasPreview", false}}},
          {"annotations", version.annotations},
          {"resources",
           {{"script",
             {{"etag", version.etag},
              {"handlers", Json::array({"fetch"})},
              {"named_handlers", Json::array()},
              {"last_deployed_from", version.source}}},
            {"script_runtime",
             {{"compatibility_date", version.metadata.value("compatibility_date", std::string())},
              {"compatibility_flags", version.metadata.value("compatibility_flags", Json::array())},
              {"limits", version.metadata.value("limits", Json::object())},
              {"usage_model", "standard"}}},
            {"bindings", version.bindings}}},
          {"startup_time_ms", version.startup_ms}};
}

Json deployment_json(const Deployment& deployment) {
  Json versions = Json::array();
  for (const DeployedShare& share : deployment.versions) {
    versions.push_back({{"version_id", share.version}, {"percentage", share.percentage}});
  }
  return {{"id", deployment.id},
          {"source", deployment.source},
          {"strategy", "percentage"},
          {"author_email", deployment.author},
          {"created_on", api_time(deployment.created)},
          {"annotations", deployment.annotations},
          {"versions", versions}};
}

HttpResponse upload(Call& call) {
  const Upload form = read_upload(call);
  const std::string& name = call.part("worker");
  const auto lock = call.services.worker_locks.take(call.account(), name);
  {
    Work work = call.services.database.read();
    required_worker(work, call);
  }
  if (form.metadata.contains("migrations")) {
    throw ApiError(400, 10211,
                   "Migrations must be fully applied by running \"deploy\": a version alone cannot "
                   "have them");
  }
  return success(version_json(add_uploaded_version(call, name, form)));
}

HttpResponse list(Call& call) {
  Work work = call.services.database.read();
  required_worker(work, call);
  Json items = Json::array();
  for (const Version& version : list_versions(work, call.account(), call.part("worker"), kListed)) {
    items.push_back(version_json(version));
  }
  const size_t count = items.size();
  return success_with_info({{"items", std::move(items)}}, {{"page", 1},
                                                           {"per_page", kListed},
                                                           {"count", count},
                                                           {"total_count", count},
                                                           {"total_pages", 1}});
}

HttpResponse view(Call& call) {
  Work work = call.services.database.read();
  required_worker(work, call);
  const auto version =
      find_version(work, call.account(), call.part("worker"), call.part("version"));
  if (!version) throw ApiError(404, api_code::kNoVersion, "workers.api.error.version_not_found");
  return success(version_json(*version));
}

std::vector<DeployedShare> read_shares(const Json& body) {
  const auto invalid = [](const std::string& message) {
    return ApiError(400, api_code::kBadBody, message);
  };
  const auto versions = body.find("versions");
  if (versions == body.end() || !versions->is_array() || versions->empty() ||
      versions->size() > 2) {
    throw invalid("\"versions\" must be a list of one or two versions");
  }
  std::vector<DeployedShare> shares;
  double sum = 0;
  for (const Json& version : *versions) {
    if (!version.is_object() || !version.contains("percentage") ||
        !version["percentage"].is_number()) {
      throw invalid("Every version needs a \"version_id\" and a \"percentage\"");
    }
    const double percentage = version["percentage"];
    if (!(percentage >= 0 && percentage <= 100)) {
      throw invalid("A percentage is a number from 0 to 100");
    }
    sum += percentage;
    shares.push_back({required_text(version, "version_id"), percentage});
  }
  if (std::abs(sum - 100) > 0.001) throw invalid("The percentages must be 100 together");
  if (shares.size() == 2 && shares[0].version == shares[1].version) {
    throw invalid("The two versions must differ");
  }
  return shares;
}

HttpResponse deploy(Call& call) {
  const Json body = call.json_object();
  const std::vector<DeployedShare> shares = read_shares(body);
  const Json annotations = body.value("annotations", Json::object());
  const std::string& name = call.part("worker");
  const auto lock = call.services.worker_locks.take(call.account(), name);
  {
    Work work = call.services.database.read();
    required_worker(work, call);
    for (const DeployedShare& share : shares) {
      if (!find_version(work, call.account(), name, share.version)) {
        throw ApiError(404, api_code::kNoVersion,
                       "The version " + share.version + " does not exist");
      }
    }
  }
  return success(deployment_json(
      deploy_versions(call, name, shares, annotations.is_object() ? annotations : Json::object())));
}

HttpResponse deployments(Call& call) {
  Work work = call.services.database.read();
  required_worker(work, call);
  Json list = Json::array();
  for (const Deployment& deployment :
       list_deployments(work, call.account(), call.part("worker"), kListed)) {
    list.push_back(deployment_json(deployment));
  }
  return success({{"deployments", list}});
}

constexpr ApiRoute kRoutes[] = {
    {"POST", "/!/workers/scripts/:worker/versions", "workers", true, upload},
    {"GET", "/!/workers/scripts/:worker/versions", "workers", false, list},
    {"GET", "/!/workers/scripts/:worker/versions/:version", "workers", false, view},
    {"POST", "/!/workers/scripts/:worker/deployments", "workers", true, deploy},
    {"GET", "/!/workers/scripts/:worker/deployments", "workers", false, deployments},
};

}  // namespace

std::span<const ApiRoute> version_routes() {
  return kRoutes;
}

}  // namespace cwrangler::edge
