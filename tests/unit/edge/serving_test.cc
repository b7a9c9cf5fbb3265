#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>

#include "edge/serving/cron.h"
#include "edge/serving/forwarded_head.h"
#include "edge/serving/routing.h"
#include "edge/serving/schedules.h"

namespace cwrangler::edge {
namespace {

namespace http = boost::beast::http;

std::shared_ptr<WorkerDeployment> deployed(const std::string& name) {
  auto deployment = std::make_shared<WorkerDeployment>();
  deployment->account = "acc";
  deployment->worker = name;
  return deployment;
}

std::string routed(const Routing& routing, const char* host, const char* target) {
  const Target found = routing.route(host, target);
  return found.worker ? found.worker->worker + " " + found.path : "nobody";
}

TEST_CASE("the most specific route answers") {
  Routing routing;
  const auto add = [&routing](const char* name, std::vector<std::string> routes,
                              std::vector<std::string> hosts = {}) {
    const auto deployment = deployed(name);
    deployment->routes = std::move(routes);
    deployment->hosts = std::move(hosts);
    routing.set(deployment);
  };
  add("any", {"*.example.com/*"});
  add("site", {"example.com/*"}, {"App.example.org"});
  add("api", {"https://example.com/api/*", "example.com/status"});
  CHECK(routed(routing, "example.com", "/") == "site /");
  CHECK(routed(routing, "EXAMPLE.com:8080", "/api/x?y=1") == "api /api/x?y=1");
  CHECK(routed(routing, "example.com", "/status") == "api /status");
  CHECK(routed(routing, "example.com", "/status?x") == "api /status?x");
  CHECK(routed(routing, "example.com", "/status/x") == "site /status/x");
  CHECK(routed(routing, "a.b.example.com", "/") == "any /");
  CHECK(routed(routing, "app.example.org:443", "/x") == "site /x");
  CHECK(routed(routing, "other.org", "/") == "nobody");
  routing.remove("acc", "api");
  CHECK(routed(routing, "example.com", "/api/x") == "site /api/x");
}

TEST_CASE("a path names a Worker where the host names none") {
  Routing routing;
  routing.set(deployed("hello"));
  CHECK(routed(routing, "127.0.0.1:8789", "/@hello/a?b") == "hello /a?b");
  CHECK(routed(routing, "127.0.0.1:8789", "/@hello") == "hello /");
  CHECK(routed(routing, "127.0.0.1:8789", "/@hello?q") == "hello /?q");
  CHECK(routed(routing, "127.0.0.1:8789", "/@hello@acc/a") == "hello /a");
  CHECK(routed(routing, "127.0.0.1:8789", "/@hello@other/a") == "nobody");
  CHECK(routed(routing, "127.0.0.1:8789", "/hello/a") == "nobody");
}

TEST_CASE("routes that are none") {
  for (const char* text : {"", "/path", "exa*mple.com/", "example.com/a*b", "*/x*y"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(RoutePattern::parse(text), Error);
  }
  CHECK(RoutePattern::parse("*/*").matches("whatever", "/x"));
}

TEST_CASE("versions share requests by their percentages, and a key stays with one") {
  WorkerDeployment deployment;
  deployment.worker = "hello";
  for (const char* id : {"a", "b"}) {
    auto version = std::make_shared<WorkerVersion>();
    version->id = id;
    deployment.versions.push_back({version, id[0] == 'a' ? 90.0 : 10.0});
  }
  int first = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string key = "user-" + std::to_string(i);
    const auto chosen = choose_version(deployment, key, "");
    CHECK(choose_version(deployment, key, "")->id == chosen->id);
    first += chosen->id == "a";
  }
  CHECK(first > 1700);
  CHECK(first < 1900);
  // More for the second takes keys from the first only.
  WorkerDeployment later = deployment;
  later.versions[0].percentage = 50;
  later.versions[1].percentage = 50;
  for (int i = 0; i < 200; ++i) {
    const std::string key = "user-" + std::to_string(i);
    if (choose_version(deployment, key, "")->id == "b") {
      CHECK(choose_version(later, key, "")->id == "b");
    }
  }
  CHECK(choose_version(deployment, "user-1", "other=\"x\", hello=\"b\"")->id == "b");
  CHECK(choose_version(deployment, "user-1", "hello=\"b")->id == "b");
  CHECK_NOTHROW(choose_version(deployment, "user-1", "hello=\"unknown\""));
  CHECK_NOTHROW(choose_version(deployment, "", "=,\"\",hello"));
}

/// 2026-06-01 is a Monday.
constexpr std::int64_t kJune = 1'780'272'000'000;
constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kDay = 24 * 60 * kMinute;

TEST_CASE("schedules are due when they say") {
  const auto due = [](const char* text, std::int64_t moment) {
    return CronExpression::parse(text).is_due(moment);
  };
  CHECK(due("* * * * *", kJune + 7 * kMinute + 999));
  CHECK(due("*/15 * * * *", kJune + 45 * kMinute));
  CHECK_FALSE(due("*/15 * * * *", kJune + 46 * kMinute));
  CHECK(due("5-10/5,30 0 * * *", kJune + 10 * kMinute));
  CHECK(due("0 0 1 6 *", kJune));
  CHECK(due("0 0 * JUN mon", kJune));
  CHECK(due("0 0 * * 2", kJune));  // 1 is Sunday
  CHECK_FALSE(due("0 0 * * 1", kJune));
  CHECK(due("0 0 L * *", kJune + 29 * kDay));
  CHECK_FALSE(due("0 0 L * *", kJune + 28 * kDay));
  CHECK(due("0 0 * * MON#1", kJune));
  CHECK_FALSE(due("0 0 * * MON#1", kJune + 7 * kDay));
  CHECK(due("0 0 * * 2L", kJune + 28 * kDay));
  CHECK_FALSE(due("0 0 * * 2L", kJune + 21 * kDay));
  CHECK(due("0 0 LW * *", kJune + 29 * kDay));
  CHECK(due("0 0 7W * *", kJune + 7 * kDay));  // the 7th is a Sunday, the 8th a Monday
  CHECK(due("0 0 15 * MON", kJune));           // either will do
}

TEST_CASE("a schedule is run once in each minute that it is due") {
  boost::asio::io_context loop;
  Routing routing;
  const auto worker = [](const char* name, std::vector<std::string> crons) {
    auto deployment = deployed(name);
    deployment->crons = std::move(crons);
    return deployment;
  };
  routing.set(worker("each", {"* * * * *"}));
  routing.set(worker("both", {"*/5 * * * *", "1 0 * * *"}));
  routing.set(worker("damaged", {"whenever"}));  // takes nothing from the others
  std::int64_t now = kJune;
  std::vector<std::string> ran;
  Schedules schedules(
      loop, routing, [&now] { return now; },
      [&](const auto& deployment, const std::string& cron, std::int64_t minute) {
        ran.push_back(deployment->worker + " " + cron + " " +
                      std::to_string((minute - kJune) / kMinute));
      });
  const auto at = [&](std::int64_t moment) {
    now = kJune + moment;
    ran.clear();
    schedules.look();
    return ran;
  };
  using Runs = std::vector<std::string>;
  CHECK(at(30'000) == Runs{});  // the minute in which it was started
  CHECK(at(kMinute - 1) == Runs{});
  CHECK(at(kMinute) == Runs{"both 1 0 * * * 1", "each * * * * * 1"});
  CHECK(at(kMinute + 1000) == Runs{});
  CHECK(at(2 * kMinute + 59'000) == Runs{"each * * * * * 2"});
  CHECK(at(2 * kMinute + 59'999) == Runs{});
  CHECK(at(10 * kMinute) == Runs{"both */5 * * * * 10", "each * * * * * 10"});  // it has slept
  CHECK(at(9 * kMinute) == Runs{});  // the clock was put back
  CHECK(at(10 * kMinute + 5000) == Runs{});
  routing.remove("acc", "each");
  CHECK(at(11 * kMinute) == Runs{});
  routing.set(worker("both", {"12 * * * *"}));
  CHECK(at(12 * kMinute) == Runs{"both 12 * * * * 12"});
}

TEST_CASE("schedules that are none") {
  for (const char* text : {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *",
                           "* * * 13 *", "* * * * 8", "a * * * *", "*/0 * * * *", "5-1 * * * *",
                           "1,,2 * * * *", "* * * * MON#6", "99999999999 * * * *", "-1 * * * *"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(CronExpression::parse(text), Error);
  }
}

TEST_CASE("a request is passed on without what only its connection, or a proxy, may say") {
  http::request<http::buffer_body> head(http::verb::get, "/@hello/x", 11);
  head.set("Host", "example.com");
  head.set("Connection", "keep-alive, X-Private, Host");
  head.set("X-Private", "1");
  head.set("CF-Connecting-IP", "6.6.6.6");
  head.set("X-Forwarded-For", "6.6.6.6");
  head.set("TE", "trailers");
  head.set("Accept", "*/*");
  prepare_request(head, {"192.0.2.1", true, "/x"});
  CHECK(head.target() == "/x");
  CHECK(head["Host"] == "example.com");
  CHECK(head["Accept"] == "*/*");
  CHECK(head["CF-Connecting-IP"] == "192.0.2.1");
  CHECK(head["X-Forwarded-For"] == "192.0.2.1");
  CHECK(head["X-Forwarded-Proto"] == "https");
  CHECK(head.count("Connection") == 0);
  CHECK(head.count("X-Private") == 0);
  CHECK(head.count("TE") == 0);
  CHECK(head["CF-Ray"].size() == 16);
}

TEST_CASE("an upgrade stays one") {
  http::request<http::buffer_body> head(http::verb::get, "/", 11);
  head.set("Connection", "Upgrade");
  head.set("Upgrade", "WebSocket");
  CHECK(is_upgrade(head.base()));
  prepare_request(head, {"192.0.2.1", false, "/"});
  CHECK(is_upgrade(head.base()));
  head.set("Upgrade", "h2c");
  CHECK_FALSE(is_upgrade(head.base()));
}

}  // namespace
}  // namespace cwrangler::edge
