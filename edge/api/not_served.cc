// What clients ask for on the way of a deployment and this endpoint does not run: lists are empty,
// what is asked for is not there, and making one is refused with the reason.

#include "edge/api/routes.h"

namespace cwrangler::edge {
namespace {

HttpResponse none(Call& call) {
  return page_of(Json::array(), call);
}

HttpResponse no_workflow(Call&) {
  throw ApiError(404, api_code::kNoWorkflow, "workflow.not_found");
}

ApiError refused(const char* what) {
  return {400, api_code::kBadBody, "This endpoint does not run " + std::string(what)};
}

HttpResponse refuse_workflow(Call&) {
  throw refused("Workflows");
}

HttpResponse refuse_index(Call&) {
  throw refused("Vectorize indexes");
}

HttpResponse refuse_hyperdrive(Call&) {
  throw refused("Hyperdrive");
}

constexpr ApiRoute kRoutes[] = {
    {"GET", "/!/workflows", "workflows", false, none},
    {"GET", "/!/workflows/:workflow", "workflows", false, no_workflow},
    {"PUT", "/!/workflows/:workflow", "workflows", true, refuse_workflow},
    {"GET", "/!/vectorize/v2/indexes", "vectorize", false, none},
    {"POST", "/!/vectorize/v2/indexes", "vectorize", true, refuse_index},
    {"GET", "/!/hyperdrive/configs", "hyperdrive", false, none},
    {"POST", "/!/hyperdrive/configs", "hyperdrive", true, refuse_hyperdrive},
};

}  // namespace

std::span<const ApiRoute> not_served_routes() {
  return kRoutes;
}

}  // namespace cwrangler::edge
