#include "cli/command/d1_output.h"

#include "cli/terminal/prompt.h"
#include "cli/terminal/table.h"

namespace cwrangler::cli {

using nlohmann::ordered_json;

std::string dumped(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

std::string cell(const ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "" : value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void print_description(const ordered_json& description, const std::string& name,
                       const std::string& id, bool as_json, Terminal& terminal) {
  if (as_json) return terminal.print(dumped(description));
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : description.items()) {
    if (key != "uuid") rows.push_back({key, cell(value)});
  }
  terminal.print(boxed_table({name, id}, rows));
}

void print_migrations(const std::vector<std::string>& names, Terminal& terminal) {
  if (names.empty()) return terminal.print("✅ No migrations to apply!");
  std::vector<std::vector<std::string>> rows;
  for (const std::string& name : names) rows.push_back({name});
  terminal.print("Migrations to be applied:\n" + boxed_table({"name"}, rows));
}

bool may_apply(const std::vector<std::string>& names, bool yes, Terminal& terminal) {
  print_migrations(names, terminal);
  if (names.empty()) return false;
  return yes || confirm(terminal, "About to apply " + std::to_string(names.size()) +
                                      " migration(s)\nYour database may not be available to serve "
                                      "requests during the migration, continue?");
}

}  // namespace cwrangler::cli
