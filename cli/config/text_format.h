// The forms that some strings of a configuration must have: names, dates.

#pragma once

#include <string>
#include <string_view>

namespace cwrangler::cli {

enum class TextFormat { any, worker_name, date, bucket_name, workflow_name };

/// What is wrong with `value` at the key `path` ("r2_buckets[0].bucket_name"), in wrangler's words
/// and with what would be right; empty when nothing is. Any bytes are safe.
std::string format_problem(TextFormat format, std::string_view path, const std::string& value);

/// The form as a regular expression of ECMA-262, for a JSON Schema; empty for `any`.
std::string_view format_pattern(TextFormat format);

}  // namespace cwrangler::cli
