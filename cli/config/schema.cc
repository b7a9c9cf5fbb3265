#include "cli/config/schema.h"

#include <array>

#include "cli/config/binding_schema.h"
#include "cli/config/deployment_schema.h"

namespace cwrangler::cli {
namespace {

using enum Inheritance;

using namespace binding_schema;
using namespace deployment_schema;

/// A key that nothing here reads: only its type is checked.
constexpr Key other(std::string_view name, Inheritance inheritance, ValueType type,
                    std::string_view description, std::string_view default_value = {}) {
  return {.name = name,
          .type = type,
          .description = description,
          .inheritance = inheritance,
          .default_value = default_value};
}

/// A table whose keys are known, and that nothing here reads.
constexpr Key other_table(std::string_view name, Inheritance inheritance, ValueType type,
                          std::string_view description, std::span<const Key> fields) {
  return {.name = name,
          .type = type,
          .description = description,
          .inheritance = inheritance,
          .fields = fields};
}

constexpr Key binding_list(std::string_view name, std::string_view description,
                           std::span<const Key> fields, const BindingKind& kind) {
  return {.name = name,
          .type = table_list,
          .description = description,
          .inheritance = not_inherited,
          .fields = fields,
          .binding = &kind};
}

/// A resource that a Worker has one of.
constexpr Key single_binding(std::string_view name, std::string_view description,
                             std::span<const Key> fields, const BindingKind& kind) {
  return {.name = name,
          .type = table,
          .description = description,
          .inheritance = not_inherited,
          .fields = fields,
          .binding = &kind};
}

constexpr Key refused(std::string_view name, Inheritance inheritance, std::string_view why) {
  return {.name = name, .inheritance = inheritance, .refused = why};
}

constexpr std::array kRuleFields{
    // Not `values`: collecting the modules names the types that a Worker in Python can have.
    Key{.name = "type",
        .type = string,
        .description = "PythonModule, Text, Data, ESModule, CommonJS or CompiledWasm",
        .required = true},
    Key{.name = "globs", .type = string_list, .description = "The files", .required = true},
    plain("fallthrough", boolean, "Later rules of this type count as well", "false"),
};

constexpr std::array kPythonModulesFields{
    plain("exclude", string_list, "Globs of vendored files that are left out", "[\"**/*.pyc\"]"),
};

constexpr std::array kTriggersFields{
    plain("crons", string_list, "When scheduled() runs: cron expressions, in UTC"),
    plain("events", any, "Events of Cloudflare that queues are subscribed to"),
};

constexpr std::array kLimitsFields{
    number_in("cpu_ms", "How long one call into the Worker may compute, in milliseconds",
              {1, 300000}),
    plain("subrequests", number, "How many requests one call may make"),
};

constexpr std::array<std::string_view, 2> kProtocols{"http", "https"};

constexpr std::array kDevFields{
    plain("ip", string, "The address that dev listens on", "localhost"),
    number_in("port", "The port that dev listens on", {0, 65535}, "8787, or the next free one"),
    number_in("inspector_port", "Not used by cwrangler", {0, 65535}),
    plain("inspector_ip", string, "Not used by cwrangler"),
    Key{.name = "local_protocol",
        .type = string,
        .description = "What dev speaks",
        .values = kProtocols,
        .default_value = "http"},
    Key{.name = "upstream_protocol",
        .type = string,
        .description = "What the URLs begin with that the Worker sees in local runs",
        .values = kProtocols,
        .default_value = "local_protocol"},
    plain("host", string, "The host name that the Worker sees in local runs",
          "that of the first route"),
    plain("enable_containers", boolean, "Not used by cwrangler"),
    plain("container_engine", any, "Not used by cwrangler"),
    plain("generate_types", boolean, "Not used by cwrangler; see `cwrangler types`"),
};

constexpr std::array kTopLevel{
    Key{.name = "name",
        .type = string,
        .description = "The Worker's name: lowercase letters, digits, - and _; no - first",
        .format = TextFormat::worker_name},
    Key{.name = "main", .type = string, .description = "The entry point, a .py file"},
    Key{.name = "base_dir",
        .type = string,
        .description = "The module root",
        .default_value = "the folder of main"},
    Key{.name = "compatibility_date",
        .type = string,
        .description = "The day (YYYY-MM-DD) whose runtime behaviour is wanted",
        .format = TextFormat::date,
        .default_value = "today, with a warning"},
    Key{.name = "compatibility_flags",
        .type = string_list,
        .description = "Behaviours switched on or off by name; python_workers is required"},
    other_table("rules", inherited, table_list, "Which files are modules of which type",
                kRuleFields),
    other_table("python_modules", inherited, table, "Vendored packages", kPythonModulesFields),
    other_table("triggers", inherited, table, "Schedules", kTriggersFields),
    Key{.name = "assets",
        .type = table,
        .description = "Static files",
        .inheritance = inherited,
        .fields = kAssetsFields,
        .binding = &kAssets},

    other("vars", not_inherited, table,
          "Values in env: strings as they are, everything else as JSON"),
    other_table("secrets", not_inherited, table, "Secrets that the Worker needs", kSecretsFields),
    other("define", not_inherited, table, "For JavaScript only"),
    binding_list("kv_namespaces", "KV namespaces", kKvFields, kKvNamespace),
    binding_list("send_email", "Sending e-mail", kSendEmailFields, kSendEmail),
    other_table("durable_objects", not_inherited, table, "Durable Objects", kDurableObjects),
    binding_list("workflows", "Workflows", kWorkflowFields, kWorkflow),
    other_table("queues", not_inherited, table, "Queues", kQueues),
    binding_list("r2_buckets", "R2 buckets", kR2Fields, kR2Bucket),
    binding_list("d1_databases", "D1 databases", kD1Fields, kD1Database),
    binding_list("vectorize", "Vectorize indexes", kVectorizeFields, kVectorize),
    binding_list("hyperdrive", "Databases through Hyperdrive", kHyperdriveFields, kHyperdrive),
    binding_list("services", "Other Workers", kServiceFields, kService),
    binding_list("analytics_engine_datasets", "Analytics Engine datasets", kAnalyticsFields,
                 kAnalyticsEngine),
    binding_list("ratelimits", "Rate limits", kRateLimitFields, kRateLimit),
    binding_list("secrets_store_secrets", "Secrets of the account's store", kSecretsStoreFields,
                 kSecretsStore),
    binding_list("worker_loaders", "Workers that the Worker makes itself", kBindingOnly,
                 kWorkerLoader),
    single_binding("ai", "Workers AI", kAiFields, kAi),
    single_binding("browser", "A browser to drive", kBindingOnly, kBrowser),
    single_binding("images", "Transforming images", kBindingOnly, kImages),
    single_binding("stream", "Stream", kBindingOnly, kStream),
    single_binding("media", "Transforming videos", kBindingOnly, kMedia),
    single_binding("version_metadata", "Which version of the Worker runs", kBindingOnly,
                   kVersionMetadata),
    other_table("limits", inherited, table, "What one call into the Worker may use", kLimitsFields),

    // Known, and left to the deployment.
    other("dispatch_namespaces", not_inherited, table_list, "Workers for Platforms"),
    other("mtls_certificates", not_inherited, table_list, "Certificates that requests show"),
    other("pipelines", not_inherited, table_list, "Pipelines"),
    other("vpc_services", not_inherited, table_list, "Services of private networks"),
    other("vpc_networks", not_inherited, table_list, "Private networks"),
    other("ai_search", not_inherited, any, "AI Search"),
    other("ai_search_namespaces", not_inherited, any, "Namespaces of AI Search"),
    other("agent_memory", not_inherited, any, "Agent memory"),
    other("flagship", not_inherited, any, "Flagship"),
    other("websearch", not_inherited, any, "Searching the web"),
    other("artifacts", not_inherited, any, "Artifacts"),
    other_table("tail_consumers", not_inherited, table_list, "Workers that get this one's logs",
                kTailConsumerFields),
    other("streaming_tail_consumers", not_inherited, table_list, "The same, as they come"),
    other("containers", not_inherited, any, "Containers"),
    other("connect", not_inherited, any, "Connections"),
    other("unsafe", not_inherited, table, "Passed on to the API as it is"),
    other("account_id", inherited, string, "The account, unless CLOUDFLARE_ACCOUNT_ID says"),
    other("find_additional_modules", inherited, boolean, "Always so for Python", "true"),
    other("preserve_file_names", inherited, boolean, "Always so for Python", "true"),
    other("no_bundle", inherited, boolean, "Always so for Python", "true"),
    other_table("build", inherited, table, "A command that makes the sources", kBuildFields),
    other("workers_dev", inherited, boolean, "Whether it has an address under workers.dev",
          "true without routes"),
    other("preview_urls", inherited, boolean, "Whether versions have addresses of their own"),
    other("route", inherited, string_or_table, "The address that the Worker answers for"),
    other("routes", inherited, string_or_table_list, "The addresses that it answers for"),
    other_table("migrations", inherited, table_list, "The history of Durable Object classes",
                kMigrationFields),
    other("exports", inherited, any, "What the Worker's classes are for"),
    other_table("placement", inherited, table, "Where the Worker runs", kPlacementFields),
    other_table("observability", inherited, table, "Logs of the deployed Worker",
                kObservabilityFields),
    other("logpush", inherited, boolean, "Whether logs are pushed to a destination", "false"),
    other("logfwdr", inherited, table, "For Cloudflare's own use"),
    other("upload_source_maps", inherited, boolean, "For JavaScript only"),
    other("access", inherited, any, "Cloudflare Access"),
    other_table("cache", inherited, table, "Caching in front of the Worker", kCacheFields),
    other("compliance_region", inherited, string, "The region of the account"),
    other("previews", inherited, any, "Settings of previews"),
    other("tsconfig", inherited, string, "For JavaScript only"),
    other("jsx_factory", inherited, string, "For JavaScript only"),
    other("jsx_fragment", inherited, string, "For JavaScript only"),
    other("minify", inherited, boolean, "For JavaScript only"),
    other("keep_names", inherited, boolean, "For JavaScript only"),
    other("first_party_worker", inherited, boolean, "For Cloudflare's own use"),

    other("$schema", top_level_only, string, "Where editors find the schema of this file"),
    other("env", top_level_only, table, "Environments by name"),
    other_table("dev", top_level_only, table, "Settings of the dev command", kDevFields),
    other("send_metrics", top_level_only, boolean, "Nothing is sent, ever"),
    other("keep_vars", top_level_only, boolean, "Whether a deployment leaves variables as they are",
          "false"),
    other_table("dependencies_instrumentation", top_level_only, table,
                "What an upload says of packages", kInstrumentationFields),
    other("addresses", top_level_only, any, "E-mail addresses"),
    other("alias", top_level_only, table, "For JavaScript only"),
    other("site", top_level_only, table, "Older form of assets"),
    other("pages_build_output_dir", top_level_only, string, "For Pages only"),

    refused("wasm_modules", top_level_only,
            "A Worker in Python imports its modules: let a rule of type CompiledWasm find the "
            "file."),
    refused("text_blobs", top_level_only,
            "A Worker in Python reads its files: let a rule of type Text find the file."),
    refused("data_blobs", top_level_only,
            "A Worker in Python reads its files: let a rule of type Data find the file."),
    refused("legacy_env", top_level_only,
            "The \"legacy_env\" field is no longer supported: every environment is a Worker of "
            "its own, called NAME-ENVIRONMENT. Delete it."),
};

}  // namespace

std::span<const Key> top_level_keys() {
  return kTopLevel;
}

const Key* find_key(std::span<const Key> keys, std::string_view name) {
  for (const Key& key : keys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

std::string_view name_of(ValueType type) {
  switch (type) {
    case any:
      return "any";
    case ValueType::string:
      return "string";
    case boolean:
      return "boolean";
    case number:
      return "number";
    case string_list:
      return "string array";
    case table:
      return "object";
    case table_list:
      return "object array";
    case boolean_or_list:
      return "boolean or string array";
    case number_or_null:
      return "number or null";
    case string_or_table:
      return "string or object";
    case string_or_table_list:
      return "array of strings or objects";
  }
  return "any";
}

}  // namespace cwrangler::cli
