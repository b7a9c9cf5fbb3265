#include "cli/config/config.h"

#include <doctest/doctest.h>

#include "base/files.h"
#include "cli/config/json_schema.h"
#include "cli/config/key_reference.h"
#include "cli/config/schema.h"
#include "mutations.h"
#include "temporary_folder.h"

namespace cwrangler::cli {
namespace {

namespace fs = std::filesystem;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Config parse(const std::string& source, const std::string& environment = "",
             const std::string& name = "wrangler.toml") {
  return parse_config("/project/" + name, source, environment);
}

std::string failure(const std::string& source, const std::string& environment = "",
                    const std::string& name = "wrangler.toml") {
  try {
    parse(source, environment, name);
  } catch (const Error& error) {
    return error.problem();
  }
  return "";
}

std::string warning(const std::string& source, const std::string& environment = "") {
  const Config config = parse(source, environment);
  return config.warnings.empty() ? "" : config.warnings.front();
}

const ConfiguredBinding& binding(const Config& config, const std::string& name) {
  for (const ConfiguredBinding& item : config.bindings) {
    if (item.binding.name == name) return item;
  }
  throw Error("no binding " + name);
}

constexpr const char* kFull = R"(
name = "app"
main = "./src/entry.py"
compatibility_date = "2026-04-01"
compatibility_flags = ["python_workers"]
kv_namespaces = [{binding = "KV", id = "<YOUR_ID>", preview_id = "p"}, {binding = "KV2"}]
[vars]
TEXT = "hi"
NUMBER = 5
NESTED = {a = [1, 2.5, true]}
[[d1_databases]]
binding = "DB"
database_name = "quotes"
database_id = "d-1"
[[r2_buckets]]
binding = "BUCKET"
bucket_name = "bucket"
[[durable_objects.bindings]]
name = "LISTS"
class_name = "List"
[[workflows]]
binding = "FLOW"
name = "flow"
class_name = "Flow"
[[queues.producers]]
binding = "Q"
queue = "my-queue"
delivery_delay = 60
[[queues.consumers]]
queue = "my-queue"
[[services]]
binding = "OTHER"
service = "other"
[ai]
binding = "AI"
[assets]
directory = "./public"
binding = "ASSETS"
run_worker_first = ["/api/*"]
[triggers]
crons = ["*/1 * * * *"]
[dev]
port = 9000
[observability]
enabled = true
[env.staging]
kv_namespaces = [{binding = "KV", id = "s"}]
vars = {TEXT = "staging"}
[env.named]
name = "other-name"
compatibility_date = "2026-05-01"
)";

TEST_CASE("everything is read, with its place") {
  const Config config = parse(kFull);
  CHECK(config.warnings.empty());
  CHECK(config.name == "app");
  CHECK(config.directory == "/project");
  CHECK(config.main.value == "/project/src/entry.py");
  CHECK(config.main.at.to_string() == "/project/wrangler.toml:3:8");
  CHECK(config.compatibility_date.value == "2026-04-01");
  CHECK(config.compatibility_flags.value == std::vector<std::string>{"python_workers"});
  CHECK(config.python_modules_exclude == std::vector<std::string>{"**/*.pyc"});
  CHECK(config.environments == std::vector<std::string>{"staging", "named"});
  CHECK(config.crons == std::vector<std::string>{"*/1 * * * *"});
  CHECK(config.dev_port == 9000);
  CHECK(config.queue_consumers.at(0)["queue"] == "my-queue");

  REQUIRE(config.variables.size() == 3);
  CHECK(config.variables[0].binding.name == "TEXT");
  CHECK(config.variables[0].binding.type == "plain_text");
  CHECK(config.variables[1].binding.type == "json");
  CHECK(config.variables[1].binding.properties["json"] == 5);
  CHECK(config.variables[2].binding.properties["json"]["a"][1] == 2.5);
}

TEST_CASE("bindings are those of the upload, and of a local run") {
  const Config config = parse(kFull);
  const ConfiguredBinding& kv = binding(config, "KV");
  CHECK(kv.binding.type == "kv_namespace");
  CHECK(kv.binding.properties == nlohmann::json{{"namespace_id", "<YOUR_ID>"}});
  CHECK(kv.local == nlohmann::json{{"namespace_id", "p"}});
  CHECK(kv.at.line == 6);
  // Without an id: nothing to upload, its own name in a local run.
  CHECK(binding(config, "KV2").binding.properties == nlohmann::json::object());
  CHECK(binding(config, "KV2").local["namespace_id"] == "KV2");

  CHECK(binding(config, "DB").binding.type == "d1");
  CHECK(binding(config, "DB").local["id"] == "d-1");
  CHECK(binding(config, "DB").settings["database_name"] == "quotes");
  CHECK(binding(config, "BUCKET").local["bucket_name"] == "bucket");
  CHECK(binding(config, "LISTS").binding.type == "durable_object_namespace");
  CHECK(binding(config, "LISTS").local["class_name"] == "List");
  CHECK(binding(config, "FLOW").local ==
        nlohmann::json{{"workflow_name", "flow"}, {"class_name", "Flow"}});
  CHECK(binding(config, "Q").local["queue_name"] == "my-queue");
  CHECK(binding(config, "Q").local["delivery_delay"] == 60);
  CHECK(binding(config, "Q").binding.properties["delivery_delay"] == 60);
  CHECK(binding(config, "OTHER").local["service"] == "other");
  CHECK(binding(config, "AI").binding.type == "ai");
  CHECK(binding(config, "ASSETS").binding.type == "assets");
  CHECK(config.assets->directory == "/project/public");
  CHECK(config.assets->settings["run_worker_first"][0] == "/api/*");
}

TEST_CASE("JSONC says the same as TOML") {
  const Config config = parse(R"({
    // a comment
    "$schema": "node_modules/wrangler/config-schema.json",
    "name": "app", "main": "src/entry.py",
    "kv_namespaces": [{"binding": "KV", "id": "1",},],
  })",
                              "", "wrangler.jsonc");
  CHECK(config.warnings.empty());
  CHECK(binding(config, "KV").at.to_string() == "/project/wrangler.jsonc:5:23");
}

