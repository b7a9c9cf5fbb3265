#include "cli/config/schema.h"

#include <array>

#include "cli/config/binding_schema.h"

namespace cwrangler::cli {
namespace {

using enum Inheritance;

using namespace binding_schema;

/// A key that nothing here reads: only its type is checked.
constexpr Key other(std::string_view name, Inheritance inheritance, ValueType type = any) {
  return {.name = name, .type = type, .inheritance = inheritance};
}

constexpr std::array kRuleFields{
    Key{.name = "type", .type = string, .description = "The module type", .required = true},
    Key{.name = "globs", .type = string_list, .description = "The files", .required = true},
    Key{.name = "fallthrough",
        .type = boolean,
        .description = "Later rules of this type count as well"},
};

constexpr std::array kPythonModulesFields{
    Key{.name = "exclude",
        .type = string_list,
        .description = "Files of python_modules that are left out; replaces **/*.pyc"},
};

constexpr std::array kTriggersFields{
    Key{.name = "crons", .type = string_list, .description = "When scheduled() runs"},
    Key{.name = "events"},
};

constexpr std::array kLimitsFields{
    Key{.name = "cpu_ms",
        .type = number,
        .description = "How long one call into the Worker may compute, in milliseconds"},
    Key{.name = "subrequests", .type = number},
};

constexpr std::array kDevFields{
    Key{.name = "ip", .type = string, .description = "The address that dev listens on"},
    Key{.name = "port", .type = number, .description = "The port that dev listens on"},
    Key{.name = "inspector_port", .type = number},
    Key{.name = "inspector_ip", .type = string},
    Key{.name = "local_protocol", .type = string},
    Key{.name = "upstream_protocol", .type = string},
    Key{.name = "host", .type = string},
    Key{.name = "enable_containers", .type = boolean},
    Key{.name = "container_engine"},
    Key{.name = "generate_types", .type = boolean},
};

constexpr std::array kTopLevel{
    Key{.name = "name", .type = string, .description = "The Worker's name"},
    Key{.name = "main", .type = string, .description = "The entry point, a .py file"},
    Key{.name = "base_dir",
        .type = string,
        .description = "The module root, when it is not the entry point's folder"},
    Key{.name = "compatibility_date",
        .type = string,
        .description = "The day (YYYY-MM-DD) whose runtime behaviour is wanted"},
    Key{.name = "compatibility_flags",
        .type = string_list,
        .description = "Behaviours switched on or off by name; python_workers is required"},
    Key{.name = "rules",
        .type = table_list,
        .description = "Which files are modules of which type",
        .fields = kRuleFields},
    Key{.name = "python_modules",
        .type = table,
        .description = "Vendored packages",
        .fields = kPythonModulesFields},
    Key{.name = "triggers", .type = table, .description = "Schedules", .fields = kTriggersFields},
    Key{.name = "assets",
        .type = table,
        .description = "Static files",
        .fields = kAssetsFields,
        .binding = &kAssets},

    Key{.name = "vars",
        .type = table,
        .description = "Plain values in env",
        .inheritance = not_inherited},
    Key{.name = "secrets", .type = table, .inheritance = not_inherited},
    Key{.name = "define", .type = table, .inheritance = not_inherited},
    Key{.name = "kv_namespaces",
        .type = table_list,
        .description = "KV namespaces",
        .inheritance = not_inherited,
        .fields = kKvFields,
        .binding = &kKvNamespace},
    Key{.name = "send_email",
        .type = table_list,
        .inheritance = not_inherited,
        .fields = kSendEmailFields,
        .binding = &kSendEmail},
    Key{.name = "durable_objects",
        .type = table,
        .description = "Durable Objects",
        .inheritance = not_inherited,
        .fields = kDurableObjects},
    Key{.name = "workflows",
        .type = table_list,
        .description = "Workflows",
        .inheritance = not_inherited,
        .fields = kWorkflowFields,
        .binding = &kWorkflow},
    Key{.name = "queues",
        .type = table,
        .description = "Queues",
        .inheritance = not_inherited,
        .fields = kQueues},
    Key{.name = "r2_buckets",
        .type = table_list,
        .description = "R2 buckets",
        .inheritance = not_inherited,
        .fields = kR2Fields,
        .binding = &kR2Bucket},
    Key{.name = "d1_databases",
        .type = table_list,
        .description = "D1 databases",
        .inheritance = not_inherited,
        .fields = kD1Fields,
        .binding = &kD1Database},
    Key{.name = "vectorize",
        .type = table_list,
        .inheritance = not_inherited,
        .fields = kVectorizeFields,
        .binding = &kVectorize},
    Key{.name = "hyperdrive",
        .type = table_list,
        .inheritance = not_inherited,
        .fields = kHyperdriveFields,
        .binding = &kHyperdrive},
    Key{.name = "services",
        .type = table_list,
        .description = "Other Workers",
        .inheritance = not_inherited,
        .fields = kServiceFields,
        .binding = &kService},
    Key{.name = "analytics_engine_datasets",
        .type = table_list,
        .inheritance = not_inherited,
        .fields = kAnalyticsFields,
        .binding = &kAnalyticsEngine},
    Key{.name = "ratelimits",
        .type = table_list,
        .inheritance = not_inherited,
        .fields = kRateLimitFields,
        .binding = &kRateLimit},
    Key{.name = "secrets_store_secrets",
        .type = table_list,
        .inheritance = not_inherited,
        .fields = kSecretsStoreFields,
        .binding = &kSecretsStore},
    Key{.name = "worker_loaders",
        .type = table_list,
        .inheritance = not_inherited,
        .fields = kBindingOnly,
        .binding = &kWorkerLoader},
    Key{.name = "ai",
        .type = table,
        .description = "Workers AI",
        .inheritance = not_inherited,
        .fields = kAiFields,
        .binding = &kAi},
    Key{.name = "browser",
        .type = table,
        .inheritance = not_inherited,
        .fields = kBindingOnly,
        .binding = &kBrowser},
    Key{.name = "images",
        .type = table,
        .inheritance = not_inherited,
        .fields = kBindingOnly,
        .binding = &kImages},
    Key{.name = "stream",
        .type = table,
        .inheritance = not_inherited,
        .fields = kBindingOnly,
        .binding = &kStream},
    Key{.name = "media",
        .type = table,
        .inheritance = not_inherited,
        .fields = kBindingOnly,
        .binding = &kMedia},
    Key{.name = "version_metadata",
        .type = table,
        .inheritance = not_inherited,
        .fields = kBindingOnly,
        .binding = &kVersionMetadata},
    Key{.name = "limits",
        .type = table,
        .description = "What one call into the Worker may use",
        .inheritance = inherited,
        .fields = kLimitsFields},

    // Known, and left to the deployment: accepted as they are.
    other("dispatch_namespaces", not_inherited, table_list),
    other("mtls_certificates", not_inherited, table_list),
    other("pipelines", not_inherited, table_list),
    other("vpc_services", not_inherited, table_list),
    other("vpc_networks", not_inherited, table_list),
    other("ai_search", not_inherited),
    other("ai_search_namespaces", not_inherited),
    other("agent_memory", not_inherited),
    other("flagship", not_inherited),
    other("websearch", not_inherited),
    other("artifacts", not_inherited),
    other("tail_consumers", not_inherited, table_list),
    other("streaming_tail_consumers", not_inherited, table_list),
    other("containers", not_inherited),
    other("connect", not_inherited),
    other("unsafe", not_inherited, table),
    other("account_id", inherited, string),
    other("find_additional_modules", inherited, boolean),
    other("preserve_file_names", inherited, boolean),
    other("no_bundle", inherited, boolean),
    other("build", inherited, table),
    other("workers_dev", inherited, boolean),
    other("preview_urls", inherited, boolean),
    other("route", inherited),
    other("routes", inherited),
    other("migrations", inherited, table_list),
    other("exports", inherited),
    other("placement", inherited, table),
    other("observability", inherited, table),
    other("logpush", inherited, boolean),
    other("logfwdr", inherited, table),
    other("upload_source_maps", inherited, boolean),
    other("access", inherited),
    other("cache", inherited, table),
    other("compliance_region", inherited, string),
    other("previews", inherited),
    other("tsconfig", inherited, string),
    other("jsx_factory", inherited, string),
    other("jsx_fragment", inherited, string),
    other("minify", inherited, boolean),
    other("keep_names", inherited, boolean),
    other("first_party_worker", inherited, boolean),

    other("$schema", top_level_only, string),
    Key{.name = "env",
        .type = table,
        .description = "Environments by name",
        .inheritance = top_level_only},
    Key{.name = "dev",
        .type = table,
        .description = "Settings of the dev command",
        .inheritance = top_level_only,
        .fields = kDevFields},
    other("send_metrics", top_level_only, boolean),
    other("keep_vars", top_level_only, boolean),
    other("dependencies_instrumentation", top_level_only, table),
    other("addresses", top_level_only),
    other("alias", top_level_only, table),
    other("site", top_level_only, table),
    other("wasm_modules", top_level_only, table),
    other("text_blobs", top_level_only, table),
    other("data_blobs", top_level_only, table),
    other("pages_build_output_dir", top_level_only, string),
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
  }
  return "any";
}

}  // namespace cwrangler::cli
