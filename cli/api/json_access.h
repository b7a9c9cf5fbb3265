// Looking into answers whose shape nobody has promised: what is missing or of another type is
// empty.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/api/envelope.h"

namespace cwrangler::cli {

/// The value at a key, or null: also when `json` is no object.
inline const ApiJson& value_at(const ApiJson& json, const std::string& key) {
  static const ApiJson kNull;
  if (!json.is_object()) return kNull;
  const auto found = json.find(key);
  return found == json.end() ? kNull : *found;
}

inline std::string string_at(const ApiJson& json, const std::string& key) {
  const ApiJson& value = value_at(json, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

/// The whole part of a number. One that 64 bits do not hold counts as missing.
inline std::optional<std::int64_t> integer_at(const ApiJson& json, const std::string& key) {
  const ApiJson& value = value_at(json, key);
  if (!value.is_number()) return std::nullopt;
  if (value.is_number_float()) {
    // Doubles this large are whole; the bound itself is the first that is too large.
    constexpr double kTooLarge = 9223372036854775808.0;
    const double number = value.get<double>();
    if (!(number > -kTooLarge && number < kTooLarge)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  const bool fits = !value.is_number_unsigned() ||
                    value.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX);
  if (!fits) return std::nullopt;
  return value.get<std::int64_t>();
}

inline bool true_at(const ApiJson& json, const std::string& key) {
  const ApiJson& value = value_at(json, key);
  return value.is_boolean() && value.get<bool>();
}

inline ApiJson object_at(const ApiJson& json, const std::string& key) {
  const ApiJson& value = value_at(json, key);
  return value.is_object() ? value : ApiJson::object();
}

inline ApiJson array_at(const ApiJson& json, const std::string& key) {
  const ApiJson& value = value_at(json, key);
  return value.is_array() ? value : ApiJson::array();
}

}  // namespace cwrangler::cli