TEST_CASE("an environment inherits what it may, and is warned of the rest") {
  const Config config = parse(kFull, "staging");
  CHECK(config.name == "app-staging");
  CHECK(config.main.value == "/project/src/entry.py");
  CHECK(binding(config, "KV").binding.properties["namespace_id"] == "s");
  CHECK(config.bindings.size() == 2);  // assets are inherited
  CHECK(config.variables.size() == 1);
  REQUIRE(config.warnings.size() == 1);
  const std::string& text = config.warnings[0];
  CHECK(contains(text, "Processing wrangler.toml configuration:"));
  CHECK(contains(text, "- \"env.staging\" environment configuration\n"));
  CHECK(contains(text, "  - \"queues\" exists at the top level, but not on \"env.staging\"."));
  CHECK(contains(text,
                 "The following vars exist at the top level, but not on \"env.staging.vars\"."));
  CHECK(contains(text, "- \"NUMBER\""));
  CHECK_FALSE(contains(text, "- \"TEXT\""));

  const Config named = parse(kFull, "named");
  CHECK(named.name == "other-name");
  CHECK(named.compatibility_date.value == "2026-05-01");
  CHECK(named.bindings.size() == 1);
}

TEST_CASE("an unknown environment names those that exist") {
  const std::string text = failure(kFull, "stagin");
  CHECK(contains(text, "No environment found in configuration with name \"stagin\"."));
  CHECK(contains(text, "The available configured environment names are: [\"staging\",\"named\"]"));
  CHECK(contains(text, "Did you mean \"staging\"?"));
  CHECK(contains(warning("name = \"a\"", "staging"), "No environment found"));
}

TEST_CASE("unknown keys are warned of, with the key that was meant") {
  const std::string text = warning(
      "name = \"a\"\ncompatability_flags = []\nfoo = 1\n"
      "kv_namespaces = [{binding = \"A\", idd = \"x\"}]\n[triggers]\ncron = []\n");
  CHECK(contains(text,
                 "- Unexpected fields found in top-level field: \"compatability_flags\" "
                 "(wrangler.toml:2:1)\n  Did you mean \"compatibility_flags\"?\n"
                 "  2 │ compatability_flags = []\n    ╵ ^\n"));
  CHECK(
      contains(text, "Unexpected fields found in top-level field: \"foo\" (wrangler.toml:3:1)\n"));
  CHECK(contains(text, "Unexpected fields found in kv_namespaces[0] field: \"idd\""));
  CHECK(contains(text, "Unexpected fields found in triggers field: \"cron\""));
  CHECK(contains(text, "Did you mean \"crons\"?"));
}

