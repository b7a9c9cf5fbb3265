#include "cli/config/json_schema.h"

#include "cli/config/schema.h"

namespace cwrangler::cli {
namespace {

using Json = nlohmann::ordered_json;

Json table_schema(const Key& key);

/// An allowed value as JSON: the table has numbers as text.
Json choice(const Key& key, std::string_view value) {
  if (key.type == ValueType::number) return std::stoi(std::string(value));
  return value;
}

Json value_schema(const Key& key) {
  const Json strings{{"type", "array"}, {"items", {{"type", "string"}}}};
  const Json string_or_table{{"type", {"string", "object"}}};
  switch (key.type) {
    case ValueType::any:
      return Json::object();
    case ValueType::string:
      return {{"type", "string"}};
    case ValueType::boolean:
      return {{"type", "boolean"}};
    case ValueType::number:
      return {{"type", "number"}};
    case ValueType::string_list:
      return strings;
    case ValueType::table:
      return table_schema(key);
    case ValueType::table_list:
      return {{"type", "array"}, {"items", table_schema(key)}};
    case ValueType::boolean_or_list:
      return {{"anyOf", {Json{{"type", "boolean"}}, strings}}};
    case ValueType::number_or_null:
      return {{"type", {"number", "null"}}};
    case ValueType::string_or_table:
      return string_or_table;
    case ValueType::string_or_table_list:
      return {{"type", "array"}, {"items", string_or_table}};
  }
  return Json::object();
}

Json key_schema(const Key& key) {
  Json schema = value_schema(key);
  std::string description(key.description);
  if (!key.default_value.empty()) {
    description += ". Default: " + std::string(key.default_value);
  }
  if (!description.empty()) schema["description"] = description;
  if (!key.values.empty()) {
    schema["enum"] = Json::array();
    for (const std::string_view value : key.values) schema["enum"].push_back(choice(key, value));
  }
  if (const std::string_view pattern = format_pattern(key.format); !pattern.empty()) {
    schema["pattern"] = pattern;
  }
  if (key.range) {
    schema["minimum"] = key.range->least;
    schema["maximum"] = key.range->most;
  }
  return schema;
}

Json table_schema(const Key& key) {
  Json schema{{"type", "object"}};
  if (key.fields.empty()) return schema;
  Json required = Json::array();
  for (const Key& field : key.fields) {
    schema["properties"][std::string(field.name)] = key_schema(field);
    if (field.required) required.push_back(field.name);
  }
  if (!required.empty()) schema["required"] = required;
  schema["additionalProperties"] = false;
  return schema;
}

/// Keys that may stand in a section: the top level, or an environment.
Json section_schema(bool is_environment) {
  Json section{{"type", "object"}};
  for (const Key& key : top_level_keys()) {
    if (!key.refused.empty() || key.name == "env") continue;
    if (is_environment && key.inheritance == Inheritance::top_level_only) continue;
    section["properties"][std::string(key.name)] = key_schema(key);
  }
  section["additionalProperties"] = false;
  return section;
}

}  // namespace

nlohmann::ordered_json config_json_schema() {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
              {"title", "Configuration of a Python Worker"},
              {"allowComments", true},
              {"allowTrailingCommas", true}};
  schema.update(section_schema(false));
  schema["definitions"]["environment"] = section_schema(true);
  schema["properties"]["env"] = {{"type", "object"},
                                 {"description", find_key(top_level_keys(), "env")->description},
                                 {"additionalProperties", {{"$ref", "#/definitions/environment"}}}};
  return schema;
}

}  // namespace cwrangler::cli
