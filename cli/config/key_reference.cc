#include "cli/config/key_reference.h"

#include "cli/config/schema.h"

namespace cwrangler::cli {
namespace {

std::string code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

/// In a cell of a table, where a bar would end it.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string type_of(const Key& key) {
  std::string type(name_of(key.type));
  if (key.values.empty()) return type;
  type.clear();
  for (const std::string_view value : key.values) type += (type.empty() ? "" : ", ") + code(value);
  return type;
}

std::string meaning_of(const Key& key) {
  std::string text(key.description);
  if (key.range) {
    text +=
        " (" + std::to_string(key.range->least) + " to " + std::to_string(key.range->most) + ")";
  }
  if (key.required) text += ". **Required**";
  if (!key.default_value.empty()) text += ". Default: " + std::string(key.default_value);
  if (key.local_only) text += ". Local runs only";
  return cell(text);
}

void add_rows(std::string& page, std::span<const Key> keys, const std::string& prefix) {
  for (const Key& key : keys) {
    const std::string path = prefix + std::string(key.name);
    page += "| " + code(path) + " | " + cell(type_of(key)) + " | " + meaning_of(key) + " |\n";
    add_rows(page, key.fields, path + (key.type == ValueType::table_list ? "[]." : "."));
  }
}

void add_section(std::string& page, std::string_view heading, std::string_view text,
                 Inheritance inheritance) {
  page += "\n## " + std::string(heading) + "\n" + std::string(text) +
          "\n\n| key | type | meaning |\n|---|---|---|\n";
  for (const Key& key : top_level_keys()) {
    if (key.inheritance == inheritance && key.refused.empty()) add_rows(page, {&key, 1}, "");
  }
}

}  // namespace

std::string config_key_reference() {
  std::string page =
      "# Every key of the configuration\n"
      "<!-- Made from cli/config/schema.cc by `scripts/reference`; do not edit. -->\n"
      "What `wrangler.json`, `wrangler.jsonc` and `wrangler.toml` may hold. "
      "[configuration.md](configuration.md)\nsays how the most important ones work; "
      "`share/cwrangler/config-schema.json` says the same to editors.\n";
  add_section(page, "Inherited by environments",
              "An environment that does not have the key takes the top level's.",
              Inheritance::inherited);
  add_section(page, "Not inherited",
              "An environment must repeat these. With `-e` a warning names those that are "
              "missing.",
              Inheritance::not_inherited);
  add_section(page, "At the top level only", "In an environment these have no effect.",
              Inheritance::top_level_only);
  page += "\n## No longer accepted\n| key | instead |\n|---|---|\n";
  for (const Key& key : top_level_keys()) {
    if (!key.refused.empty()) page += "| " + code(key.name) + " | " + cell(key.refused) + " |\n";
  }
  return page;
}

}  // namespace cwrangler::cli
