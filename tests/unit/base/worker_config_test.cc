#include "base/worker_config.h"

#include <doctest/doctest.h>

#include "base/error.h"

using cwrangler::ModuleType;
using cwrangler::WorkerConfig;

TEST_CASE("a Worker's configuration survives the way through JSON") {
  WorkerConfig config;
  config.name = "hello";
  config.main_module = "entry.py";
  config.compatibility_date = "2026-01-02";
  config.compatibility_flags = {"python_workers"};
  config.python_version = "3.14";
  config.modules = {{"entry.py", ModuleType::python, "/p/src/entry.py"},
                    {"python_modules/a.so", ModuleType::data, "/p/python_modules/a.so"}};
  config.cpu_limit_ms = 50;
  config.subrequest_limit = 10;
  config.bindings = {{"KV", "kv_namespace", {{"namespace_id", "x"}}}};
  config.queue_consumers = {{{"queue", "jobs"}, {"max_retries", 1}}};

  const WorkerConfig copy = cwrangler::worker_config_from_json(cwrangler::to_json(config));
  CHECK(cwrangler::to_json(copy) == cwrangler::to_json(config));
  CHECK(copy.subrequest_limit == 10);
  CHECK(copy.modules[1].type == ModuleType::data);
  CHECK(copy.bindings[0].properties == nlohmann::json{{"namespace_id", "x"}});
}

TEST_CASE("a bad field is named") {
  CHECK_THROWS_WITH_AS(cwrangler::worker_config_from_json({{"main_module", 3}}),
                       doctest::Contains("\"main_module\" has the wrong type"), cwrangler::Error);
  CHECK_THROWS_WITH_AS(cwrangler::worker_config_from_json(nlohmann::json::object()),
                       doctest::Contains("\"main_module\" is missing"), cwrangler::Error);
  for (const char* consumers : {R"([{}])", R"([3])", R"([{"queue": 3}])", R"({"queue": "q"})"}) {
    CHECK_THROWS_WITH_AS(
        cwrangler::worker_config_from_json(
            {{"main_module", "entry.py"}, {"queue_consumers", nlohmann::json::parse(consumers)}}),
        doctest::Contains("\"queue"), cwrangler::Error);
  }
  CHECK_THROWS_AS(cwrangler::worker_config_from_json(3), cwrangler::Error);
}
