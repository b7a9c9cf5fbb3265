// The keys of each kind of binding, for the table in schema.cc.

#pragma once

#include <array>

#include "cli/config/schema.h"

namespace cwrangler::cli::binding_schema {

using enum ValueType;

inline constexpr BindingKind kKvNamespace{"kv_namespace", "KV Namespace", "binding"};
inline constexpr BindingKind kD1Database{"d1", "D1 Database", "binding"};
inline constexpr BindingKind kR2Bucket{"r2_bucket", "R2 Bucket", "binding"};
inline constexpr BindingKind kDurableObject{"durable_object_namespace", "Durable Object", "name"};
inline constexpr BindingKind kWorkflow{"workflow", "Workflow", "binding"};
inline constexpr BindingKind kQueue{"queue", "Queue", "binding"};
inline constexpr BindingKind kService{"service", "Worker", "binding"};
inline constexpr BindingKind kAssets{"assets", "Assets", "binding"};
inline constexpr BindingKind kAi{"ai", "AI", "binding"};
inline constexpr BindingKind kBrowser{"browser", "Browser", "binding"};
inline constexpr BindingKind kImages{"images", "Images", "binding"};
inline constexpr BindingKind kStream{"stream", "Stream", "binding"};
inline constexpr BindingKind kMedia{"media", "Media", "binding"};
inline constexpr BindingKind kVersionMetadata{"version_metadata", "Worker Version Metadata",
                                              "binding"};
inline constexpr BindingKind kVectorize{"vectorize", "Vectorize Index", "binding"};
inline constexpr BindingKind kHyperdrive{"hyperdrive", "Hyperdrive Config", "binding"};
inline constexpr BindingKind kAnalyticsEngine{"analytics_engine", "Analytics Engine Dataset",
                                              "binding"};
inline constexpr BindingKind kRateLimit{"ratelimit", "Rate Limit", "name"};
inline constexpr BindingKind kSendEmail{"send_email", "Send Email", "name"};
inline constexpr BindingKind kSecretsStore{"secrets_store_secret", "Secrets Store Secret",
                                           "binding"};
inline constexpr BindingKind kWorkerLoader{"worker_loader", "Worker Loader", "binding"};

/// A key that nothing here reads: the deployment takes it as it is.
constexpr Key plain(std::string_view name, ValueType type, std::string_view description,
                    std::string_view default_value = {}) {
  return {.name = name, .type = type, .description = description, .default_value = default_value};
}

constexpr Key number_in(std::string_view name, std::string_view description, Range range,
                        std::string_view default_value = {}) {
  return {.name = name,
          .type = number,
          .description = description,
          .range = range,
          .default_value = default_value};
}

inline constexpr Key kBindingName{
    .name = "binding", .type = string, .description = "Its name in env", .required = true};
inline constexpr Key kRemote{
    .name = "remote", .type = boolean, .description = "Use the deployed resource in local runs"};

inline constexpr std::array kBindingOnly{kBindingName, kRemote};

inline constexpr std::array kAiFields{
    kBindingName,
    // Ours: models for local runs without the account.
    Key{.name = "openai_url",
        .type = string,
        .description = "Server of OpenAI's API whose models local runs use",
        .property = "openai_url",
        .local_only = true},
    Key{.name = "openai_model",
        .type = string,
        .description = "Its model, in place of those the Worker names",
        .property = "openai_model",
        .local_only = true},
    kRemote,
};

inline constexpr std::array kKvFields{
    kBindingName,
    Key{.name = "id",
        .type = string,
        .description = "The namespace's id",
        .property = "namespace_id",
        .names_resource = true},
    Key{.name = "preview_id",
        .type = string,
        .description = "The namespace for local runs",
        .property = "namespace_id",
        .local_only = true},
    kRemote,
};

inline constexpr std::array kD1Fields{
    kBindingName,
    plain("database_name", string, "The database's name"),
    Key{.name = "database_id",
        .type = string,
        .description = "The database's id",
        .property = "id",
        .names_resource = true},
    Key{.name = "preview_database_id",
        .type = string,
        .description = "The database for local runs",
        .property = "id",
        .local_only = true},
    plain("migrations_table", string, "Where the names of applied migrations are kept",
          "d1_migrations"),
    plain("migrations_dir", string, "The folder of migrations", "./migrations"),
    plain("migrations_pattern", string, "Which files of it are migrations, as a glob"),
    plain("database_internal_env", string, "For Cloudflare's own use"),
    kRemote,
};

inline constexpr std::array kR2Fields{
    kBindingName,
    Key{.name = "bucket_name",
        .type = string,
        .description = "The bucket's name",
        .format = TextFormat::bucket_name,
        .property = "bucket_name",
        .names_resource = true},
    Key{.name = "preview_bucket_name",
        .type = string,
        .description = "The bucket for local runs",
        .format = TextFormat::bucket_name,
        .property = "bucket_name",
        .local_only = true},
    Key{.name = "jurisdiction",
        .type = string,
        .description = "Where the data must stay",
        .property = "jurisdiction"},
    plain("local_dev", table, "Settings of the bucket in wrangler's local runs"),
    kRemote,
};

inline constexpr std::array kDurableObjectFields{
    Key{.name = "name", .type = string, .description = "Its name in env", .required = true},
    Key{.name = "class_name",
        .type = string,
        .description = "The class that it runs",
        .required = true,
        .property = "class_name"},
    Key{.name = "script_name",
        .type = string,
        .description = "The Worker that has the class",
        .property = "script_name"},
    Key{.name = "environment",
        .type = string,
        .description = "Its environment",
        .property = "environment"},
    kRemote,
};

inline constexpr std::array kDurableObjects{
    Key{.name = "bindings",
        .type = table_list,
        .description = "The classes that the Worker reaches",
        .fields = kDurableObjectFields,
        .binding = &kDurableObject},
};

inline constexpr std::array kWorkflowFields{
    kBindingName,
    Key{.name = "name",
        .type = string,
        .description = "The workflow's name",
        .required = true,
        .format = TextFormat::workflow_name,
        .property = "workflow_name"},
    Key{.name = "class_name",
        .type = string,
        .description = "The class that it runs",
        .required = true,
        .property = "class_name"},
    Key{.name = "script_name",
        .type = string,
        .description = "The Worker that has the class",
        .property = "script_name"},
    plain("limits", table, "steps: how many a run may take"),
    plain("schedules", any, "Cron expressions that start it"),
    kRemote,
};

inline constexpr std::array kQueueProducerFields{
    kBindingName,
    Key{.name = "queue",
        .type = string,
        .description = "The queue's name",
        .property = "queue_name",
        .names_resource = true},
    Key{.name = "delivery_delay",
        .type = number,
        .description = "Seconds before a message is delivered",
        .range = Range{0, 43200},
        .default_value = "0",
        .property = "delivery_delay"},
    kRemote,
};

inline constexpr std::array<std::string_view, 1> kConsumerTypes{"worker"};

inline constexpr std::array kQueueConsumerFields{
    Key{.name = "queue", .type = string, .description = "The queue's name", .required = true},
    Key{.name = "type",
        .type = string,
        .description = "Who consumes",
        .values = kConsumerTypes,
        .default_value = "worker"},
    number_in("max_batch_size", "The most messages handed over at once", {1, 100}, "10"),
    number_in("max_batch_timeout", "Seconds that a batch is waited for", {0, 60}, "5"),
    number_in("max_retries", "How often a message is tried again", {0, 100}, "3"),
    plain("dead_letter_queue", string, "The queue of messages that were tried too often"),
    Key{.name = "max_concurrency",
        .type = number_or_null,
        .description = "The most batches handled at once; null: no limit",
        .range = Range{1, 250}},
    number_in("visibility_timeout_ms", "Milliseconds before an unanswered message comes again",
              {0, 43200000}),
    number_in("retry_delay", "Seconds before a message is tried again", {0, 43200}, "0"),
};

inline constexpr std::array kQueues{
    Key{.name = "producers",
        .type = table_list,
        .description = "Queues that the Worker sends to",
        .fields = kQueueProducerFields,
        .binding = &kQueue},
    Key{.name = "consumers",
        .type = table_list,
        .description = "Queues whose messages queue() gets",
        .fields = kQueueConsumerFields},
};

inline constexpr std::array kServiceFields{
    kBindingName,
    Key{.name = "service",
        .type = string,
        .description = "The other Worker's name",
        .required = true,
        .property = "service"},
    Key{.name = "environment",
        .type = string,
        .description = "Its environment",
        .property = "environment"},
    Key{.name = "entrypoint",
        .type = string,
        .description = "The class of the other Worker",
        .property = "entrypoint"},
    Key{.name = "props",
        .type = table,
        .description = "What the other Worker finds in ctx.props",
        .property = "props"},
    kRemote,
};

inline constexpr std::array<std::string_view, 4> kHtmlHandling{
    "auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"};
inline constexpr std::array<std::string_view, 3> kNotFoundHandling{"none", "404-page",
                                                                   "single-page-application"};

inline constexpr std::array kAssetsFields{
    plain("directory", string, "The folder of the files"),
    plain("binding", string, "Its name in env"),
    Key{.name = "html_handling",
        .type = string,
        .description = "How addresses of HTML files end",
        .values = kHtmlHandling,
        .default_value = "auto-trailing-slash"},
    Key{.name = "not_found_handling",
        .type = string,
        .description = "What answers when there is no file",
        .values = kNotFoundHandling,
        .default_value = "none"},
    plain("run_worker_first", boolean_or_list,
          "Whether, or for which paths, the Worker is asked before the files", "false"),
};

inline constexpr std::array<std::string_view, 3> kVectorMetrics{"cosine", "euclidean",
                                                                "dot-product"};

inline constexpr std::array kVectorizeFields{
    kBindingName,
    Key{.name = "index_name",
        .type = string,
        .description = "The index's name",
        .required = true,
        .property = "index_name"},
    // Ours: of an index at the account the account knows it.
    Key{.name = "metric",
        .type = string,
        .description = "How near vectors are to each other, in local runs",
        .values = kVectorMetrics,
        .default_value = "cosine",
        .property = "metric",
        .local_only = true},
    kRemote,
};

inline constexpr std::array kHyperdriveFields{
    kBindingName,
    Key{.name = "id",
        .type = string,
        .description = "The id of the Hyperdrive configuration",
        .required = true,
        .property = "id"},
    Key{.name = "localConnectionString",
        .type = string,
        .description = "The database for local runs",
        .property = "local_connection_string",
        .local_only = true},
};

inline constexpr std::array kAnalyticsFields{
    kBindingName,
    Key{.name = "dataset",
        .type = string,
        .description = "The dataset's name",
        .property = "dataset",
        .names_resource = true},
};

inline constexpr std::array<std::string_view, 2> kRateLimitPeriods{"10", "60"};

inline constexpr std::array kRateLimitSimple{
    Key{.name = "limit",
        .type = number,
        .description = "How many calls a period allows",
        .required = true},
    Key{.name = "period",
        .type = number,
        .description = "Seconds",
        .required = true,
        .values = kRateLimitPeriods},
};

inline constexpr std::array kRateLimitFields{
    Key{.name = "name", .type = string, .description = "Its name in env", .required = true},
    Key{.name = "namespace_id",
        .type = string,
        .description = "Which counters are used: Workers with the same id share them",
        .required = true,
        .property = "namespace_id"},
    Key{.name = "simple",
        .type = table,
        .description = "The limit",
        .required = true,
        .fields = kRateLimitSimple,
        .property = "simple"},
};

inline constexpr std::array kSendEmailFields{
    Key{.name = "name", .type = string, .description = "Its name in env", .required = true},
    Key{.name = "destination_address",
        .type = string,
        .description = "The only address it can send to",
        .property = "destination_address"},
    Key{.name = "allowed_destination_addresses",
        .type = string_list,
        .description = "The addresses it can send to",
        .property = "allowed_destination_addresses"},
    Key{.name = "allowed_sender_addresses",
        .type = string_list,
        .description = "The addresses it can send from",
        .property = "allowed_sender_addresses"},
    kRemote,
};

inline constexpr std::array kSecretsStoreFields{
    kBindingName,
    Key{.name = "store_id",
        .type = string,
        .description = "The store's id",
        .required = true,
        .property = "store_id"},
    Key{.name = "secret_name",
        .type = string,
        .description = "The secret's name in the store",
        .required = true,
        .property = "secret_name"},
};

}  // namespace cwrangler::cli::binding_schema
