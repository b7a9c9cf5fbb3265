#include "runtime/python/python_worker.h"

#include <doctest/doctest.h>

#include "base/error.h"

namespace cwrangler::python {
namespace {

WorkerConfig hello() {
  WorkerConfig config;
  config.name = "hello";
  config.main_module = "entry.py";
  config.compatibility_date = "2026-10-01";
  config.compatibility_flags = {"python_workers"};
  config.modules = {{"entry.py", ModuleType::python, "/host/entry.py"}};
  return config;
}

std::string problem_of(const WorkerConfig& config) {
  try {
    startup_configuration(config);
  } catch (const Error& error) {
    return error.problem();
  }
  return "no error";
}

TEST_CASE("a Worker's configuration names its Python, its flags and its bindings") {
  WorkerConfig config = hello();
  config.bindings = {{"GREETING", "plain_text", {{"text", "hi"}}}};
  const nlohmann::json json = startup_configuration(config);
  CHECK(json["pythonVersion"] == "3.14");
  CHECK(json["mainModule"] == "entry.py");
  CHECK(json["flags"]["python_workers"] == true);
  CHECK(json["flags"]["python_workers_development"] == false);
  CHECK(json["bindings"][0]["name"] == "GREETING");
  CHECK(json["bindings"][0]["text"] == "hi");
}

TEST_CASE("the Python version can be overridden") {
  WorkerConfig config = hello();
  config.python_version = "3.12";
  CHECK(startup_configuration(config)["pythonVersion"] == "3.12");
  config.python_version = "2.7";
  CHECK(problem_of(config) == "there is no Python 2.7");
}

TEST_CASE("what cannot run is refused before anything is started") {
  WorkerConfig config = hello();
  config.compatibility_flags.clear();
  CHECK(problem_of(config) == "The python_workers compatibility flag is required to use Python.");
  config = hello();
  config.main_module = "entry.js";
  CHECK(problem_of(config) == "Main module needs to end with a .py file extension: entry.js");
  config = hello();
  config.main_module = "other.py";
  CHECK(problem_of(config) == "the main module \"other.py\" is not among the Worker's modules");
  config = hello();
  config.main_module = "src/entry.py";
  CHECK(problem_of(config) ==
        "the main module \"src/entry.py\" is not at the top of the module root");
}

TEST_CASE("a package that would hide the main module is refused") {
  for (const char* package : {"entry.py", "entry/__init__.py", "entry.so"}) {
    WorkerConfig config = hello();
    const std::string name = std::string("python_modules/") + package;
    config.modules.push_back({name, ModuleType::data, "/host/" + name});
    CHECK(problem_of(config) == "Python module " + name + " clashes with main module");
  }
}

}  // namespace
}  // namespace cwrangler::python
