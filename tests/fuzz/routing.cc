// What the endpoint reads of a request's headers and of what a client configures: the first byte
// says which.

#include "edge/serving/routing.h"

#include <memory>

#include "edge/http/message.h"
#include "edge/http/multipart.h"
#include "edge/serving/cron.h"
#include "tests/fuzz/fuzz.h"

namespace {

namespace edge = cwrangler::edge;

void choose(std::string_view text) {
  edge::WorkerDeployment deployment;
  deployment.worker = "hello";
  deployment.versions.push_back({std::make_shared<edge::WorkerVersion>(), 30});
  deployment.versions.push_back({std::make_shared<edge::WorkerVersion>(), 70});
  cwrangler::fuzz::demand(edge::choose_version(deployment, text, text) != nullptr);
}

void route(std::string_view text) {
  edge::Routing routing;
  auto deployment = std::make_shared<edge::WorkerDeployment>();
  deployment->account = "account";
  deployment->worker = "hello";
  deployment->versions.push_back({std::make_shared<edge::WorkerVersion>(), 100});
  routing.set(deployment);
  const std::string_view host = cwrangler::fuzz::take_until(text, '\n');
  routing.route(host, text);
}

void read(std::uint8_t which, std::string_view text) {
  switch (which % 6) {
    case 0: {
      const auto pattern = edge::RoutePattern::parse(cwrangler::fuzz::take_until(text, '\n'));
      const std::string_view host = cwrangler::fuzz::take_until(text, '\n');
      pattern.matches(host, text);
      break;
    }
    case 1:
      // A day in 2026.
      edge::CronExpression::parse(text).is_due(1'790'000'000'000);
      break;
    case 2:
      choose(text);
      break;
    case 3:
      route(text);
      break;
    case 4:
      edge::parse_query(text);
      edge::percent_decoded(text);
      break;
    default:
      edge::parameter(text, "name");
      edge::essence(text);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  if (size == 0) return 0;
  cwrangler::fuzz::read_or_refuse(
      [&] { read(data[0], cwrangler::fuzz::text_of(data + 1, size - 1)); });
  return 0;
}