TEST_CASE("everything that is wrong is said at once, in wrangler's words") {
  const std::string text = failure(R"(
name = "Bad Name_"
main = 5
compatibility_date = 2026-01-01
compatibility_flags = "python_workers"
kv_namespaces = [{id = "x"}, 7]
r2_buckets = {}
[vars]
DAY = 2026-01-01
[[durable_objects.bindings]]
name = "A"
[[d1_databases]]
binding = "DB"
database_id = 5
)");
  CHECK(contains(text, "Processing wrangler.toml configuration:\n\n- "));
  CHECK(contains(text,
                 "Expected \"name\" to be of type string, alphanumeric and lowercase with dashes "
                 "only but got \"Bad Name_\". (wrangler.toml:2:8)\n  For example: "
                 "\"bad-name_\""));
  CHECK(contains(text,
                 "Expected \"main\" to be of type string but got 5. "
                 "(wrangler.toml:3:8)"));
  CHECK(contains(text,
                 "Expected \"compatibility_date\" to be of type string but got "
                 "\"2026-01-01\". (wrangler.toml:4:22)\n  Put it in quotes"));
  CHECK(contains(text,
                 "Expected \"compatibility_flags\" to be of type string array but got "
                 "\"python_workers\"."));
  CHECK(contains(text,
                 "\"kv_namespaces[0]\" bindings should have a string \"binding\" field but "
                 "got {\"id\":\"x\"}."));
  CHECK(contains(text, "\"kv_namespaces[1]\" should be an object but got 7."));
  CHECK(contains(text, "The field \"r2_buckets\" should be an array but got {}."));
  CHECK(contains(text, "The variable \"DAY\" is a TOML date"));
  CHECK(contains(text, "\"durable_objects.bindings[0]\": {\"name\":\"A\"}"));
  CHECK(contains(text, "- binding should have a string \"class_name\" field."));
  CHECK(contains(text,
                 "\"d1_databases[0]\" bindings should, optionally, have a string "
                 "\"database_id\" field but got"));
}

TEST_CASE("dates that are none, or have a long dash, are refused") {
  for (const char* date : {"2026-13-01", "2026-02-30", "2026-1-1", "today", ""}) {
    CHECK(contains(failure(std::string("compatibility_date = \"") + date + "\""),
                   "should be a date in YYYY-MM-DD format"));
  }
  CHECK(contains(failure("compatibility_date = \"2026–01–01\""), "long dash"));
}

TEST_CASE("two bindings cannot have one name") {
  const std::string text = failure(
      "kv_namespaces = [{binding = \"A\"}, {binding = \"B\"}, {binding = \"B\"}]\n"
      "[vars]\nA = \"x\"\n");
  CHECK(contains(text, "A assigned to KV Namespace and Environment Variable bindings."));
  CHECK(contains(text, "B assigned to multiple KV Namespace bindings."));
  CHECK(contains(text, "Bindings must have unique names"));
}

TEST_CASE("keys of the top level are of no use in an environment") {
  CHECK(contains(warning("[env.a]\nsend_metrics = true\n", "a"),
                 "\"send_metrics\" belongs at the top level"));
  // Only the chosen environment is checked.
  CHECK(failure("[env.a]\nname = 5\n").empty());
  CHECK(contains(failure("[env.a]\nname = 5\n", "a"), "env.a"));
  CHECK(contains(failure("[env]\na = 5\n", "a"), "\"env.a\" should be an object but got 5."));
}

TEST_CASE("the file is found upwards, json before jsonc before toml") {
  test::TemporaryFolder folder;
  const fs::path deep = folder.path() / "a/b";
  fs::create_directories(deep);
  CHECK(find_config_file(deep).empty());
  folder.write("a/wrangler.toml", "name = \"toml\"");
  CHECK(find_config_file(deep) == folder.path() / "a/wrangler.toml");
  folder.write("wrangler.jsonc", "{\"name\": \"jsonc\"}");
  CHECK(find_config_file(deep) == folder.path() / "wrangler.jsonc");
  folder.write("wrangler.json", "{\"name\": \"json\"}");
  CHECK(load_config({deep, "", ""}).name == "json");
  CHECK(load_config({deep, "../wrangler.toml", ""}).name == "toml");
}

