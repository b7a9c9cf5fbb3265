#include "cli/project/project.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

using Variables = std::map<std::string, std::string>;

ProjectOptions options_for(const TemporaryFolder& folder, Variables variables = {}) {
  ProjectOptions options;
  options.config.directory = folder.path();
  options.clock = [] { return std::chrono::sys_days(std::chrono::year(2026) / 11 / 22); };
  options.environment_variable =
      [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return options;
}

/// A project that loads, with more keys for its configuration.
void write_project(const TemporaryFolder& folder, const std::string& keys = "",
                   const std::string& date = "2026-04-01") {
  folder.write("src/entry.py", "");
  folder.write("wrangler.toml", "name = \"app\"\nmain = \"src/entry.py\"\ncompatibility_date = \"" +
                                    date + "\"\ncompatibility_flags = [\"python_workers\"]\n" +
                                    keys);
}

/// The message when the project does not load.
std::string failure(const TemporaryFolder& folder, const std::string& toml) {
  folder.write("wrangler.toml", toml);
  try {
    load_project(options_for(folder));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const Binding* find_binding(const WorkerConfig& worker, const std::string& name) {
  const Binding* result = nullptr;
  for (const Binding& binding : worker.bindings) {
    if (binding.name == name) {
      CHECK(result == nullptr);
      result = &binding;
    }
  }
  return result;
}

TEST_CASE("a project becomes a runtime configuration") {
  TemporaryFolder folder;
  write_project(folder,
                "kv_namespaces = [{binding = \"KV\", id = \"i\"}]\n"
                "assets = {directory = \"pub\", binding = \"ASSETS\"}\n"
                "[vars]\nA = \"x\"\nN = 1\n");
  folder.write("src/util.py", "");
  folder.write(".dev.vars", "SECRET=s\nA=local\n");
  const Project project = load_project(options_for(folder));
  CHECK(project.warnings.empty());
  CHECK(project.secret_files == std::vector<fs::path>{folder.path() / ".dev.vars"});

  const WorkerConfig worker = make_worker_config(project);
  CHECK(worker.name == "app");
  CHECK(worker.main_module == "entry.py");
  CHECK(worker.python_version == "3.13");
  CHECK(worker.compatibility_date == "2026-04-01");
  CHECK(worker.modules.size() == 2);
  CHECK(worker.state_directory == (folder.path() / ".wrangler/state/v3").string());
  CHECK(find_binding(worker, "A")->type == "secret_text");
  CHECK(find_binding(worker, "A")->properties["text"] == "local");
  CHECK(find_binding(worker, "SECRET")->properties["text"] == "s");
  CHECK(find_binding(worker, "N")->type == "json");
  CHECK(find_binding(worker, "KV")->properties["namespace_id"] == "i");
  CHECK(worker.assets["directory"] == (folder.path() / "pub").string());
  // It survives the way to the runtime.
  CHECK(worker_config_from_json(to_json(worker)).bindings.size() == worker.bindings.size());
}

TEST_CASE("what is missing is said in wrangler's words, with what to do") {
  TemporaryFolder folder;
  folder.write("src/entry.py", "");
  const std::string no_main = failure(folder, "name = \"a\"\n");
  CHECK(contains(no_main, "Missing entry-point to Worker script"));
  CHECK(contains(no_main, "main = \"src/entry.py\""));

  const std::string no_file = failure(folder, "main = \"src/nope.py\"\n");
  CHECK(contains(no_file, "The entry-point file at \"src/nope.py\" was not found."));
  CHECK(contains(no_file, "wrangler.toml:1:8"));
  CHECK(contains(no_file, "| main = \"src/nope.py\""));
  CHECK(contains(no_file, "There is a src/entry.py"));

  const std::string no_flag = failure(folder, "main = \"src/entry.py\"\n");
  CHECK(contains(no_flag, "The `python_workers` compatibility flag is required to use Python."));
  CHECK(contains(no_flag, "compatibility_flags = [\"python_workers\"]"));

  const std::string unknown_flag =
      failure(folder,
              "main = \"src/entry.py\"\ncompatibility_flags = [\"python_workers\",\n"
              "  \"python_worker\"]\n");
  CHECK(contains(unknown_flag, "No such compatibility flag: python_worker"));
  CHECK(contains(unknown_flag, "Did you mean \"python_workers\"?"));
  CHECK(contains(unknown_flag, "wrangler.toml:3:3"));

  folder.write("src/index.js", "");
  CHECK(contains(failure(folder, "main = \"src/index.js\"\n"), "needs to end with a .py"));
  CHECK(contains(failure(folder, "main = \"src\"\n"), "was not found"));
}

TEST_CASE("without a compatibility date today's is taken, with a warning") {
  TemporaryFolder folder;
  folder.write("src/entry.py", "");
  folder.write("wrangler.jsonc",
               R"({"main": "src/entry.py", "compatibility_flags": ["python_workers"]})");
  const Project project = load_project(options_for(folder));
  CHECK(project.compatibility_date == "2026-11-22");
  CHECK(project.python_version == "3.14");
  REQUIRE(project.warnings.size() == 1);
  CHECK(contains(project.warnings[0], "\"compatibility_date\": \"2026-11-22\""));
}

TEST_CASE("the Python version follows date and flags") {
  const auto version = [](const std::string& date, const std::string& flag) {
    TemporaryFolder folder;
    folder.write("src/entry.py", "");
    folder.write("wrangler.toml", "main = \"src/entry.py\"\ncompatibility_date = \"" + date +
                                      "\"\ncompatibility_flags = [\"python_workers\"" +
                                      (flag.empty() ? "" : ", \"" + flag + "\"") + "]\n");
    return load_project(options_for(folder)).python_version;
  };
  CHECK(version("2024-03-29", "") == "3.12");
  CHECK(version("2025-09-28", "") == "3.12");
  CHECK(version("2025-09-29", "") == "3.13");
  CHECK(version("2024-03-29", "python_workers_20250116") == "3.13");
  CHECK(version("2025-09-29", "no_python_workers_20250116") == "3.12");
  CHECK(version("2026-09-07", "") == "3.13");
  CHECK(version("2026-09-08", "") == "3.14");
  CHECK(version("2026-04-01", "python_workers_314") == "3.14");
  CHECK(version("2026-04-01", "python_workers_20260610") == "3.14");
  CHECK(version("2026-09-08", "no_python_workers_314") == "3.13");
}

TEST_CASE("another Python may be asked for, with a warning when production differs") {
  TemporaryFolder folder;
  write_project(folder);
  Project project = load_project(options_for(folder, {{"CWRANGLER_PYTHON", "3.14"}}));
  CHECK(project.python_version == "3.14");
  CHECK(project.production_python_version == "3.13");
  REQUIRE(project.warnings.size() == 1);
  CHECK(contains(project.warnings[0], "production will use Python 3.13"));

  ProjectOptions options = options_for(folder, {{"CWRANGLER_PYTHON", "3.14"}});
  options.python_version = "3.13";
  project = load_project(options);
  CHECK(project.python_version == "3.13");
  CHECK(project.warnings.empty());
  options.python_version = "3.11";
  CHECK_THROWS_WITH_AS(load_project(options), doctest::Contains("3.12, 3.13, 3.14"), Error);
}

TEST_CASE("one .dev.vars file counts, else the .env files together") {
  TemporaryFolder folder;
  write_project(folder, "[env.prod]\n");
  const auto secrets = [&folder](const std::string& environment, Variables variables = {}) {
    ProjectOptions options = options_for(folder, std::move(variables));
    options.config.environment = environment;
    std::string text;
    for (const Binding& binding : load_project(options).secrets) {
      text += binding.name + "=" + binding.properties["text"].get<std::string>() + ";";
    }
    return text;
  };
  CHECK(secrets("").empty());
  folder.write(".env", "A=1\nB=$A\n");
  folder.write(".env.local", "A=2\n");
  folder.write(".env.prod", "A=3\n");
  CHECK(secrets("") == "A=2;B=2;");
  CHECK(secrets("prod") == "A=3;B=3;");
  CHECK(secrets("", {{"CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV", "false"}}).empty());
  folder.write(".dev.vars", "C=1\n");
  CHECK(secrets("prod") == "C=1;");
  folder.write(".dev.vars.prod", "D=$C\n");
  CHECK(secrets("prod") == "D=$C;");
  CHECK(secrets("") == "C=1;");
}

TEST_CASE("--env-file and --var come before files that are found") {
  TemporaryFolder folder;
  write_project(folder);
  folder.write(".dev.vars", "A=dev\n");
  folder.write("one.env", "A=1\nB=1\n");
  folder.write("two.env", "B=2\n");
  ProjectOptions options = options_for(folder);
  options.env_files = {folder.path() / "one.env", folder.path() / "two.env"};
  options.variables = {{"A", "flag"}};
  const WorkerConfig worker = make_worker_config(load_project(options));
  CHECK(find_binding(worker, "A")->properties["text"] == "flag");
  CHECK(find_binding(worker, "B")->properties["text"] == "2");
  options.env_files = {folder.path() / "nope.env"};
  CHECK_THROWS_AS(load_project(options), Error);
}

TEST_CASE("declared secrets are those that count, and missing ones are told") {
  TemporaryFolder folder;
  folder.write("wrangler.toml",
               "name = \"app\"\nmain = \"src/entry.py\"\ncompatibility_date = "
               "\"2026-11-01\"\ncompatibility_flags = [\"python_workers\"]\n"
               "[vars]\nPLAIN = \"1\"\n[secrets]\nrequired = [\"A\", "
               "\"FROM_PROCESS\", \"MISSING\"]\n");
  folder.write("src/entry.py", "");
  folder.write(".env", "A=1\nPLAIN=2\nOTHER=3\n");
  ::setenv("FROM_PROCESS", "4", 1);
  const Project project = load_project(options_for(folder));
  ::unsetenv("FROM_PROCESS");
  std::vector<std::string> names;
  for (const Binding& secret : project.secrets) names.push_back(secret.name);
  CHECK(names == std::vector<std::string>{"A", "PLAIN", "FROM_PROCESS"});
  CHECK(project.warnings ==
        std::vector<std::string>{"Missing required secrets: MISSING. Add them to .dev.vars, .env, "
                                 "or set as environment variables."});
}

TEST_CASE("a secret's value is in no warning") {
  TemporaryFolder folder;
  write_project(folder);
  folder.write(".dev.vars", "KEY=\"hunter2\nhunter3 hunter2\n");
  const Project project = load_project(options_for(folder));
  REQUIRE_FALSE(project.warnings.empty());
  for (const std::string& text : project.warnings) CHECK_FALSE(contains(text, "hunter"));
  CHECK(contains(project.warnings[0], ".dev.vars:1"));
}

TEST_CASE("all that matters for a reload is watched, also what is not there yet") {
  TemporaryFolder folder;
  write_project(folder);
  folder.write("src/sub/x.py", "");
  const Project project = load_project(options_for(folder));
  const auto watches_file = [&project, &folder](const std::string& name) {
    return std::find(project.watched_files.begin(), project.watched_files.end(),
                     folder.path() / name) != project.watched_files.end();
  };
  for (const char* name :
       {"wrangler.toml", "src/entry.py", ".dev.vars", ".env", "pyproject.toml"}) {
    CHECK(watches_file(name));
  }
  CHECK(project.watched_folders ==
        std::vector<fs::path>{folder.path() / "src", folder.path() / "src/sub"});
}

}  // namespace
}  // namespace cwrangler::cli
