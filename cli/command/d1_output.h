// What the sub-commands of `d1` print and ask, be the database here or the account's.

#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/terminal/terminal.h"

namespace cwrangler::cli {

/// Indented JSON, with something else in place of bytes that are no UTF-8.
std::string dumped(const nlohmann::ordered_json& json);

/// A value in a table: text as it is, null as nothing, anything else as JSON.
std::string cell(const nlohmann::ordered_json& value);

/// A database: as JSON, or as a table under its name and id.
void print_description(const nlohmann::ordered_json& description, const std::string& name,
                       const std::string& id, bool as_json, Terminal& terminal);

/// The migrations that are to be applied, in order.
void print_migrations(const std::vector<std::string>& names, Terminal& terminal);

/// Prints them and asks whether to go on, unless `yes`. False: no, or there are none.
bool may_apply(const std::vector<std::string>& names, bool yes, Terminal& terminal);

}  // namespace cwrangler::cli