TEST_CASE("a missing file says what to do") {
  test::TemporaryFolder folder;
  try {
    load_config({folder.path(), "", ""});
    FAIL("found a configuration");
  } catch (const Error& error) {
    CHECK(contains(error.problem(), "No wrangler config found: there is no wrangler.json"));
    CHECK(contains(error.advice(), "cwrangler init"));
  }
  CHECK_THROWS_WITH_AS(load_config({folder.path(), "nope.toml", ""}),
                       doctest::Contains("\"nope.toml\" was not found"), Error);
}

TEST_CASE("a command line has the last word") {
  test::TemporaryFolder folder;
  folder.write("wrangler.toml",
               "name = \"mine\"\nmain = \"entry.py\"\ncompatibility_date = \"2026-01-01\"\n"
               "route = \"old.example/*\"\n[env.test]\n");
  ConfigRequest request{folder.path(), "", "test"};
  CHECK(load_config(request).name == "mine-test");
  CHECK_FALSE(load_config(request).assets);
  request.overrides.name = "other";
  request.overrides.main = folder.path() / "other.py";
  request.overrides.assets = folder.path() / "public";
  request.overrides.compatibility_flags = {"python_workers"};
  request.overrides.routes = {"new.example/*"};
  const Config config = load_config(request);
  CHECK(config.name == "other");
  CHECK(config.main.value == folder.path() / "other.py");
  CHECK(config.compatibility_date.value == "2026-01-01");
  CHECK(config.compatibility_flags.value == std::vector<std::string>{"python_workers"});
  REQUIRE(config.compatibility_flag_positions.size() == 1);
  CHECK(config.compatibility_flag_positions[0].to_string() == "--compatibility-flags");
  CHECK(config.routes == std::vector<std::string>{"new.example/*"});
  REQUIRE(config.assets);
  CHECK(config.assets->directory == folder.path() / "public");
}

/// Every table of keys names each key once and says what it is for, all the way down.
void check_keys(std::span<const Key> keys) {
  for (const Key& key : keys) {
    CAPTURE(key.name);
    CHECK(find_key(keys, key.name) == &key);
    CHECK_FALSE((key.description.empty() && key.refused.empty()));
    if (key.binding) CHECK(find_key(key.fields, key.binding->name_key) != nullptr);
    check_keys(key.fields);
  }
}

TEST_CASE("the schema is consistent") {
  check_keys(top_level_keys());
}

TEST_CASE("every key that is not in the table is warned of, at every level") {
  for (const Key& key : top_level_keys()) {
    if (key.fields.empty()) continue;
    CAPTURE(key.name);
    const std::string name(key.name);
    const bool is_list = key.type == ValueType::table_list;
    const std::string source = is_list ? name + " = [{zzzz = 1}]\n" : name + " = {zzzz = 1}\n";
    const auto warnings =
        inspect_config("/project/wrangler.toml", source, "").diagnostics.all_warnings();
    REQUIRE(warnings.size() == 1);
    CHECK(contains(warnings[0].message, "Unexpected fields found in " + name));
    CHECK(warnings[0].at.line == 1);
  }
}

TEST_CASE("the schema for editors has every key") {
  const nlohmann::ordered_json schema = config_json_schema();
  for (const Key& key : top_level_keys()) {
    CAPTURE(key.name);
    const std::string name(key.name);
    CHECK(schema["properties"].contains(name) == key.refused.empty());
    CHECK(schema["definitions"]["environment"]["properties"].contains(name) ==
          (key.refused.empty() && key.inheritance != Inheritance::top_level_only));
  }
  const auto& kv = schema["properties"]["kv_namespaces"]["items"];
  CHECK(kv["required"][0] == "binding");
  CHECK(kv["properties"]["id"]["type"] == "string");
}

TEST_CASE("the page of all keys in the documentation is current") {
  CHECK_MESSAGE(read_file(CWRANGLER_SOURCE "/docs/configuration-keys.md") == config_key_reference(),
                "scripts/reference writes it");
}

TEST_CASE("harmed configurations are read or refused, never worse") {
  for (const char* environment : {"", "staging"}) {
    test::for_each_mutation(kFull, [environment](const std::string& mutated) {
      try {
        parse(mutated, environment);
      } catch (const Error& error) {
        CHECK_FALSE(error.problem().empty());
      }
    });
  }
}

}  // namespace
}  // namespace cwrangler::cli
