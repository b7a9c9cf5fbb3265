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
    Key{.name = "database_name", .type = string, .description = "The database's name"},
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
    Key{.name = "migrations_table", .type = string},
    Key{.name = "migrations_dir", .type = string},
    Key{.name = "migrations_pattern", .type = string},
    Key{.name = "database_internal_env", .type = string},
    kRemote,
};

inline constexpr std::array kR2Fields{
    kBindingName,
    Key{.name = "bucket_name",
        .type = string,
        .description = "The bucket's name",
        .property = "bucket_name",
        .names_resource = true},
    Key{.name = "preview_bucket_name",
        .type = string,
        .description = "The bucket for local runs",
        .property = "bucket_name",
        .local_only = true},
    Key{.name = "jurisdiction", .type = string, .property = "jurisdiction"},
    Key{.name = "local_dev", .type = table},
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
    Key{.name = "environment", .type = string, .property = "environment"},
    kRemote,
};

inline constexpr std::array kDurableObjects{
    Key{.name = "bindings",
        .type = table_list,
        .fields = kDurableObjectFields,
        .binding = &kDurableObject},
};

inline constexpr std::array kWorkflowFields{
    kBindingName,
    Key{.name = "name",
        .type = string,
        .description = "The workflow's name",
        .required = true,
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
    Key{.name = "limits", .type = table},
    Key{.name = "schedules"},
    kRemote,
};

inline constexpr std::array kQueueProducerFields{
    kBindingName,
    Key{.name = "queue",
        .type = string,
        .description = "The queue's name",
        .property = "queue_name",
        .names_resource = true},
    Key{.name = "delivery_delay", .type = number},
    kRemote,
};

inline constexpr std::array kQueueConsumerFields{
    Key{.name = "queue", .type = string, .description = "The queue's name", .required = true},
    Key{.name = "type", .type = string},
    Key{.name = "max_batch_size", .type = number},
    Key{.name = "max_batch_timeout", .type = number, .description = "Seconds"},
    Key{.name = "max_retries", .type = number},
    Key{.name = "dead_letter_queue", .type = string},
    Key{.name = "max_concurrency"},
    Key{.name = "visibility_timeout_ms", .type = number},
    Key{.name = "retry_delay", .type = number, .description = "Seconds"},
};

inline constexpr std::array kQueues{
    Key{.name = "producers",
        .type = table_list,
        .fields = kQueueProducerFields,
        .binding = &kQueue},
    Key{.name = "consumers", .type = table_list, .fields = kQueueConsumerFields},
};

inline constexpr std::array kServiceFields{
    kBindingName,
    Key{.name = "service",
        .type = string,
        .description = "The other Worker's name",
        .required = true,
        .property = "service"},
    Key{.name = "environment", .type = string, .property = "environment"},
    Key{.name = "entrypoint",
        .type = string,
        .description = "The class of the other Worker",
        .property = "entrypoint"},
    Key{.name = "props", .type = table, .property = "props"},
    kRemote,
};

inline constexpr std::array kAssetsFields{
    Key{.name = "directory", .type = string, .description = "The folder of the files"},
    Key{.name = "binding", .type = string, .description = "Its name in env"},
    Key{.name = "html_handling", .type = string},
    Key{.name = "not_found_handling", .type = string},
    Key{.name = "run_worker_first"},
};

inline constexpr std::array kVectorizeFields{
    kBindingName,
    Key{.name = "index_name", .type = string, .required = true, .property = "index_name"},
    kRemote,
};

inline constexpr std::array kHyperdriveFields{
    kBindingName,
    Key{.name = "id", .type = string, .required = true, .property = "id"},
    Key{.name = "localConnectionString", .type = string},
};

inline constexpr std::array kAnalyticsFields{
    kBindingName,
    Key{.name = "dataset", .type = string, .property = "dataset", .names_resource = true},
};

inline constexpr std::array kRateLimitFields{
    Key{.name = "name", .type = string, .required = true},
    Key{.name = "namespace_id", .type = string, .required = true, .property = "namespace_id"},
    Key{.name = "simple", .type = table, .required = true, .property = "simple"},
};

inline constexpr std::array kSendEmailFields{
    Key{.name = "name", .type = string, .required = true},
    Key{.name = "destination_address", .type = string, .property = "destination_address"},
    Key{.name = "allowed_destination_addresses",
        .type = string_list,
        .property = "allowed_destination_addresses"},
    Key{.name = "allowed_sender_addresses",
        .type = string_list,
        .property = "allowed_sender_addresses"},
    kRemote,
};

inline constexpr std::array kSecretsStoreFields{
    kBindingName,
    Key{.name = "store_id", .type = string, .required = true, .property = "store_id"},
    Key{.name = "secret_name", .type = string, .required = true, .property = "secret_name"},
};

}  // namespace cwrangler::cli::binding_schema
