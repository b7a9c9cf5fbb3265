// Keys that only a deployment reads, for the table in schema.cc: checked here, and passed on.

#pragma once

#include <array>

#include "cli/config/binding_schema.h"

namespace cwrangler::cli::deployment_schema {

using enum ValueType;
using binding_schema::number_in;
using binding_schema::plain;

inline constexpr std::array kBuildFields{
    plain("command", string, "The command to run first"),
    plain("cwd", string, "Where it runs"),
    plain("watch_dir", any, "Folders whose changes run it again", "./src"),
    plain("upload", any, "No longer used"),
};

inline constexpr std::array kTelemetryFields{
    plain("enabled", boolean, "Whether they are kept"),
    Key{.name = "head_sampling_rate",
        .type = number,
        .description = "The share of calls that are kept",
        .range = Range{0, 1},
        .default_value = "1"},
    plain("invocation_logs", boolean, "A line for each call", "true"),
    plain("persist", boolean, "Keep them at Cloudflare", "true"),
    plain("destinations", string_list, "Where else they go"),
    plain("propagation_policy", string, "Which traces are gone on with"),
};

inline constexpr std::array kObservabilityFields{
    plain("enabled", boolean, "Keep logs of the deployed Worker"),
    Key{.name = "head_sampling_rate",
        .type = number,
        .description = "The share of calls that are kept",
        .range = Range{0, 1},
        .default_value = "1"},
    Key{.name = "logs", .type = table, .description = "Logs", .fields = kTelemetryFields},
    Key{.name = "traces", .type = table, .description = "Traces", .fields = kTelemetryFields},
};

inline constexpr std::array kMigrationFields{
    Key{.name = "tag",
        .type = string,
        .description = "The name of this step; each is applied once",
        .required = true},
    plain("new_classes", string_list, "New classes with key-value storage"),
    plain("new_sqlite_classes", string_list, "New classes with SQLite storage"),
    plain("renamed_classes", table_list, "from, to"),
    plain("deleted_classes", string_list, "Classes whose data is deleted"),
    plain("transferred_classes", table_list, "from, from_script, to"),
};

inline constexpr std::array<std::string_view, 2> kPlacementModes{"off", "smart"};

inline constexpr std::array kPlacementFields{
    Key{.name = "mode",
        .type = string,
        .description = "smart: near what the Worker talks to",
        .values = kPlacementModes},
    plain("hint", string, "Where that is"),
    plain("host", string, "The host that the Worker talks to"),
    plain("hostname", string, "The same"),
    plain("region", string, "A region of a cloud"),
};

inline constexpr std::array kTailConsumerFields{
    Key{.name = "service",
        .type = string,
        .description = "The Worker that gets the logs",
        .required = true},
    plain("environment", string, "Its environment"),
};

inline constexpr std::array kSecretsFields{
    plain("required", string_list, "Names of secrets that the Worker cannot do without"),
};

inline constexpr std::array kCacheFields{
    plain("enabled", boolean, "Whether responses are cached"),
    plain("cross_version_cache", boolean, "Whether versions share the cache"),
};

inline constexpr std::array kInstrumentationFields{
    plain("enabled", boolean, "Whether the upload lists the project's packages", "true"),
    plain("exclude_packages", string_list, "Packages that are not listed"),
};

}  // namespace cwrangler::cli::deployment_schema
